#include "lab/backend/plain_channel.h"

#include <cerrno>

#include <sys/socket.h>

namespace sni::backend {

namespace {

/// What recv() or send() gave, as the channel says it.
Io outcome(ssize_t moved, Io otherwise, std::size_t& count) {
    if (moved > 0) {
        count = static_cast<std::size_t>(moved);
        return Io::done;
    }
    const bool would_block =
        moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return would_block ? otherwise : Io::closed;
}

}  // namespace

Io PlainChannel::read(std::span<char> into, std::size_t& got) {
    return outcome(::recv(fd(), into.data(), into.size(), 0), Io::want_read, got);
}

Io PlainChannel::write(std::string_view bytes, std::size_t& taken) {
    return outcome(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), Io::want_write, taken);
}

void PlainChannel::finish() {
    ::shutdown(fd(), SHUT_WR);
}

}  // namespace sni::backend
