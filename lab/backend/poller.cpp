#include "lab/backend/poller.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/net/address.h"

namespace sni::backend {

namespace {

net::Descriptor opened(int fd, const char* what) {
    if (fd >= 0) return net::Descriptor(fd);
    throw Failure(Exit::machine, code::kUnexpected, std::string("cannot make ") + what,
                  std::generic_category().message(errno));
}

// A session is watched for one event at a time: while a worker has it, nothing is reported.
constexpr std::uint32_t kOnce = EPOLLONESHOT;

}  // namespace

Poller::Poller(net::Descriptor listener, Service& service)
    : service_(service),
      shortest_limit_(std::min({service.limits.handshake, service.limits.head, service.limits.body,
                                service.limits.idle})),
      epoll_(opened(::epoll_create1(EPOLL_CLOEXEC), "an epoll descriptor")),
      wake_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "an event descriptor")),
      listener_(std::move(listener)) {
    watch(EPOLL_CTL_ADD, wake_.fd(), EPOLLIN, &wake_);
    watch(EPOLL_CTL_ADD, listener_.fd(), EPOLLIN, &listener_);
    thread_ = std::thread([this] { run(); });
}

Poller::~Poller() {
    stop();
}

void Poller::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    answered_.notify_all();
    ::eventfd_write(wake_.fd(), 1);
    if (thread_.joinable()) thread_.join();
}

bool Poller::wait_until_empty(std::chrono::milliseconds grace) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, std::chrono::system_clock::now() + grace,
                             [this] { return sessions_.empty(); });
}

std::size_t Poller::sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
}

bool Poller::comes_round(std::chrono::milliseconds within) {
    std::unique_lock lock(mutex_);
    const std::uint64_t question = ++questions_;
    ::eventfd_write(wake_.fd(), 1);
    return answered_.wait_until(lock, std::chrono::system_clock::now() + within,
                                [&] { return stopping_ || answers_ >= question; });
}

void Poller::run() {
    std::array<epoll_event, 128> events;
    while (true) {
        const int count =
            ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), timeout());
        bool accept = false;
        for (int i = 0; i < count; ++i) {
            void* const what = events[static_cast<std::size_t>(i)].data.ptr;
            if (what == &listener_) {
                accept = true;
            } else if (what == &wake_) {
                eventfd_t calls = 0;
                ::eventfd_read(wake_.fd(), &calls);
            } else {
                hand_over(*static_cast<Session*>(what));
            }
        }
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
            if (answers_ != questions_) answered_.notify_all();
            answers_ = questions_;
        }
        // Last, because both close sessions, and an event of theirs may have been in this batch.
        if (accept) accept_some();
        expire();
    }
    listener_.reset();
    std::vector<std::unique_ptr<Session>> closing;
    const std::lock_guard lock(mutex_);
    for (const auto& [deadline, session] : parked_) {
        session->finish();
        closing.push_back(std::move(sessions_.extract(session).mapped()));
    }
    parked_.clear();
}

/// Nothing has to be woken for a deadline that is set while this waits: it cannot come sooner than
/// the shortest limit from now.
int Poller::timeout() {
    const std::lock_guard lock(mutex_);
    if (sessions_.empty()) return -1;
    const Clock::time_point now = Clock::now();
    Clock::time_point next = now + shortest_limit_;
    if (!parked_.empty()) next = std::min(next, parked_.begin()->first);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
    return static_cast<int>(std::max<std::chrono::milliseconds::rep>(wait.count(), 0));
}

