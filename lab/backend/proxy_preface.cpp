#include "lab/backend/proxy_preface.h"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <sys/socket.h>

namespace sni::backend {

Io ProxyPreface::take(int fd) {
    for (;;) {
        // Looked at first: only the header decides how much of it is the header's.
        std::array<std::byte, proxy::kMaxHeader> ahead;
        const ssize_t got = ::recv(fd, ahead.data(), ahead.size(), MSG_PEEK);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Io::want_read;
        if (got <= 0) return Io::closed;

        const std::size_t before = seen_.size();
        seen_.insert(seen_.end(), ahead.begin(), ahead.begin() + got);
        auto read = proxy::read_header(seen_);
        if (!read) return Io::closed;
        std::optional<proxy::Header>& header = *read;
        const std::size_t ours = header ? header->bytes - before : static_cast<std::size_t>(got);
        if (::recv(fd, ahead.data(), ours, 0) != static_cast<ssize_t>(ours)) return Io::closed;
        if (header) {
            header_ = std::move(*header);
            return Io::done;
        }
    }
}

}  // namespace sni::backend
