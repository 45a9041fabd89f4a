// What clients and backends do, each in its own time.
#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include <fmt/format.h>
#include <sys/epoll.h>

#include "tests/sim/world.h"

namespace sni::sim {

namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

}  // namespace

bool Peers::act(bool between) {
    // In between, nobody could say by which routes a client goes.
    if (!between && act_on_all()) return true;
    if (conns_.empty()) return false;
    const std::size_t first = tape_.choose(static_cast<std::uint32_t>(conns_.size()));
    for (std::size_t i = 0; i < conns_.size(); ++i) {
        if (act_on(*conns_[(first + i) % conns_.size()], between)) return true;
    }
    return false;
}

/// Now and then something happens to the router as a whole.
bool Peers::act_on_all() {
    if (!tape_.one_in(128)) return false;
    switch (tape_.choose(5)) {
        case 0:
            kernel_.dawdle(std::chrono::milliseconds(tape_.choose(400)));
            return false;
        case 1:
            if (std::exchange(looked_, true) || !events_.look) return false;
            events_.look();
            return true;
        case 2:
            if (std::exchange(reloaded_, true) || !events_.reload) return false;
            kernel_.note([] { return std::string("new routes"); });
            for (Client& client : clients_)
                client.old_routes = client.conn->taken >= client.hello;
            events_.reload();
            return true;
        case 3:
            if (std::exchange(drained_, true) || !events_.drain) return false;
            kernel_.note([] { return std::string("drains"); });
            events_.drain();
            return true;
        default:
            if (!tape_.one_in(4) || std::exchange(stopped_, true) || !events_.stop) return false;
            stopped_early_ = true;
            kernel_.note([] { return std::string("stops"); });
            events_.stop();
            return true;
    }
}

bool Peers::act_on(Conn& conn, bool between) {
    if (conn.state == Conn::State::planned) {
        conn.state = Conn::State::waiting;
        conn.came = between ? kernel_.rounds() : 0;
        queue_.push_back(&conn);
        kernel_.note([&] { return fmt::format("{} comes: {}", conn.id, conn.about); });
        kernel_.clients_came();
        return true;
    }
    if (conn.state == Conn::State::connecting) return answer(conn);
    if (conn.state == Conn::State::refused || conn.reset) return false;
    if (conn.aborted) {
        if (conn.heard_reset) return false;
        conn.heard_reset = true;
        return true;
    }
    // Each with its own chance, and in the end whatever there is.
    const bool may_say = conn.delivered >= conn.speaks_after;
    const std::uint64_t limit = conn.said();
    const bool can_write =
        !conn.closed && may_say && conn.arrived < limit && conn.unread() < conn.window;
    const bool can_end = !conn.closed && !conn.ended && conn.finishes && may_say &&
                         conn.arrived == limit && (!conn.finishes_last || conn.heard_end);
    const bool can_read = !conn.stalled && conn.undelivered() > conn.corked;
    const bool can_hear = !conn.stalled && conn.shut && !conn.heard_end && conn.undelivered() == 0;
    const bool can_unstall = conn.stalled;
    const bool can_unsqueeze = conn.squeezed;
    const std::array<bool, 6> can{can_write, can_read,      can_end,
                                  can_hear,  can_unsqueeze, can_unstall};
    if (conn.may_reset && !conn.closed && tape_.one_in(32)) return reset(conn), true;
    if (conn.may_stall && !conn.stalled && tape_.one_in(16)) {
        conn.stalled = true;
        conn.may_stall = false;
    }
    const std::size_t first = tape_.choose(can.size());
    for (std::size_t i = 0; i < can.size(); ++i) {
        const std::size_t what = (first + i) % can.size();
        if (!can[what]) continue;
        const std::uint64_t amounts[] = {kAll, 1, 5, 700, 20'000};
        switch (what) {
            case 0:
                write(conn, tape_.one_of(amounts));
                return true;
            case 1:
                read(conn, tape_.one_of(amounts));
                return true;
            case 2:
                end(conn);
                return true;
            case 3:
                conn.heard_end = true;
                hear(conn);
                return true;
            case 4:
                conn.squeezed = false;
                if (std::exchange(conn.full, false)) kernel_.changed(conn, EPOLLOUT);
                return true;
            default:
                // Some never read again.
                if (tape_.one_in(8)) return false;
                conn.stalled = false;
                return true;
        }
    }
    return false;
}

/// Of a backend that is being dialled.
bool Peers::answer(Conn& conn) {
    using enum Conn::Answer;
    if (conn.answer == never || conn.closed) return false;
    conn.state = conn.answer == refuses ? Conn::State::refused : Conn::State::open;
    if (conn.state == Conn::State::refused) {
        conn.error = conn.refusal;
        kernel_.changed(conn, EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP);
    } else {
        kernel_.changed(conn, EPOLLOUT);
    }
    kernel_.note([&] {
        return fmt::format("{} {}", conn.id,
                           conn.state == Conn::State::refused ? "refuses" : "answers");
    });
    return true;
}

void Peers::write(Conn& conn, std::uint64_t most) {
    const std::uint64_t limit = conn.said();
    const std::uint64_t count = std::min({most, limit - conn.arrived, conn.window - conn.unread()});
    conn.arrived += count;
    kernel_.note([&] { return fmt::format("{} sends {}", conn.id, count); });
    kernel_.changed(conn, EPOLLIN);
}

void Peers::end(Conn& conn) {
    conn.ended = true;
    kernel_.note([&] { return fmt::format("{} ends", conn.id); });
    kernel_.changed(conn, EPOLLIN | EPOLLRDHUP);
}

/// What has arrived may still be read; what was sent is lost.
void Peers::reset(Conn& conn) {
    conn.reset = true;
    conn.error = conn.reset_by;
    kernel_.note([&] { return fmt::format("{} resets", conn.id); });
    kernel_.changed(conn, EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLERR | EPOLLHUP);
}

void Peers::read(Conn& conn, std::uint64_t most) {
    const std::uint64_t count = std::min(most, conn.undelivered() - conn.corked);
    conn.delivered += count;
    kernel_.note([&] { return fmt::format("{} gets {}", conn.id, count); });
    if (conn.full && !conn.squeezed && conn.room - conn.undelivered() >= conn.room / 3) {
        conn.full = false;
        kernel_.changed(conn, EPOLLOUT);
    }
}

/// The end that a peer hears must be the other side's, behind all that it said.
void Peers::hear(Conn& conn) {
    const Conn* const other = conn.partner;
    if (!other) return;
    const Client& client = *client_of(conn.client ? conn : *other);
    const std::uint64_t ahead = conn.client ? 0 : client.ahead.size();
    const std::uint64_t own = conn.client ? 0 : client.own;
    if (!other->ended || conn.delivered != other->said() - own + ahead) {
        kernel_.wrong(fmt::format("{} hears an end that {} has not sent, or not yet ({} of {})",
                                  conn.id, other->id, conn.delivered - ahead, other->said()));
    }
}

}  // namespace sni::sim
