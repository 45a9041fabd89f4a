// A ClientHello written as the RFC shows it, right by default, with every field open to be wrong.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"

namespace sni::torture {

using Buffer = std::vector<std::byte>;

inline Buffer bytes_of(std::string_view text) {
    const Bytes bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

/// Big-endian, `width` bytes.
inline Buffer number(std::size_t value, std::size_t width) {
    Buffer out;
    while (width-- > 0)
        out.push_back(static_cast<std::byte>(value >> (8 * width) & 0xFF));
    return out;
}

inline Buffer operator+(Buffer left, const Buffer& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

/// One behind the other, and made in that order: which operand of + is made first is the compiler's
/// choice, and what is random would be another's.
inline Buffer joined(std::initializer_list<Buffer> parts) {
    Buffer out;
    for (const Buffer& part : parts)
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

/// A vector<0..2^(8*width)-1>: its length, then its bytes. `lie` is added to the length.
inline Buffer vec(std::size_t width, const Buffer& body, int lie = 0) {
    return number(static_cast<std::size_t>(static_cast<long>(body.size()) + lie), width) + body;
}

/// struct { ExtensionType extension_type; opaque extension_data<0..2^16-1>; } Extension;
inline Buffer extension(std::uint16_t type, const Buffer& data, int lie = 0) {
    return number(type, 2) + vec(2, data, lie);
}

/// struct { NameType name_type; HostName host_name<1..2^16-1>; } ServerName;
inline Buffer host_entry(std::string_view name, std::uint8_t type = 0, int lie = 0) {
    return number(type, 1) + vec(2, bytes_of(name), lie);
}

inline Buffer server_name(std::string_view name) {
    return extension(0, vec(2, host_entry(name)));
}

inline Buffer alpn(const std::vector<std::string>& names) {
    Buffer list;
    for (const std::string& name : names)
        list = list + vec(1, bytes_of(name));
    return extension(16, vec(2, list));
}

/// RFC 8446 §4.1.2.
struct Hello {
    std::uint16_t legacy_version = 0x0303;
    Buffer random = Buffer(32, std::byte{0x5a});
    Buffer session_id = Buffer(32, std::byte{0x11});
    Buffer cipher_suites = number(0x1301, 2) + number(0xc02f, 2);
    Buffer compression = number(0, 1);
    Buffer extensions = extension(43, vec(1, number(0x0304, 2) + number(0x0303, 2)));
    Buffer behind;  ///< bytes that do not belong there

    int session_id_lie = 0;
    int cipher_suites_lie = 0;
    int compression_lie = 0;
    int extensions_lie = 0;
    std::uint8_t message_type = 1;

    Buffer body() const {
        return number(legacy_version, 2) + random + vec(1, session_id, session_id_lie) +
               vec(2, cipher_suites, cipher_suites_lie) + vec(1, compression, compression_lie) +
               vec(2, extensions, extensions_lie) + behind;
    }
    /// struct { HandshakeType msg_type; uint24 length; ... } Handshake;
    Buffer message() const { return number(message_type, 1) + vec(3, body()); }
};

/// struct { ContentType type; ProtocolVersion version; uint16 length; fragment; } TLSPlaintext;
inline Buffer record(const Buffer& fragment, std::uint8_t type = 22,
                     std::uint16_t version = 0x0301) {
    return number(type, 1) + number(version, 2) + vec(2, fragment);
}

/// The message cut into records of at most `size` bytes.
inline Buffer records(const Buffer& message, std::size_t size) {
    Buffer out;
    for (std::size_t at = 0; at < message.size(); at += size) {
        const auto first = message.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last =
            message.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, message.size()));
        const Buffer next = record(Buffer(first, last));
        out.insert(out.end(), next.begin(), next.end());
    }
    return out;
}

/// The extensions of a plain hello for `name`, with `more` behind them.
inline Hello hello_with(std::string_view name, const Buffer& more = {}) {
    Hello hello;
    hello.extensions = server_name(name) + hello.extensions + more;
    return hello;
}

/// One record, as nearly every client sends it.
inline Buffer hello_for(std::string_view name) {
    return record(hello_with(name).message());
}

}  // namespace sni::torture
