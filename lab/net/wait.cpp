#include "lab/net/wait.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

#include <poll.h>

namespace sni::net {

bool wait_for(std::initializer_list<Interest> any, Clock::time_point deadline, const Wakeup* stop) {
    std::array<pollfd, 4> entries;
    assert(any.size() < entries.size() && "the last entry is for `stop`");
    nfds_t count = 0;
    for (const Interest& each : any) {
        if (each.until != Io::want_read && each.until != Io::want_write) return false;
        const short events = each.until == Io::want_read ? POLLIN : POLLOUT;
        entries[count++] = {.fd = each.fd, .events = events, .revents = 0};
    }
    const pollfd& stopped = entries[count];
    entries[count++] = {.fd = stop ? stop->fd() : -1, .events = POLLIN, .revents = 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        const auto wait = std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000);
        const int ready = ::poll(entries.data(), count, static_cast<int>(wait));
        if (ready > 0) return stopped.revents == 0;
        if (ready < 0 ? errno != EINTR : left.count() <= wait) return false;
    }
}

bool reader_left(int fd) {
    // A pipe tells an error, a Unix socket and a terminal a hangup.
    pollfd asked{.fd = fd, .events = 0, .revents = 0};
    return ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace sni::net
