#include "lab/backend/channel/proxy_preface.h"

#include <array>
#include <optional>
#include <utility>

namespace sni::backend {

Io ProxyPreface::take(net::PlainStream& socket) {
    for (;;) {
        // Looked at first: only the header decides how much of it is the header's.
        std::array<char, proxy::kMaxHeader> ahead;
        std::size_t got = 0;
        if (const Io io = socket.peek(ahead, got); io != Io::done) return io;

        const std::size_t before = seen_.size();
        const Bytes came = as_bytes({ahead.data(), got});
        seen_.insert(seen_.end(), came.begin(), came.end());
        auto read = proxy::read_header(seen_);
        if (!read) return Io::failed;
        std::optional<proxy::Header>& header = *read;
        const std::size_t ours = header ? header->bytes - before : got;
        const Io io = socket.read(std::span(ahead).first(ours), got);
        if (io != Io::done || got != ours) return Io::failed;
        if (header) {
            header_ = std::move(*header);
            return Io::done;
        }
    }
}

}  // namespace sni::backend
