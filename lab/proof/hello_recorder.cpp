#include "lab/proof/hello_recorder.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/tls/code_points.h"

namespace sni::proof {

namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMessageHeader = 4;
constexpr std::size_t kLargest = 64u << 10;

/// RFC 8701: values that mean nothing, sprinkled in by browsers.
bool is_grease(std::uint16_t value) {
    return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

std::string_view version_name(std::uint16_t version) {
    switch (version) {
        case 0x0304:
            return "13";
        case 0x0303:
            return "12";
        case 0x0302:
            return "11";
        case 0x0301:
            return "10";
        default:
            return "00";
    }
}

std::string alpn_letters(Bytes name) {
    if (name.empty()) return "00";
    const auto letter = [](std::byte b) { return std::isalnum(std::to_integer<int>(b)) != 0; };
    if (letter(name.front()) && letter(name.back())) {
        return {static_cast<char>(name.front()), static_cast<char>(name.back())};
    }
    const std::string hex = to_hex(name);
    return {hex.front(), hex.back()};
}

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
    ByteReader reader(message);
    const bool is_hello = reader.u8() == tls::handshake_type::kClientHello;
    ByteReader hello = reader.vec24();
    std::uint16_t version = hello.u16();
    hello.bytes(32);
    hello.vec8();
    ByteReader suites = hello.vec16();
    hello.vec8();
    ByteReader extensions = hello.vec16();

    std::size_t suite_count = 0;
    while (!suites.empty()) {
        if (!is_grease(suites.u16())) ++suite_count;
    }
    std::size_t extension_count = 0;
    bool names_a_server = false;
    std::string alpn = "00";
    while (!extensions.empty()) {
        const std::uint16_t type = extensions.u16();
        ByteReader body = extensions.vec16();
        if (is_grease(type)) continue;
        ++extension_count;
        if (type == 0) names_a_server = true;
        if (type == 16) alpn = alpn_letters(body.vec16().vec8().rest());
        if (type == 43) {
            version = 0;
            for (ByteReader versions = body.vec8(); !versions.empty();) {
                const std::uint16_t offered = versions.u16();
                if (!is_grease(offered)) version = std::max(version, offered);
            }
        }
    }
    if (!is_hello || !hello.ok() || !suites.ok() || !extensions.ok()) return "";
    return fmt::format("t{}{}{:02}{:02}{}", version_name(version), names_a_server ? 'd' : 'i',
                       std::min<std::size_t>(suite_count, 99),
                       std::min<std::size_t>(extension_count, 99), alpn);
}

}  // namespace sni::proof
