#include "lab/bench/load/poll_set.h"

#include <cerrno>
#include <cstring>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::bench {

PollSet::PollSet() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_)
        throw Failure(Exit::machine, code::kUnexpected, "epoll is refused", std::strerror(errno));
}

bool PollSet::add(int fd, std::uint32_t events) {
    return control(EPOLL_CTL_ADD, fd, events);
}

bool PollSet::change(int fd, std::uint32_t events) {
    return control(EPOLL_CTL_MOD, fd, events);
}

bool PollSet::control(int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_.fd(), operation, fd, &event) == 0;
}

std::span<const epoll_event> PollSet::wait(std::chrono::milliseconds time) {
    const int count = ::epoll_wait(epoll_.fd(), ready_.data(), static_cast<int>(ready_.size()),
                                   static_cast<int>(time.count()));
    return std::span(ready_).first(count > 0 ? static_cast<std::size_t>(count) : 0);
}

}  // namespace sni::bench
