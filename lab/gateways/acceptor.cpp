#include "lab/gateways/acceptor.h"

#include <algorithm>
#include <cerrno>

#include "lab/net/accept.h"
#include "lab/net/wait.h"

namespace sni::gateways {

namespace {

constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestAcceptPause{1'000};

}  // namespace

net::PlainStream Acceptor::next() {
    for (;;) {
        const bool ready = net::wait_for({{listener_.fd()}}, net::kNever, &stop_);
        if (stop_.called()) return {};
        net::Accepted client = net::accept_now(listener_);
        if (client) {
            pause_ = std::chrono::milliseconds(0);
            return net::PlainStream(std::move(client.socket));
        }
        const bool passes =
            ready && (client.error == EAGAIN || net::concerns_one_client(client.error));
        if (!passes && !pause()) return {};
    }
}

/// False when it is to stop.
bool Acceptor::pause() {
    ++failures_;
    pause_ = std::clamp(2 * pause_, kFirstPause, kLongestAcceptPause);
    return !stop_.called(pause_);
}

}  // namespace sni::gateways
