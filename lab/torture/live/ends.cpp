#include "lab/torture/live/ends.h"

#include <algorithm>
#include <array>
#include <utility>

#include "certs/digest.h"
#include "lab/net/wait.h"
#include "lab/torture/arrival.h"

namespace sni::torture {

namespace {

using net::Io;
using std::chrono::milliseconds;

constexpr std::size_t kMostVisits = 1'024;
/// No shape takes longer, whatever a gateway does with it.
constexpr milliseconds kLongest{60'000};

bool send_whole(net::PlainStream& to, std::string_view bytes, net::Clock::time_point deadline,
                const net::Wakeup& stop) {
    while (!bytes.empty()) {
        std::size_t taken = 0;
        const Io io = to.write(bytes, taken);
        if (io == Io::done) {
            bytes.remove_prefix(taken);
        } else if (io == Io::failed || io == Io::ended ||
                   !net::wait_for({{to.fd(), Io::want_write}}, deadline, &stop)) {
            return false;
        }
    }
    return true;
}

gateways::ServerOptions options_for(const Endpoint& listen) {
    return {.listen = listen, .max_connections = kMostVisits, .refused = {}};
}

}  // namespace

Ends::Ends(const Endpoint& target, const Endpoint& decoy)
    : target_(options_for(target), [this](net::PlainStream client, unsigned,
                                          const net::Wakeup& stop) { serve(true, client, stop); }),
      decoy_(options_for(decoy), [this](net::PlainStream client, unsigned,
                                        const net::Wakeup& stop) { serve(false, client, stop); }) {}

void Ends::serve(bool target, net::PlainStream& client, const net::Wakeup& stop) {
    Visit* visit = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        if (visits_.size() >= 4 * kMostVisits) {
            std::erase_if(visits_, [](const Visit& each) { return each.over; });
        }
        visit =
            &visits_.emplace_back(Visit{.target = target, .begin = {}, .began = net::Clock::now()});
    }
    answer(*visit, client, stop);
    const std::scoped_lock lock(mutex_);
    visit->over = true;
    changed_.notify_all();
}

void Ends::answer(Visit& visit, net::PlainStream& client, const net::Wakeup& stop) {
    const net::Clock::time_point deadline = net::Clock::now() + kLongest;
    std::array<char, 16'384> buffer;
    bool greeted = false;
    for (;;) {
        std::size_t got = 0;
        const Io io = client.read(buffer, got);
        if (io == Io::want_read || io == Io::want_write) {
            if (!net::wait_for({{client.fd(), io}}, deadline, &stop)) return;
            continue;
        }
        if (io == Io::failed) return;
        const std::string_view bytes(buffer.data(), got);
        note(visit, bytes);
        const std::string_view greeting = visit.target ? kTargetSays : kDecoySays;
        if (!std::exchange(greeted, true) && !send_whole(client, greeting, deadline, stop)) return;
        if (io == Io::ended) {
            send_whole(client, kEndSays, deadline, stop);
            return;
        }
        if (!send_whole(client, bytes, deadline, stop)) return;
    }
}

void Ends::note(Visit& visit, std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    visit.begin += bytes.substr(0, kUnmistakable - std::min(kUnmistakable, visit.begin.size()));
    changed_.notify_all();
}

std::optional<Arrived> Ends::arrived(Bytes sent, net::Clock::time_point since,
                                     milliseconds patience) {
    const auto begin = beginning(sent);
    if (!begin) return std::nullopt;
    const auto is_it = [&](const Visit& visit) {
        return visit.began >= since && visit.begin == as_text(*begin);
    };
    std::unique_lock lock(mutex_);
    auto found = visits_.end();
    changed_.wait_for(lock, patience, [&] {
        found = std::ranges::find_if(visits_, is_it);
        return found != visits_.end() && found->over;
    });
    if (found == visits_.end()) return std::nullopt;
    return Arrived{.target = found->target, .ended = found->over};
}

std::optional<Arrived> Ends::arrived_now(const Digest& begin_sha256, net::Clock::time_point since) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find_if(visits_, [&](const Visit& visit) {
        return visit.began >= since && visit.begin.size() == kUnmistakable &&
               certs::sha256(as_bytes(visit.begin)) == begin_sha256;
    });
    if (found == visits_.end()) return std::nullopt;
    return Arrived{.target = found->target, .ended = found->over};
}

}  // namespace sni::torture
