#include "lab/net/accept.h"

#include <cerrno>

#include <sys/socket.h>

namespace sni::net {

Accepted accept_now(const Descriptor& listener) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* const peer = reinterpret_cast<sockaddr*>(&storage);
    Descriptor socket(::accept4(listener.fd(), peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return {.error = errno};
    return {.socket = std::move(socket), .peer = Address(peer, size)};
}

/// accept(2): network errors of the new connection come out of it, and count as no client at all.
bool concerns_one_client(int error) {
    switch (error) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case ENETUNREACH:
        case ENONET:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ETIMEDOUT:
        case EPERM:  // a firewall's rule
            return true;
        default:
            return false;
    }
}

bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace sni::net
