// TLS's two framings, one inside the other: records (RFC 8446 §5.1), and the handshake messages
// that they carry in pieces of any size (§4). For whoever reads along what passes in the clear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lab/core/bytes.h"

namespace sni::tls {

/// Cuts bytes that come in pieces into whole frames, which begin with a type and end their header
/// with their length. Holds one frame that is not whole, and no memory where there is none: a
/// record is 64 KiB at most, while a message may claim 16 MiB, so that its holder has to bound what
/// it feeds.
template <std::size_t kHeader, std::size_t kLength>
class FrameCutter {
  public:
    static constexpr std::size_t kHeaderBytes = kHeader;

    /// Calls `each` with the type and the whole frame, header and all, of each that is whole now.
    template <class Each>
    void feed(Bytes more, Each&& each) {
        const bool holds = !held_.empty();
        if (holds) held_.insert(held_.end(), more.begin(), more.end());
        Bytes rest = holds ? Bytes(held_) : more;  // nearly all come whole, and are not copied
        for (;;) {
            ByteReader reader(rest);
            const std::uint8_t type = reader.u8();
            reader.bytes(kHeader - 1 - kLength);
            const std::size_t length = kLength == 2 ? reader.u16() : reader.u24();
            reader.bytes(length);
            if (!reader.ok()) break;
            each(type, rest.first(kHeader + length));
            rest = rest.subspan(kHeader + length);
        }
        if (rest.empty()) {
            held_ = {};
        } else if (holds) {
            const std::size_t done = held_.size() - rest.size();
            held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(done));
        } else {
            held_.assign(rest.begin(), rest.end());
        }
    }
    /// Bytes of memory that the frame takes which is not whole.
    std::size_t held() const { return held_.capacity(); }

  private:
    std::vector<std::byte> held_;
};

using RecordCutter = FrameCutter<5, 2>;
using MessageCutter = FrameCutter<4, 3>;

}  // namespace sni::tls
