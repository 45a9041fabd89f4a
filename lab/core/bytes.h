// Bytes as the wire shows them, and the reader every parser here is written with.
// Text encodings (hex, base64) are in encoding.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sni {

using Bytes = std::span<const std::byte>;

/// A SHA-256 digest. Computed outside the core (certs/digest.h); in here it is only compared and
/// printed.
using Digest = std::array<std::byte, 32>;

/// The bytes of `text`; the caller keeps `text` alive.
inline Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

/// The same memory seen as characters; nothing is decoded or checked.
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads big-endian integers and length-prefixed vectors (RFC 8446 §3) from the front of a byte
/// string.
///
/// The first short read makes the reader fail for good: from then on it yields zeros and empty
/// spans, so a parser reads straight on and asks ok() or done() once, at the end. What it returns
/// points into the bytes it was given; they must outlive the results.
class ByteReader {
  public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u24() { return number(3); }

    /// The next `count` bytes; empty when there are fewer.
    Bytes bytes(std::size_t count) {
        if (!ok_ || count > rest_.size()) {
            fail();
            return {};
        }
        const Bytes taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    /// A vector with a length prefix of one, two or three bytes. If its length lies, the vector
    /// fails too.
    ByteReader vec8() { return vector(u8()); }
    ByteReader vec16() { return vector(u16()); }
    ByteReader vec24() { return vector(u24()); }

    /// Everything that is left; the reader is empty afterwards.
    Bytes rest() { return bytes(rest_.size()); }

    bool empty() const { return rest_.empty(); }
    std::size_t size() const { return rest_.size(); }
    /// True while no read was short.
    bool ok() const { return ok_; }
    /// True when every byte was read and no read was short: the framing fits to the last byte.
    bool done() const { return ok_ && rest_.empty(); }

  private:
    std::uint32_t number(std::size_t width) {
        std::uint32_t value = 0;
        for (const std::byte byte : bytes(width)) {
            value = (value << 8) | std::to_integer<std::uint32_t>(byte);
        }
        return value;
    }

    ByteReader vector(std::size_t length) {
        ByteReader inner(bytes(length));
        inner.ok_ = ok_;
        return inner;
    }

    void fail() {
        ok_ = false;
        rest_ = {};
    }

    Bytes rest_;
    bool ok_ = true;
};

}  // namespace sni
