#include "lab/gateways/acceptor.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace sni::gateways {

namespace {

constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestAcceptPause{1'000};

/// The client's trouble and not ours, or nobody's.
bool passes(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ECONNABORTED ||
           error == EPROTO;
}

}  // namespace

net::Descriptor Acceptor::next() {
    for (;;) {
        std::array<pollfd, 2> entries{{{listener_, POLLIN, 0}, {stop_, POLLIN, 0}}};
        int error = ::poll(entries.data(), entries.size(), -1) < 0 ? errno : 0;
        if (entries[1].revents != 0) return {};
        if (error == 0) {
            net::Descriptor client(
                ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            error = errno;
            if (client) {
                pause_ = std::chrono::milliseconds(0);
                return client;
            }
        }
        if (!passes(error) && !pause()) return {};
    }
}

/// False when it is to stop.
bool Acceptor::pause() {
    ++failures_;
    pause_ = std::clamp(2 * pause_, kFirstPause, kLongestAcceptPause);
    pollfd stop{stop_, POLLIN, 0};
    return ::poll(&stop, 1, static_cast<int>(pause_.count())) <= 0;
}

}  // namespace sni::gateways
