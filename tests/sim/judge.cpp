// What must be true whenever the router waits, and when it is gone.
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "tests/sim/world.h"

namespace sni::sim {

namespace {

/// The loop looks at its clock once a round, and its wheel has slots of 8 ms.
/// Time may also pass while it waits, and deadlines may be chained.
constexpr Time kSlack = std::chrono::milliseconds(1'000);

/// What the kernel that is played says of its own means.
bool is_shortage(int error) {
    constexpr std::array kShort{EMFILE, ENFILE, ENOMEM, ENOBUFS, ENOSPC, EADDRNOTAVAIL};
    return std::ranges::find(kShort, error) != kShort.end();
}

/// How many bytes of the one side were given to `to`: behind `ahead` of the router's own, and with
/// `own` that it took for itself.
std::uint64_t passed(const Conn& to, std::uint64_t ahead, std::uint64_t own) {
    return own + to.accepted - std::min(to.accepted, ahead);
}

}  // namespace

/// Whatever moves from one side to the other must have moved, unless the receiver is stuck.
void Peers::judge_flow(const Conn& from, const Conn& to, std::uint64_t ahead,
                       std::uint64_t own) const {
    if (to.corked > 0)
        return kernel_.wrong(fmt::format("{} bytes for {} are kept back", to.corked, to.id));
    if (to.stuck()) return;
    const std::uint64_t given = passed(to, ahead, own);
    if (given < from.arrived) {
        return kernel_.wrong(fmt::format("{} of {} bytes of {} wait, and {} has room",
                                         from.arrived - given, from.arrived, from.id, to.id));
    }
    if (from.ended && !to.shut)
        return kernel_.wrong(fmt::format("the end of {} is not passed on to {}", from.id, to.id));
}

void Peers::judge_pair(const Client& client) const {
    const Conn& a = *client.conn;
    const Conn& b = *client.backend;
    if (a.closed && b.closed) return;
    if (a.closed != b.closed)
        return kernel_.wrong(fmt::format("of {} and {} one is closed", a.id, b.id));
    if (a.reset || b.reset)
        return kernel_.wrong(
            fmt::format("the reset of {} is not passed on", a.reset ? a.id : b.id));
    const std::uint64_t ahead = client.ahead.size();
    judge_flow(a, b, ahead, client.own);
    judge_flow(b, a, 0, 0);
    // Nothing is read before what is held has gone, so an end may wait behind bytes that the other
    // side has no room for.
    const bool half = (a.ended && (!b.stuck() || passed(b, ahead, client.own) >= a.arrived)) ||
                      (b.ended && (!a.stuck() || passed(a, 0, 0) >= b.arrived));
    const Time limit = half ? std::min(deadlines_.idle, deadlines_.half_closed) : deadlines_.idle;
    const Time quiet = kernel_.asked() - std::max(a.moved, b.moved);
    if (quiet > limit + kSlack) {
        const auto ms = [](Time time) { return time.count() / 1'000'000; };
        kernel_.wrong(fmt::format("{} and {} are quiet for {} ms, and may be for {}", a.id, b.id,
                                  ms(quiet), ms(limit)));
    }
}

/// A client that has no backend, or none yet.
void Peers::judge_alone(const Client& client) const {
    const Conn& conn = *client.conn;
    if (conn.fd < 0) return;
    const Time limit = deadlines_.hello + deadlines_.dial;
    if (kernel_.asked() - conn.since > limit + kSlack)
        kernel_.wrong(fmt::format("{} is kept for too long", conn.id));
    const bool dials = std::ranges::any_of(
        conns_, [](const auto& each) { return !each->client && !each->partner && each->fd >= 0; });
    if (!dials && !conn.stuck() && conn.unread() > 0)
        kernel_.wrong(fmt::format("{} bytes of {} are not read", conn.unread(), conn.id));
}

std::size_t Peers::open_clients() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(clients_, [](const Client& client) { return client.conn->fd >= 0; }));
}

void Peers::at_rest() {
    if (open_clients() > quota_)
        kernel_.wrong(fmt::format("{} clients are served, of {}", open_clients(), quota_));
    if (events_.exceeds) {
        if (std::string what = events_.exceeds(); !what.empty()) kernel_.wrong(std::move(what));
    }
    for (const Client& client : clients_) {
        if (client.backend) {
            judge_pair(client);
        } else {
            judge_alone(client);
        }
    }
}

