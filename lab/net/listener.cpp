#include "lab/net/listener.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lab/net/address.h"
#include "lab/net/half_open.h"

namespace sni::net {

namespace {

/// With 10 s, a client that is silent at first was handed out after 15.
constexpr int kDeferSeconds = 1;

void defer_accept(int fd, int seconds) {
    ::setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

}  // namespace

Listener::Listener(Loop& loop, Descriptor bound, Quota& quota)
    : loop_(loop),
      quota_(quota),
      descriptor_(std::move(bound)),
      local_(local_endpoint(descriptor_.fd())) {
    defer_accept(descriptor_.fd(), kDeferSeconds);
    loop_.watch(descriptor_.fd(), EPOLLIN, *this);
}

Listener::~Listener() {
    close();
}

std::optional<Socket> Listener::accept_waiting() {
    while (descriptor_) {
        if (!quota_.take(loop_)) {
            pause();
            return std::nullopt;
        }
        Place place(&quota_);
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        Descriptor client(::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&peer), &size,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (client) {
            StreamPtr stream(new Stream(loop_, std::move(client), std::move(place)));
            return Socket(std::move(stream),
                          Address(reinterpret_cast<const sockaddr*>(&peer), size).endpoint());
        }
        switch (errno) {
            case EAGAIN:
                return std::nullopt;
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                pause();
                return std::nullopt;
            default:
                break;  // that client is gone (accept(2): treat them like EAGAIN and retry)
        }
    }
    return std::nullopt;
}

void Listener::on_events(std::uint32_t) {
    if (!accepting_) return;
    std::optional<Socket> client = accept_waiting();
    if (!client) return;
    Accept* accepting = std::exchange(accepting_, nullptr);
    accepting->accepted_ = std::move(client);
    accepting->awaiting_.resume();
}

/// A listener that cannot accept must not be told again and again that it could.
void Listener::pause() {
    if (!paused_) loop_.unwatch(descriptor_.fd());
    paused_ = true;
    loop_.starve(*this);
}

void Listener::retry() {
    if (!descriptor_) return;
    loop_.watch(descriptor_.fd(), EPOLLIN, *this);
    paused_ = false;
}

/// Measured on 6.18: a client that is kept back is listed as SYN_RECV from connect() on, stays so
/// when the option is cleared, and is handed out 1.02 s later at most. One that comes after the
/// option was cleared is handed out at once; so a look behind that misses nobody.
bool Listener::stop_deferring() {
    if (!descriptor_) return false;
    defer_accept(descriptor_.fd(), 0);
    return has_half_open(local_.port);
}

void Listener::close() {
    loop_.no_longer_starved(*this);
    descriptor_.reset();
}

Accept::~Accept() {
    if (listener_.accepting_ == this) listener_.accepting_ = nullptr;
}

void Accept::await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    listener_.accepting_ = this;
}

}  // namespace sni::net
