#include "lab/net/poll_set.h"

#include <algorithm>
#include <cerrno>

#include "lab/net/error.h"

namespace sni::net {

PollSet::PollSet() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw Error(errno);
}

bool PollSet::add(int fd, std::uint32_t events, void* owner) const {
    epoll_event event{.events = events, .data = {.ptr = owner}};
    return ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool PollSet::change(int fd, std::uint32_t events, void* owner) const {
    epoll_event event{.events = events, .data = {.ptr = owner}};
    return ::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, fd, &event) == 0;
}

void PollSet::remove(int fd) const {
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, nullptr);
}

std::span<const PollSet::Event> PollSet::wait(std::span<Event> ready,
                                              std::chrono::milliseconds time) const {
    const int count = ::epoll_wait(epoll_.fd(), ready.data(), static_cast<int>(ready.size()),
                                   static_cast<int>(time.count()));
    return ready.first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace sni::net