void Peers::slept(Time time) {
    for (const auto& conn : conns_) {
        conn->since += time;
        conn->moved += time;
    }
}

void Peers::over() {
    if (!kernel_.verdict().empty() || stopped_) {
        events_.stop();
        return;
    }
    for (const auto& conn : conns_) {
        if (conn->fd >= 0) kernel_.wrong(fmt::format("nothing will ever end {}", conn->id));
        if (conn->state == Conn::State::waiting && !conn->closed && !drained_)
            kernel_.wrong(fmt::format("nobody will ever accept {}", conn->id));
    }
    stopped_ = true;
    events_.stop();
}

/// Who waits in a listener that is closed is reset. Nobody can help it who comes behind the last
/// look at it, or where there is no room for one more.
void Peers::stopped_listening() {
    if (!calm_ || stopped_ || open_clients() >= quota_) return;
    for (const Conn* const conn : queue_) {
        if (conn->came != kernel_.rounds())
            kernel_.wrong(fmt::format("{} waits at a listener that is closed", conn->id));
    }
}

/// A relay is cut for a reset, or when nothing has moved for long enough.
void Peers::judge_cut(const Conn& conn, const Conn& other) const {
    if (!calm_ || stopped_ || drained_ || !conn.aborted || conn.reset || other.reset) return;
    const bool half = conn.ended || other.ended;
    const Time limit = half ? std::min(deadlines_.idle, deadlines_.half_closed) : deadlines_.idle;
    const Time quiet = kernel_.now() - std::max(conn.worked, other.worked);
    if (quiet + kSlack < limit) {
        kernel_.wrong(fmt::format("{} and {} are cut after {} ms of {}", conn.id, other.id,
                                  quiet.count() / 1'000'000, limit.count() / 1'000'000));
    }
}

/// Whatever is said of a client that came to no backend must have happened.
void Peers::judge_unserved(const Client& client, router::Outcome outcome) const {
    using enum router::Outcome;
    if (!calm_) return;
    const auto some_backend = [&](auto did) {
        return std::ranges::any_of(conns_, [&](const auto& each) {
            return !each->client && !each->partner && did(*each);
        });
    };
    const Conn& conn = *client.conn;
    bool happened = true;
    if (outcome == backend_down) {
        happened = some_backend(
            [](const Conn& each) { return each.state == Conn::State::refused || each.reset; });
    } else if (outcome == backend_timeout) {
        happened = some_backend([](const Conn& each) {
            return each.answer == Conn::Answer::never || each.refusal == ETIMEDOUT ||
                   each.reset_by == ETIMEDOUT || each.state == Conn::State::connecting;
        });
    } else if (outcome == cut) {
        happened = stopped_;
    } else if (outcome == client_left) {
        happened = conn.ended || conn.reset;
    } else if (outcome == client_reset) {
        happened = conn.reset;
    } else if (outcome == no_descriptors || outcome == failed || outcome == crowded_out) {
        happened = false;
    }
    if (!happened)
        kernel_.wrong(fmt::format("the record of {} says {}, and nothing like that happened",
                                  conn.id, to_string(outcome)));
}

/// Who has to go when too much is held is the one that took nothing for longest, since something is
/// held for it.
void Peers::judge_crowded_out(const Conn& slow) const {
    // What is in a pipe is not counted, for a second.
    const auto grace = [](const Conn& to) {
        return to.partner->spliced ? std::chrono::seconds(1) + kSlack : Time(0);
    };
    const auto stuck_since = [](const Conn& to) {
        return std::max(to.written_at, to.partner->read_at);
    };
    for (const Client& client : clients_) {
        if (!client.backend || client.conn->closed) continue;
        const Conn& a = *client.conn;
        const Conn& b = *client.backend;
        const std::array held{std::pair{&b, a.taken - passed(b, client.ahead.size(), client.own)},
                              std::pair{&a, b.taken - passed(a, 0, 0)}};
        for (const auto& [to, bytes] : held) {
            if (bytes > 0 && stuck_since(*to) + grace(*to) < stuck_since(slow))
                kernel_.wrong(
                    fmt::format("{} is cut, and {} took nothing for longer", slow.id, to->id));
        }
    }
}

