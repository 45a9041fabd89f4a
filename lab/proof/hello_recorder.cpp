#include "lab/proof/hello_recorder.h"

#include <algorithm>

#include "lab/tls/code_points.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/ja4.h"

namespace sni::proof {

namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMessageHeader = 4;
constexpr std::size_t kLargest = 64u << 10;

}  // namespace

void HelloRecorder::feed(Bytes more) {
    while (!done_ && !more.empty()) {
        if (left_ == 0) {
            header_.push_back(more.front());
            more = more.subspan(1);
            if (header_.size() == kRecordHeader) begin_record();
            continue;
        }
        const Bytes taken = more.first(std::min(left_, more.size()));
        more = more.subspan(taken.size());
        left_ -= taken.size();
        if (!handshake_) continue;
        next_.message.insert(next_.message.end(), taken.begin(), taken.end());
        take_message();
    }
}

void HelloRecorder::begin_record() {
    ByteReader reader(header_);
    const std::uint8_t type = reader.u8();
    reader.u16();
    left_ = reader.u16();
    header_.clear();
    handshake_ = type == tls::content_type::kHandshake;
    if (handshake_) ++next_.records;
    // A client of TLS 1.3 sends a ChangeCipherSpec between its two hellos (RFC 8446 §D.4).
    done_ = left_ == 0 ||
            (!handshake_ && (type != tls::content_type::kChangeCipherSpec || hellos_.empty()));
}

void HelloRecorder::take_message() {
    if (next_.message.size() < kMessageHeader) return;
    ByteReader reader(next_.message);
    const bool is_hello = reader.u8() == tls::handshake_type::kClientHello;
    const std::size_t size = kMessageHeader + reader.u24();
    if (!is_hello || size > kLargest || next_.message.size() > size) {
        done_ = true;
    } else if (next_.message.size() == size) {
        hellos_.push_back(std::move(next_));
        next_ = {};
        done_ = hellos_.size() == 2;
    }
}

std::string hello_shape(Bytes message) {
    const auto hello = tls::describe_hello(message);
    return hello ? tls::ja4_a(*hello) : "";
}

}  // namespace sni::proof
