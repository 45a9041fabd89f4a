#include "lab/net/loop/liveness.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sni::net {

namespace {

void set_option(int fd, int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

void set_user_timeout(const Liveness& liveness, int fd) {
    if (liveness.user_timeout.count() <= 0) return;
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
               static_cast<int>(std::min<std::int64_t>(liveness.user_timeout.count(),
                                                       std::numeric_limits<int>::max())));
}

void start_keepalive(const Liveness& liveness, int fd) {
    if (liveness.keepalive.count() <= 0) return;
    constexpr std::int64_t kMost = 32'767;  // MAX_TCP_KEEPIDLE
    const auto seconds = static_cast<int>(std::min<std::int64_t>(
        std::chrono::ceil<std::chrono::seconds>(liveness.keepalive).count(), kMost));
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(seconds / 8, 1));
    // Last, since it is what sets the timer by how long the peer has been silent already.
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
}

}  // namespace sni::net
