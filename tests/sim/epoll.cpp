// What is ready: epoll as Linux has it, and the eventfd that wakes it.
#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "tests/sim/kernel.h"

namespace sni::sim {

namespace {

constexpr std::uint32_t kAlways = EPOLLERR | EPOLLHUP;

}  // namespace

int Kernel::epoll_create() {
    if (const int error = fails({EMFILE})) return error;
    return open({.kind = Kind::epoll});
}

int Kernel::epoll_ctl(int op, int fd, epoll_event* event) {
    meanwhile();
    File* const watched = file(fd);
    if (!watched) return -1;
    if (op == EPOLL_CTL_DEL) {
        watched->watched = false;
        std::erase(ready_, fd);
        watched->ready = false;
        return 0;
    }
    if (watched->watched != (op == EPOLL_CTL_MOD)) {
        wrong(fmt::format("epoll_ctl: {} is {} already", fd - kFirst,
                          watched->watched ? "watched" : "not watched"));
    }
    if (const int error = fails({ENOMEM, ENOSPC})) return error;
    watched->watched = true;
    watched->interest = event->events;
    watched->owner = event->data.ptr;
    if (events(*watched) & (watched->interest | kAlways)) wake(fd, 0);
    return 0;
}

/// As the kernel wakes a waiter: by what happened, or whatever that is.
void Kernel::wake(int fd, std::uint32_t events) {
    File& woken = *files_[static_cast<std::size_t>(fd - kFirst)];
    if (!woken.watched || woken.ready) return;
    if (events != 0 && !(events & (woken.interest | kAlways))) return;
    woken.ready = true;
    ready_.push_back(fd);
}

/// What poll(2) would say. To have asked for room, and not found it, is to be told when it comes.
std::uint32_t Kernel::events(File& file) {
    switch (file.kind) {
        case Kind::event:
            return file.calls > 0 ? EPOLLIN : 0u;
        case Kind::listener:
            return world_->client_waits() ? EPOLLIN : 0u;
        case Kind::stream:
            break;
        default:
            return 0;
    }
    if (!file.conn) return EPOLLOUT | EPOLLHUP;
    Conn& conn = *file.conn;
    if (conn.state == Conn::State::connecting) return 0;
    std::uint32_t all = 0;
    const bool over = conn.reset || conn.state == Conn::State::refused;
    if (conn.unread() > 0 || conn.ended || over) all |= EPOLLIN;
    if (conn.ended || over) all |= EPOLLRDHUP;
    if (over || (conn.ended && conn.shut)) all |= EPOLLHUP;
    if (conn.error != 0) all |= EPOLLERR;
    if (conn.mark >= conn.taken && conn.mark <= conn.arrived) all |= EPOLLPRI;
    if (over || conn.shut || (!conn.squeezed && space(conn) >= conn.room / 3)) {
        all |= EPOLLOUT;
    } else {
        conn.full = true;
    }
    return all;
}

int Kernel::collect(std::span<epoll_event> told) {
    std::size_t count = 0;
    const std::vector<int> ready = std::exchange(ready_, {});
    for (const int fd : ready) {
        File& each = *files_[static_cast<std::size_t>(fd - kFirst)];
        const std::uint32_t now = events(each) & (each.interest | kAlways);
        each.ready = false;
        if (now == 0) continue;
        // Some are told another time, but never all of them.
        const bool later = count == told.size() || (count > 0 && disorder_ > 0 && tape_.one_in(8));
        const bool again = later || !(each.interest & EPOLLET);
        if (again) {
            each.ready = true;
            ready_.push_back(fd);
        }
        if (later) continue;
        if (flaw_ == Flaw::drops_event && each.conn && ++flawed_ % 8 == 0) continue;
        told[count++] = {.events = now, .data = {.ptr = each.owner}};
        note([&] {
            return fmt::format("{} tells {} of {:#x}", now_.count() / 1'000'000,
                               each.conn                     ? fmt::format("{}", each.conn->id)
                               : each.kind == Kind::listener ? "the listener"
                                                             : "the eventfd",
                               now);
        });
    }
    if (count > 1 && disorder_ > 0)
        std::swap(told[0], told[tape_.choose(static_cast<std::uint32_t>(count))]);
    return static_cast<int>(count);
}

int Kernel::epoll_wait(epoll_event* events, int most, int milliseconds) {
    ++calls_;
    const std::span<epoll_event> room(events, static_cast<std::size_t>(most));
    const auto within = std::chrono::milliseconds(milliseconds);
    asked_ = now_;
    ++rounds_;
    dawdles_ = kDawdles;
    for (std::uint32_t happen = tape_.choose(4); happen > 0; --happen)
        world_->act(false);
    for (;;) {
        if (!verdict_.empty()) {
            world_->over();
            return 0;
        }
        if (const int count = collect(room); count > 0) return count;
        if (milliseconds == 0) return 0;
        if (disorder() && tape_.one_in(4)) {
            errno = EINTR;
            return -1;
        }
        world_->at_rest();
        if (world_->act(false)) continue;
        if (milliseconds < 0) {
            world_->over();
            return 0;
        }
        // A thread that was asleep for long, now and then.
        now_ += within;
        if (disorder_ > 0 && tape_.one_in(64)) {
            const Time more = std::chrono::seconds(tape_.choose(60));
            now_ += more;
            world_->slept(more);
        }
        return 0;
    }
}

void Kernel::changed(Conn& conn, std::uint32_t events) {
    if (conn.fd >= 0) wake(conn.fd, events);
}

void Kernel::clients_came() {
    if (flaw_ == Flaw::forgets_clients && ++flawed_ % 4 == 0) return;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        if (files_[i] && files_[i]->kind == Kind::listener)
            wake(kFirst + static_cast<int>(i), EPOLLIN);
    }
}

int Kernel::eventfd() {
    if (const int error = fails({EMFILE})) return error;
    return open({.kind = Kind::event});
}

int Kernel::eventfd_write(int fd) {
    File* const event = file(fd);
    if (!event) return -1;
    ++event->calls;
    wake(fd, EPOLLIN);
    return 0;
}

int Kernel::eventfd_read(int fd, std::uint64_t* calls) {
    File* const event = file(fd);
    if (!event) return -1;
    if (event->calls == 0) {
        errno = EAGAIN;
        return -1;
    }
    *calls = std::exchange(event->calls, 0);
    return 0;
}

}  // namespace sni::sim
