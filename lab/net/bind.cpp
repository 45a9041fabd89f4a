#include "lab/net/bind.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"
#include "lab/net/port_owner.h"
#include "lab/net/resolve.h"

namespace sni::net {

namespace {

void enable(int fd, int level, int option) {
    const int on = 1;
    ::setsockopt(fd, level, option, &on, sizeof on);
}

Descriptor new_socket(const Endpoint& endpoint, const Address& address,
                      std::string_view chosen_by) {
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) throw cannot_listen(endpoint, errno, chosen_by);
    enable(socket.fd(), SOL_SOCKET, SO_REUSEADDR);
    enable(socket.fd(), IPPROTO_TCP, TCP_NODELAY);
    if (address.family() == AF_INET6) enable(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY);
    return socket;
}

void bind_to(const Descriptor& socket, const Endpoint& endpoint, const Address& address,
             std::string_view chosen_by) {
    if (::bind(socket.fd(), address.get(), address.size()) != 0) {
        throw cannot_listen(endpoint, errno, chosen_by);
    }
}

}  // namespace

Descriptor bind_listener(const Endpoint& endpoint, std::string_view chosen_by) {
    return std::move(bind_listeners(endpoint, 1, chosen_by).front());
}

std::vector<Descriptor> bind_listeners(const Endpoint& endpoint, unsigned count,
                                       std::string_view chosen_by) {
    if (endpoint.kind == Endpoint::Kind::unix_path) {
        throw Failure(
            Exit::usage, code::kUsage,
            fmt::format("cannot listen on {}: a listener is ADDRESS:PORT", to_string(endpoint)));
    }
    Endpoint bound = resolve(endpoint).front();
    const Address asked(bound);
    std::vector<Descriptor> sockets;
    sockets.push_back(new_socket(bound, asked, chosen_by));
    bind_to(sockets.front(), bound, asked, chosen_by);

    bound = local_endpoint(sockets.front().fd());
    if (::listen(sockets.front().fd(), SOMAXCONN) != 0)
        throw cannot_listen(bound, errno, chosen_by);
    while (sockets.size() < count) {
        sockets.emplace_back(::fcntl(sockets.front().fd(), F_DUPFD_CLOEXEC, 0));
        if (!sockets.back()) throw cannot_listen(bound, errno, chosen_by);
    }
    return sockets;
}

Descriptor hold_port(const Endpoint& endpoint) {
    const Address address(endpoint);
    Descriptor socket = new_socket(endpoint, address, {});
    bind_to(socket, endpoint, address, {});
    return socket;
}

Endpoint bound_to(const Descriptor& listener) {
    return local_endpoint(listener.fd());
}

}  // namespace sni::net