void Peers::filed(const router::SessionRecord& record) {
    ++records_;
    const auto found = std::ranges::find_if(
        clients_, [&](const Client& each) { return each.conn->peer == record.client; });
    if (found == clients_.end()) return kernel_.wrong("a record of nobody");
    if (record.outcome == router::Outcome::backend_down && is_shortage(record.error))
        kernel_.wrong(fmt::format("a backend of {} is to blame for what this machine is short of",
                                  found->conn->id));
    if (record.outcome == router::Outcome::failed && record.error == 0)
        kernel_.wrong(fmt::format("{} failed, and nothing says of what", found->conn->id));
    if (++found->records > 1) kernel_.wrong(fmt::format("{} has two records", found->conn->id));
    found->cut = record.outcome == router::Outcome::cut;
    if (!found->backend) return judge_unserved(*found, record.outcome);
    if (record.outcome != router::Outcome::routed)
        return kernel_.wrong(fmt::format("the record of {}, which was relayed, says {}",
                                         found->conn->id, to_string(record.outcome)));
    if (record.client_end == net::Ending::too_slow) judge_crowded_out(*found->conn);
    if (record.backend_end == net::Ending::too_slow) judge_crowded_out(*found->backend);
    const std::uint64_t up = found->backend->accepted -
                             std::min<std::uint64_t>(found->backend->accepted, found->ahead.size());
    if (record.bytes_up != up || record.bytes_down != found->conn->accepted) {
        kernel_.wrong(fmt::format("the record of {} says {} up and {} down, and it was {} and {}",
                                  found->conn->id, record.bytes_up, record.bytes_down, up,
                                  found->conn->accepted));
    }
}

/// Where nothing went wrong and nobody gave up, both sides get all there is, and two ends.
void Peers::judge_heard(const Client& client) const {
    const Conn& a = *client.conn;
    const Conn& b = *client.backend;
    const bool reset = a.reset || b.reset;
    const bool both_ended = a.ended && b.ended;
    if (calm_ && both_ended && !reset && !a.stalled && !b.stalled && !drained_) {
        if (a.aborted || b.aborted)
            kernel_.wrong(fmt::format("{} and {} are reset, and nobody was to blame", a.id, b.id));
        if (!a.heard_end || !b.heard_end)
            kernel_.wrong(fmt::format("{} or {} heard no end", a.id, b.id));
    }
    // A side that was cut off hears it: an end is an answer only to an end.
    if (a.reset && !b.reset && !b.aborted && !a.ended)
        kernel_.wrong(fmt::format("{} was reset, and {} hears an end", a.id, b.id));
    if (b.reset && !a.reset && !a.aborted && !b.ended)
        kernel_.wrong(fmt::format("{} was reset, and {} hears an end", b.id, a.id));
}

/// Who is refused and waits for it is told why, and hears an end: a reset would overtake the alert.
void Peers::judge_refused(const Client& client) const {
    constexpr std::uint64_t kAlert = 7;
    /// The router reads so much behind a hello, and then no more.
    constexpr std::uint64_t kDrained = 60'000;
    const Conn& conn = *client.conn;
    const bool waits = client.whole && conn.taken >= client.hello && !conn.reset && !conn.stalled &&
                       conn.said() <= kDrained;
    if (!client.hears_why || !client.to.empty() || client.may_refuse || !waits) return;
    if (conn.delivered != kAlert || !conn.heard_end)
        kernel_.wrong(fmt::format("{} is refused, and not told why", conn.id));
}

void Peers::judge_end() {
    for (const auto& conn : conns_) {
        if (conn->fd >= 0 && !conn->closed)
            kernel_.wrong(fmt::format("{} was never closed", conn->id));
    }
    // One that is reset before it got a byte is nobody's backend yet.
    const bool lost_backend = std::ranges::any_of(
        conns_, [](const auto& each) { return !each->client && !each->partner && each->reset; });
    for (const Client& client : clients_) {
        if (client.backend && !stopped_early_) judge_heard(client);
        if (calm_ && !stopped_early_) judge_refused(client);
        if (client.cut && client.conn->closed && !client.conn->aborted)
            kernel_.wrong(fmt::format("{} is cut, and hears an end", client.conn->id));
        const bool must_arrive = calm_ && !stopped_early_ && !drained_ && client.whole &&
                                 !client.backend && !client.to.empty() && !client.may_refuse &&
                                 client.conn->taken >= client.hello && !client.conn->reset &&
                                 !manners_.refuses && !manners_.hangs && !lost_backend;
        if (must_arrive)
            kernel_.wrong(fmt::format("{} was accepted, and came to no backend", client.conn->id));
    }
}

}  // namespace sni::sim
