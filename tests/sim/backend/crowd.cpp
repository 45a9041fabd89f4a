// Who comes, and who has to go, for others or because all do: as the poller has it.
#include <exception>

#include "lab/net/accept.h"
#include "tests/sim/backend/driver.h"
#include "tests/sim/memory.h"

namespace sni::sim {

void Driver::accept_some() {
    for (int i = 0; i < 64; ++i) {
        if (!listener_ || !accepting_) return;
        net::Accepted client = net::accept_now(listener_);
        if (client) {
            adopt(net::PlainStream(std::move(client.socket)), client.peer.endpoint());
        } else if (net::is_shortage(client.error)) {
            if (!make_room()) pause_accepting();
        } else if (!net::concerns_one_client(client.error)) {
            return;
        }
    }
    jobs_.push_back({nullptr});
}

void Driver::adopt(net::PlainStream socket, Endpoint peer) {
    std::unique_ptr<Session> session;
    const int fd = socket.fd();
    const Time began = kernel_.now();
    try {
        const TheProgram program(tape_, refuses(), true);
        session = std::make_unique<Session>(std::move(socket), std::move(peer), service_);
    } catch (const std::exception&) {
        return;
    }
    ++service_.activity.accepted;
    clients_.worked(fd, began);
    if (stopping_) return;
    if (free_.empty()) free_.push_back(&places_.emplace_back());
    Place& place = *free_.back();
    free_.pop_back();
    place.session = std::move(session);
    place.taken = true;
    place.missed = place.watched = place.writing = false;
    const bool full = ++sessions_ >= service_.limits.connections;
    watch(place, net::PollSet::kInput);
    if (!park(place)) jobs_.push_back({&place});
    if (full && !make_room()) pause_accepting();
}

bool Driver::make_room() {
    Place* oldest = nullptr;
    for (Place& place : places_) {
        if (!place.session || place.taken || !place.session->idle()) continue;
        if (!oldest || place.session->deadline() < oldest->session->deadline()) oldest = &place;
    }
    if (!oldest) return false;
    oldest->taken = true;
    ++service_.activity.made_room;
    finish(*oldest);
    close(*oldest);
    return true;
}

void Driver::pause_accepting() {
    if (sessions_ > 0) accepting_ = false;
}

void Driver::count_hello(Place& place) {
    const std::size_t now = place.session ? place.session->waiting_hello() : 0;
    hello_bytes_ += now - place.hello_bytes;  // wraps around, and comes out right
    place.hello_bytes = now;
}

void Driver::drop_oldest_hello() {
    Place* oldest = nullptr;
    for (Place& place : places_) {
        if (!place.session || place.taken || place.hello_bytes == 0) continue;
        if (!oldest || place.session->deadline() < oldest->session->deadline()) oldest = &place;
    }
    if (!oldest) return;
    oldest->taken = true;
    oldest->session->crowd_out();
    ++service_.activity.crowded_out;
    close(*oldest);
}

void Driver::end_some() {
    if (!stopping_) return;
    if (listener_) {
        listener_.reset();
        close_all(false);
    }
    if (kernel_.now() < cuts_at_) return;
    cutting_ = true;
    close_all(true);
}

void Driver::close_all(bool busy_too) {
    for (Place& place : places_) {
        if (!place.session || place.taken || (!busy_too && place.session->busy())) continue;
        place.taken = true;
        finish(place);
        close(place);
    }
}

}  // namespace sni::sim