void Poller::accept_some() {
    // A bound, so that a flood of connections cannot keep others' events waiting.
    for (int i = 0; i < 64; ++i) {
        sockaddr_storage storage{};
        socklen_t size = sizeof storage;
        auto* const address = reinterpret_cast<sockaddr*>(&storage);
        net::Descriptor socket(
            ::accept4(listener_.fd(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        const int error = errno;
        if (socket) {
            adopt(std::move(socket), net::Address(address, size).endpoint());
        } else if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS) {
            if (!make_room()) return pause_accepting();
        } else if (error != EINTR && error != ECONNABORTED) {
            return;
        }
        const std::lock_guard lock(mutex_);
        if (!accepting_) return;
    }
}

void Poller::adopt(net::Descriptor socket, Endpoint peer) {
    std::unique_ptr<Session> session;
    try {
        session = std::make_unique<Session>(std::move(socket), std::move(peer), service_);
    } catch (const std::exception&) {
        return;  // no memory for one more; the client sees its connection closed
    }
    bool full = false;
    {
        const std::lock_guard lock(mutex_);
        Session& parked = *session;
        sessions_.emplace(&parked, std::move(session));
        ++service_.activity.accepted;
        parked_.emplace(parked.deadline(), &parked);
        watch(EPOLL_CTL_ADD, parked.fd(), EPOLLIN | kOnce, &parked);
        full = sessions_.size() >= service_.limits.connections;
    }
    if (full && !make_room()) pause_accepting();
}

/// Closes the session that was idle longest; false when none is.
bool Poller::make_room() {
    std::unique_ptr<Session> closing;
    const std::lock_guard lock(mutex_);
    const auto oldest =
        std::ranges::find_if(parked_, [](const auto& parked) { return parked.second->idle(); });
    if (oldest == parked_.end()) return false;
    oldest->second->finish();
    closing = std::move(sessions_.extract(oldest->second).mapped());
    parked_.erase(oldest);
    return true;
}

/// Until a session is closed.
void Poller::pause_accepting() {
    const std::lock_guard lock(mutex_);
    if (sessions_.empty()) return;  // nobody would ever end the pause
    accepting_ = false;
    watch(EPOLL_CTL_MOD, listener_.fd(), 0, &listener_);
}

void Poller::expire() {
    const Clock::time_point now = Clock::now();
    while (true) {
        std::unique_lock lock(mutex_);
        if (parked_.empty() || parked_.begin()->first > now) return;
        Session& session = *parked_.begin()->second;
        const bool has_something_to_say = session.expire();
        lock.unlock();
        // It is still watched, and must not be reported while a worker has it.
        watch(EPOLL_CTL_DEL, session.fd(), 0, nullptr);
        if (has_something_to_say) {
            hand_over(session);
        } else {
            close(session);
        }
    }
}

void Poller::hand_over(Session& session) {
    {
        const std::lock_guard lock(mutex_);
        parked_.erase({session.deadline(), &session});
    }
    service_.workers.post([this, &session] { work(session); });
}

void Poller::work(Session& session) {
    auto next = Session::Next::close;
    try {
        next = session.advance();
    } catch (const std::exception&) {
        // Out of memory, most likely; this client loses its connection and nobody else does.
        next = Session::Next::close;
    }
    switch (next) {
        case Session::Next::read:
            return park(session, EPOLLIN);
        case Session::Next::write:
            return park(session, EPOLLOUT);
        case Session::Next::again:
            return service_.workers.post([this, &session] { work(session); });
        case Session::Next::close:
            return close(session);
    }
}

void Poller::park(Session& session, std::uint32_t events) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            parked_.emplace(session.deadline(), &session);
            return watch(EPOLL_CTL_MOD, session.fd(), events | kOnce, &session);
        }
    }
    session.finish();
    close(session);
}

void Poller::close(Session& session) {
    std::unique_ptr<Session> closing;
    const std::lock_guard lock(mutex_);
    parked_.erase({session.deadline(), &session});
    closing = std::move(sessions_.extract(&session).mapped());
    closing.reset();
    if (!accepting_ && !stopping_) {
        accepting_ = true;
        watch(EPOLL_CTL_MOD, listener_.fd(), EPOLLIN, &listener_);
    }
    if (sessions_.empty()) empty_.notify_all();
}

void Poller::watch(int operation, int fd, std::uint32_t events, void* what) {
    epoll_event event{.events = events, .data = {.ptr = what}};
    const int failed = ::epoll_ctl(epoll_.fd(), operation, fd, &event);
    if (failed != 0 && operation == EPOLL_CTL_MOD && errno == ENOENT) {
        static_cast<void>(::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event));
    }
    // Else it fails only for want of memory; the session is closed when its deadline comes.
}

}  // namespace sni::backend
