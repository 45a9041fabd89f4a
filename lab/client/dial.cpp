#include "lab/client/dial.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "lab/core/diagnostic.h"
#include "lab/net/address.h"
#include "lab/net/resolve.h"

namespace sni::client {

namespace {

using proof::Break;
using proof::Stage;
using proof::Trouble;
using Clock = std::chrono::steady_clock;

Result<net::Descriptor, Trouble> connect_one(const Endpoint& to, Clock::time_point deadline) {
    const net::Address address(to);
    net::Descriptor fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.fd() < 0) return trouble(Stage::connect, Break::unreachable, std::strerror(errno));
    const int on = 1;
    ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on,
                 sizeof on);  // fails on a Unix socket, where it is moot
    if (::connect(fd.fd(), address.get(), address.size()) == 0) return fd;
    if (errno != EINPROGRESS) return trouble(Stage::connect, break_of(errno), std::strerror(errno));
    if (!wait_for(fd.fd(), POLLOUT, deadline)) return trouble(Stage::connect, Break::timed_out);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return trouble(Stage::connect, break_of(error), std::strerror(error));
    return fd;
}

}  // namespace

Break break_of(int error) {
    switch (error) {
        case ECONNREFUSED:
        case ENOENT:
            return Break::refused;
        case ECONNRESET:
        case EPIPE:
            return Break::reset;
        case ETIMEDOUT:
            return Break::timed_out;
        default:
            return Break::unreachable;
    }
}

bool wait_for(int fd, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        pollfd entry{.fd = fd, .events = events, .revents = 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long>(left, 60'000)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

Result<net::Descriptor, Trouble> connect_to(const Endpoint& to, Clock::time_point deadline) {
    Result<net::Descriptor, Trouble> last =
        trouble(Stage::connect, Break::unreachable, "the name has no address");
    try {
        for (const Endpoint& address : net::resolve(to)) {
            last = connect_one(address, deadline);
            if (last) break;
        }
    } catch (const Failure& failure) {
        return trouble(Stage::connect, Break::unreachable, failure.what());
    }
    return last;
}

}  // namespace sni::client
