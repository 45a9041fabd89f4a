#include "lab/torture/live/around.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "lab/core/diagnostic.h"
#include "lab/net/dial.h"
#include "lab/net/error.h"
#include "lab/net/signals.h"

namespace sni::torture {

namespace {

/// Dialled at once: a gateway far away must not give up the first before the last has come.
constexpr unsigned kDiallers = 32;

}  // namespace

Around::Around(const Endpoint& gateway, const Meanwhile& meanwhile, const Patience& patience,
               Arrivals& ends, const net::Wakeup& stop)
    : meanwhile_(meanwhile), ends_(ends) {
    if (meanwhile.is_for_target()) arranged_ = ends.arrange(meanwhile);
    if (meanwhile.is_for_target() && !arranged_) {
        trouble_ = "ends elsewhere state what they get, and take no orders";
    }
    if (meanwhile.stalled > 0) stall(gateway, patience, stop);
}

Around::~Around() {
    try {
        end();
    } catch (const Failure&) {
        return;  // something else ends the run already
    }
}

void Around::end() {
    let_go();
    if (std::exchange(arranged_, false)) ends_.arrange({});
}

void Around::stall(const Endpoint& gateway, const Patience& patience, const net::Wakeup& stop) {
    std::mutex mutex;  // for what is ours
    std::atomic<unsigned> next = 0;
    const auto dial_some = [&] {
        while (next++ < meanwhile_.stalled) {
            auto stream = net::dial(gateway, net::Clock::now() + patience.connect, &stop);
            std::size_t taken = 0;
            const bool open =
                stream && stream->write(as_text(meanwhile_.stalled_with), taken) == net::Io::done;
            const std::scoped_lock lock(mutex);
            if (open) stalled_.push_back(std::move(*stream));
            // What this machine lacks is not the gateway's fault.
            if (!stream && net::Error(stream.error()).own_shortage()) {
                trouble_ = fmt::format("this machine has no room for {} connections: {}",
                                       meanwhile_.stalled, net::Error(stream.error()).what());
            }
            if (!stream) return;  // it takes no more
        }
    };
    const auto work = [&]() noexcept {
        try {
            dial_some();
        } catch (const std::exception&) {
            const std::scoped_lock lock(mutex);
            trouble_ = "out of memory";  // takes none
        }
    };
    stalled_.reserve(meanwhile_.stalled);
    std::vector<std::jthread> diallers;
    diallers.reserve(kDiallers);
    for (unsigned i = 0; i < kDiallers; ++i) {
        diallers.push_back(net::start_thread<std::jthread>(work));
    }
}

}  // namespace sni::torture
