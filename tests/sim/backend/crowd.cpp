// Who comes, and who has to go, for others or because all do.
#include <exception>

#include "lab/net/accept.h"
#include "tests/sim/backend/driver.h"
#include "tests/sim/memory.h"

namespace sni::sim {

namespace {

/// As the poller has it.
constexpr std::chrono::milliseconds kShortagePause{50};

}  // namespace

void Driver::accept_some() {
    for (int i = 0; i < 64; ++i) {
        if (!listener_ || !places_.accepting()) return;
        net::Accepted client = net::accept_now(listener_);
        if (client) {
            adopt(net::PlainStream(std::move(client.socket)), client.peer);
        } else if (net::is_shortage(client.error)) {
            if (make_room()) continue;
            return places_.pause_until(Clock::now() + kShortagePause);
        } else if (!net::concerns_one_client(client.error)) {
            return;
        }
    }
    jobs_.push_back({nullptr});
}

void Driver::adopt(net::PlainStream socket, const net::Address& peer) {
    Place* place = nullptr;
    const int fd = socket.fd();
    const Time began = kernel_.now();
    try {
        const TheProgram program(tape_, refuses(), true);
        auto session = std::make_unique<Session>(std::move(socket), peer.endpoint(), service_);
        ++service_.activity.accepted;
        if (places_.stopping()) return;
        place = &places_.seat(std::move(session));
    } catch (const std::exception&) {
        return;
    }
    clients_.worked(fd, began);
    place->watched = false;
    const bool full = places_.full();
    watch(*place, net::PollSet::kInput);
    if (!park(*place)) jobs_.push_back({place});
    if (full && !make_room()) pause_accepting();
}

bool Driver::make_room() {
    Place* const oldest = places_.idle_longest();
    if (!oldest) return false;
    ++service_.activity.made_room;
    finish(*oldest);
    close(*oldest);
    return true;
}

void Driver::pause_accepting() {
    places_.pause();
}

void Driver::try_again() {
    if (places_.tries_again(Clock::now())) jobs_.push_back({nullptr});
}

void Driver::crowd_out_hellos() {
    while (Place* const oldest = places_.crowded_hello()) {
        oldest->session->crowd_out();
        ++service_.activity.crowded_out;
        close(*oldest);
    }
}

void Driver::end_some() {
    if (!places_.stopping()) return;
    if (listener_) {
        listener_.reset();
        close_all(false);
    }
    if (kernel_.now() < cuts_at_) return;
    places_.cut();
    close_all(true);
}

void Driver::close_all(bool busy_too) {
    for (std::size_t from = 0;;) {
        Place* next = nullptr;
        {
            const TheProgram program(tape_, refuses(), true);
            next = places_.next_waiting(from, busy_too);
        }
        if (!next) return;
        finish(*next);
        close(*next);
    }
}

}  // namespace sni::sim
