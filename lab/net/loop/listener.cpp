#include "lab/net/loop/listener.h"

#include <algorithm>
#include <cerrno>
#include <exception>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lab/net/accept.h"
#include "lab/net/address.h"
#include "lab/net/loop/half_open.h"

namespace sni::net {

namespace {

/// Of several threads that sleep on one socket, one is woken.
constexpr std::uint32_t kClients = EPOLLIN | EPOLLEXCLUSIVE;
/// So many clients in a row, and the other threads of the socket are asked first: without it, the
/// one that began to listen first gets all clients that come one at a time. Two system calls each
/// time.
constexpr unsigned kClientsInARow = 4;
/// Clients that were gone before they were accepted. When there are more in a row, it is not them.
constexpr int kLostInARow = 16;
constexpr std::chrono::milliseconds kShortestPause{10};
constexpr std::chrono::milliseconds kLongestPause{1'000};
/// A shortage is nothing to tell of before it lasts so long.
constexpr std::chrono::milliseconds kShortage{5'000};

/// With 10 s, a client that is silent at first was handed out after 15.
constexpr int kDeferSeconds = 1;

void defer_accept(int fd, int seconds) {
    ::setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

}  // namespace

Listener::Listener(Loop& loop, Descriptor bound, Quota& quota, OnTrouble on_trouble)
    : loop_(loop),
      quota_(quota),
      descriptor_(std::move(bound)),
      local_(local_endpoint(descriptor_.fd())),
      on_trouble_(std::move(on_trouble)) {
    defer_accept(descriptor_.fd(), kDeferSeconds);
    loop_.watch(descriptor_.fd(), kClients, *this);
    listening_ = true;
}

Listener::~Listener() {
    close();
}

std::optional<Socket> Listener::accept_waiting() {
    int error = 0;
    for (int lost = 0; descriptor_ && lost < kLostInARow; ++lost) {
        try {
            if (!quota_.take(loop_)) {
                error_ = 0;
                pause();
                return std::nullopt;
            }
            Slot slot(&quota_);
            Accepted client = accept_now(descriptor_);
            if (client) {
                accepted();
                StreamPtr stream(new Stream(loop_, std::move(client.socket), std::move(slot)));
                return Socket(std::move(stream), client.peer.endpoint());
            }
            error = client.error;
        } catch (const std::exception&) {
            error = ENOMEM;  // this client is lost, and only this one
            continue;
        }
        if (error == EAGAIN) {
            accepted();
            return std::nullopt;
        }
        if (!concerns_one_client(error)) break;
    }
    if (descriptor_) refused(error);
    return std::nullopt;
}

void Listener::on_events(std::uint32_t) {
    // With nobody to give a client to, epoll would tell of it for ever.
    if (!accepting_) return stop_listening();
    std::optional<Socket> client = accept_waiting();
    if (!client) return;
    if (++in_a_row_ >= kClientsInARow) {
        in_a_row_ = 0;
        stop_listening();
        listen();  // behind the others: epoll wakes the first that sleeps
    }
    Accept* accepting = std::exchange(accepting_, nullptr);
    accepting->accepted_ = std::move(client);
    accepting->awaiting_.resume();
}

/// What kept it from accepting may be over: the kernel says so at once.
void Listener::try_again() {
    listen();
    if (error_ != 0 && listening_) on_events(0);
}

void Listener::listen() {
    if (!descriptor_ || listening_) return;
    try {
        loop_.watch(descriptor_.fd(), kClients, *this);
        listening_ = true;
    } catch (const std::exception&) {
        pause();  // no memory for it now
    }
}

void Listener::stop_listening() {
    if (std::exchange(listening_, false)) loop_.unwatch(descriptor_.fd());
}

/// A listener that cannot accept must not be told again and again that it could.
void Listener::pause() {
    stop_listening();
    loop_.defer(*this);
}

void Listener::accepted() {
    error_ = 0;
    pause_ = std::chrono::milliseconds(0);
}

void Listener::refused(int error) {
    if (std::exchange(error_, error) == 0) {
        failing_since_ = loop_.now();
        reported_ = false;
    }
    const bool report = !reported_ && trouble();
    reported_ |= report;
    if (is_shortage(error)) {
        pause();  // until something closes
    } else {
        wait_a_while(error);
    }
    if (report && on_trouble_) on_trouble_(local_, error);
}

void Listener::wait_a_while(int error) {
    stop_listening();
    if (error == EINVAL) revive();
    pause_ = std::clamp(2 * pause_, kShortestPause, kLongestPause);
    loop_.timers().set(*this, loop_.now() + pause_);
}

/// One that was shut down from outside has lost its port, if the kernel had chosen it. Never
/// listens on another one.
void Listener::revive() {
    const Address address(local_);
    // EINVAL: it still has its port.
    const bool bound =
        ::bind(descriptor_.fd(), address.get(), address.size()) == 0 || errno == EINVAL;
    if (bound && local_endpoint(descriptor_.fd()) == local_) ::listen(descriptor_.fd(), SOMAXCONN);
}

std::optional<int> Listener::trouble() const {
    if (!descriptor_ || error_ == 0) return std::nullopt;
    const bool lasts = loop_.now() - failing_since_ >= kShortage;
    return is_shortage(error_) && !lasts ? std::nullopt : std::optional(error_);
}

void Listener::defer_no_more() {
    if (descriptor_) defer_accept(descriptor_.fd(), 0);
}

/// Measured on 6.18: a client that is kept back is listed as SYN_RECV from connect() on, stays so
/// when the option is cleared, and is handed out 1.02 s later at most. One that comes after the
/// option was cleared is handed out at once; so a look behind that misses nobody.
bool Listener::stop_deferring() {
    if (!descriptor_) return false;
    defer_no_more();
    return has_half_open(local_.port);
}

void Listener::close() {
    loop_.no_longer_deferred(*this);
    loop_.timers().clear(*this);
    // Other descriptors of the socket may be open, which would keep it on our epoll.
    stop_listening();
    descriptor_.reset();
}

Accept::~Accept() {
    if (listener_.accepting_ == this) listener_.accepting_ = nullptr;
}

void Accept::await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    listener_.accepting_ = this;
    const bool waits = listener_.Deferred::is_linked() || listener_.Timer::is_linked();
    if (!waits) listener_.listen();
}

}  // namespace sni::net
