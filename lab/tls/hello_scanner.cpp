#include "lab/tls/hello_scanner.h"

#include <algorithm>
#include <cassert>

#include "lab/tls/code_points.h"

namespace sni::tls {

namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMaxRecord = 16'384;  // RFC 8446 §5.1

unsigned number(std::byte high, std::byte low) {
    return std::to_integer<unsigned>(high) << 8 | std::to_integer<unsigned>(low);
}

}  // namespace

Verdict HelloScanner::advance(Bytes seen) {
    for (;;) {
        const Bytes record = seen.subspan(record_);
        if (const Verdict header = check_record_header(record); header != Verdict::hello)
            return header;
        const std::size_t length = number(record[3], record[4]);
        end_ = record_ + kRecordHeader + length;
        const Bytes fragment =
            record.subspan(kRecordHeader, std::min(length, record.size() - kRecordHeader));
        for (std::size_t at = header_bytes_ - std::min(header_bytes_, fragments_);
             header_bytes_ < header_.size() && at < fragment.size(); ++at) {
            header_[header_bytes_++] = fragment[at];
        }
        if (const Verdict message = check_message_header(); message != Verdict::hello) {
            if (message != Verdict::need_more) return message;
        } else if (fragments_ + fragment.size() >= message_) {
            return Verdict::hello;
        }
        if (fragment.size() < length) return Verdict::need_more;
        record_ = end_;
        fragments_ += length;
        ++records_;
    }
}

/// Verdict::hello when the header is whole and right.
Verdict HelloScanner::check_record_header(Bytes record) const {
    if (record.empty()) return Verdict::need_more;
    const auto type = std::to_integer<unsigned>(record[0]);
    if (type != content_type::kHandshake) {
        if (records_ > 0) return Verdict::unexpected_message;
        // SSL 2.0: two bytes of length with the top bit set, then the message type (RFC 5246 §E.2).
        if ((type & 0x80u) == 0) return Verdict::not_tls;
        if (record.size() < 3) return Verdict::need_more;
        const bool client_hello =
            std::to_integer<unsigned>(record[2]) == handshake_type::kClientHello;
        return client_hello ? Verdict::ssl_v2 : Verdict::not_tls;
    }
    if (record.size() >= 2 && record[1] != std::byte{3}) return Verdict::bad_version;
    if (record.size() < kRecordHeader) return Verdict::need_more;
    const std::size_t length = number(record[3], record[4]);
    if (length > kMaxRecord) return Verdict::record_overflow;
    if (length == 0) return Verdict::unexpected_message;
    return Verdict::hello;
}

/// Verdict::hello when the header is whole and right; message_ is known then.
Verdict HelloScanner::check_message_header() {
    if (header_bytes_ == 0) return Verdict::need_more;
    if (std::to_integer<unsigned>(header_[0]) != handshake_type::kClientHello)
        return Verdict::unexpected_message;
    if (header_bytes_ < header_.size()) return Verdict::need_more;
    const std::size_t body =
        std::to_integer<std::size_t>(header_[1]) << 16 | number(header_[2], header_[3]);
    if (body > limit_) return Verdict::hello_too_large;
    message_ = header_.size() + body;
    return Verdict::hello;
}

Bytes HelloScanner::message(Bytes seen) {
    assert(message_ >= header_.size() && seen.size() >= kRecordHeader + message_ &&
           "advance() found the message whole in these bytes");
    if (records_ == 0) return seen.subspan(kRecordHeader, message_);
    joined_.clear();
    joined_.reserve(message_);
    for (std::size_t at = 0; joined_.size() < message_;) {
        const std::size_t length = number(seen[at + 3], seen[at + 4]);
        const Bytes fragment =
            seen.subspan(at + kRecordHeader, std::min(length, message_ - joined_.size()));
        joined_.insert(joined_.end(), fragment.begin(), fragment.end());
        at += kRecordHeader + length;
    }
    return joined_;
}

}  // namespace sni::tls
