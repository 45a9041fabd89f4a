#include "lab/net/liveness.h"

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

void apply(const Liveness& liveness, int fd) {
    if (liveness.keepalive.count() > 0) {
        constexpr std::int64_t kMost = 32'767;  // MAX_TCP_KEEPIDLE
        const auto seconds = static_cast<int>(std::min<std::int64_t>(
            std::chrono::ceil<std::chrono::seconds>(liveness.keepalive).count(), kMost));
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(seconds / 8, 1));
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    }
    if (liveness.user_timeout.count() > 0) {
        set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                   static_cast<int>(std::min<std::int64_t>(liveness.user_timeout.count(),
                                                           std::numeric_limits<int>::max())));
    }
}

}  // namespace sni::net
