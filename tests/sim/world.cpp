#include "tests/sim/world.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/epoll.h>

namespace sni::sim {

namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

/// The loop looks at its clock once a round, and its wheel has slots of 8 ms.
/// Time may also pass while it waits, and deadlines may be chained.
constexpr Time kSlack = std::chrono::milliseconds(1'000);

/// Are `bytes` what stands from `at` on in the record of an alert that the client may get?
bool is_fitting_alert(const Client& client, std::uint64_t at, Bytes bytes) {
    std::vector<tls::Alert> alerts{tls::Alert::internal_error};
    if (client.refusal) alerts.push_back(*client.refusal);
    if (client.any_alert) {
        using enum tls::Alert;
        alerts.insert(alerts.end(),
                      {unexpected_message, record_overflow, illegal_parameter, decode_error,
                       protocol_version, missing_extension, unrecognized_name});
    }
    return std::ranges::any_of(alerts, [&](tls::Alert alert) {
        const auto record = tls::alert_record(alert);
        return at + bytes.size() <= record.size() &&
               std::ranges::equal(Bytes(record).subspan(at, bytes.size()), bytes);
    });
}

}  // namespace

void Peers::add(Client client, std::unique_ptr<Conn> conn) {
    conn->id = static_cast<unsigned>(conns_.size());
    client.conn = conn.get();
    conns_.push_back(std::move(conn));
    clients_.push_back(std::move(client));
}

/// How a peer behaves; `head` is what it says first, or all that it says.
void Peers::fill(Conn& conn, std::vector<std::byte> head, std::uint64_t salt, bool says_more) {
    const std::uint64_t most = manners_.most_said;
    const std::uint64_t sizes[] = {0, 1, 100, 5'000, most / 8, most};
    const std::uint64_t more = says_more ? tape_.one_of(sizes) : 0;
    const std::uint64_t size = head.size() + more;
    conn.says = Source(std::move(head), size, salt);
    conn.window = manners_.window;
    conn.room = manners_.room;
    conn.finishes = !tape_.one_in(4);
    conn.finishes_last = conn.finishes && tape_.one_in(2);
    conn.may_reset = manners_.resets && tape_.one_in(4);
    conn.may_stall = manners_.stalls && tape_.one_in(3);
    if (more > 0 && tape_.one_in(16)) conn.mark = size - 1 - tape_.choose(more > 50 ? 50 : 1);
}

// What happens

bool Peers::act(bool between) {
    // In between, nobody could say by which routes a client goes.
    if (!between && act_on_all()) return true;
    if (conns_.empty()) return false;
    const std::size_t first = tape_.choose(static_cast<std::uint32_t>(conns_.size()));
    for (std::size_t i = 0; i < conns_.size(); ++i) {
        if (act_on(*conns_[(first + i) % conns_.size()])) return true;
    }
    return false;
}

/// Now and then something happens to the router as a whole.
bool Peers::act_on_all() {
    if (!tape_.one_in(128)) return false;
    switch (tape_.choose(5)) {
        case 0:
            kernel_.pass(std::chrono::milliseconds(tape_.choose(400)));
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
            // It reads a table of the real kernel's, which costs more than a whole run.
            if (!tape_.one_in(6) || std::exchange(drained_, true) || !events_.drain) return false;
            kernel_.note([] { return std::string("drains"); });
            events_.drain();
            return true;
        default:
            if (!tape_.one_in(4) || std::exchange(stopped_, true) || !events_.stop) return false;
            kernel_.note([] { return std::string("stops"); });
            events_.stop();
            return true;
    }
}

bool Peers::act_on(Conn& conn) {
    if (conn.state == Conn::State::planned) {
        conn.state = Conn::State::waiting;
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
        conn.error = ECONNREFUSED;
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
    conn.error = ECONNRESET;
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

// What the router does

Conn* Peers::next_client() {
    if (queue_.empty()) return nullptr;
    Conn* const client = queue_.front();
    queue_.pop_front();
    ++accepted_;
    return client;
}

Conn& Peers::dialled(const Endpoint& to) {
    auto conn = std::make_unique<Conn>();
    conn->id = static_cast<unsigned>(conns_.size());
    conn->peer = to;
    fill(*conn, {}, conn->id + 1'000);
    const std::uint64_t waits[] = {1, 0, 50, 400};
    conn->speaks_after = tape_.one_of(waits);
    using enum Conn::Answer;
    conn->answer = tape_.one_in(3) ? later : at_once;
    if (manners_.refuses && tape_.one_in(4))
        conn->answer = tape_.one_in(2) ? refuses : refuses_at_once;
    if (manners_.hangs && tape_.one_in(8)) conn->answer = never;
    conns_.push_back(std::move(conn));
    return *conns_.back();
}

Client* Peers::client_of(const Conn& conn) {
    const auto found =
        std::ranges::find_if(clients_, [&](const Client& each) { return each.conn == &conn; });
    return found == clients_.end() ? nullptr : &*found;
}

bool Peers::is_expected(const Client& client, const Endpoint& to) const {
    const auto& expected = reloaded_ && !client.old_routes ? client.to_after_reload : client.to;
    return std::ranges::find(expected, to) != expected.end();
}

/// Whose first bytes are these?
void Peers::pair(Conn& backend, Bytes first) {
    for (Client& client : clients_) {
        if (client.backend || client.conn->partner) continue;
        const std::size_t ahead = std::min(client.ahead.size(), first.size());
        if (!std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(ahead),
                        client.ahead.begin())) {
            continue;
        }
        // A header names its client; without one, nobody could say whose nothing is.
        if (first.empty() || !client.conn->says.says(client.own, first.subspan(ahead))) continue;
        join(client, backend);
        return;
    }
    kernel_.wrong(
        fmt::format("backend {} gets first bytes that nobody said, or not to it", backend.id));
}

void Peers::join(Client& client, Conn& backend) {
    if (!is_expected(client, backend.peer)) {
        kernel_.wrong(
            fmt::format("client {} must not get to {}", client.conn->id, to_string(backend.peer)));
    }
    client.backend = &backend;
    backend.partner = client.conn;
    client.conn->partner = &backend;
}

/// A backend that speaks first may be heard before it was told anything.
bool Peers::pair_by_answer(Client& client, Bytes first) {
    for (const auto& conn : conns_) {
        const bool may = !conn->client && !conn->partner && conn->fd >= 0 && conn->taken > 0;
        if (!may || !conn->says.says(0, first)) continue;
        join(client, *conn);
        return true;
    }
    return false;
}

void Peers::took(Conn& to, std::uint64_t at, Bytes bytes) {
    if (to.client && !to.partner) {
        Client& client = *client_of(to);
        if (at == 0 && pair_by_answer(client, bytes)) return;
        if (is_fitting_alert(client, at, bytes)) return;
        return kernel_.wrong(fmt::format("client {} gets what is no fitting alert", to.id));
    }
    if (!to.client && !to.partner) pair(to, bytes);
    if (!to.partner) return;
    const Conn& from = *to.partner;
    const Client& client = *client_of(to.client ? to : from);
    const std::uint64_t ahead = to.client ? 0 : client.ahead.size();
    const std::uint64_t own = to.client ? 0 : client.own;
    if (at < ahead) {
        const std::size_t part = std::min<std::size_t>(bytes.size(), ahead - at);
        if (!std::ranges::equal(Bytes(client.ahead).subspan(at, part), bytes.first(part)))
            return kernel_.wrong(fmt::format("{} gets another header than it should", to.id));
        bytes = bytes.subspan(part);
        at += part;
    }
    if (!bytes.empty() && !from.says.says(at - ahead + own, bytes)) {
        kernel_.wrong(fmt::format("{} gets bytes that {} did not say there: {} from {}", to.id,
                                  from.id, bytes.size(), at - ahead));
    }
}

void Peers::took(Conn& to, const Conn& from, std::uint64_t at, std::uint64_t count) {
    const Client* const client = to.partner ? client_of(to.client ? to : *to.partner) : nullptr;
    const std::uint64_t ahead = client && !to.client ? client->ahead.size() : 0;
    const std::uint64_t own = client && !to.client ? client->own : 0;
    if (to.partner != &from || at != to.accepted - ahead + own) {
        kernel_.wrong(fmt::format("{} gets {} bytes of {} from {} on, at its {}", to.id, count,
                                  from.id, at, to.accepted));
    }
}

void Peers::finished(Conn& conn) {
    const Conn* const other = conn.partner;
    if (other && !other->ended)
        kernel_.wrong(fmt::format("ends {} though {} has not ended", conn.id, other->id));
}

void Peers::closed(Conn& conn) {
    conn.moved = kernel_.now();
}

// The judge

/// Whatever moves from one side to the other must have moved, unless the receiver is stuck.
void Peers::judge_flow(const Conn& from, const Conn& to, std::uint64_t ahead,
                       std::uint64_t own) const {
    if (to.stuck()) return;
    const std::uint64_t passed = own + to.accepted - std::min(to.accepted, ahead);
    if (passed < from.arrived) {
        return kernel_.wrong(fmt::format("{} of {} bytes of {} wait, and {} has room",
                                         from.arrived - passed, from.arrived, from.id, to.id));
    }
    if (from.ended && !to.shut)
        return kernel_.wrong(fmt::format("the end of {} is not passed on to {}", from.id, to.id));
    if (to.corked > 0)
        kernel_.wrong(fmt::format("{} bytes for {} are kept back", to.corked, to.id));
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
    judge_flow(a, b, client.ahead.size(), client.own);
    judge_flow(b, a, 0, 0);
    const bool half = a.ended || b.ended;
    const Time limit = half ? std::min(deadlines_.idle, deadlines_.half_closed) : deadlines_.idle;
    if (kernel_.asked() - std::max(a.moved, b.moved) > limit + kSlack)
        kernel_.wrong(fmt::format("{} and {} are quiet for too long", a.id, b.id));
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

void Peers::at_rest() {
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
    }
    stopped_ = true;
    events_.stop();
}

void Peers::filed(const router::SessionRecord& record) {
    ++records_;
    const auto found = std::ranges::find_if(
        clients_, [&](const Client& each) { return each.conn->peer == record.client; });
    if (found == clients_.end()) return kernel_.wrong("a record of nobody");
    if (++found->records > 1) kernel_.wrong(fmt::format("{} has two records", found->conn->id));
    if (!found->backend) return;
    if (record.outcome != router::Outcome::routed)
        return kernel_.wrong(fmt::format("the record of {}, which was relayed, says {}",
                                         found->conn->id, to_string(record.outcome)));
    const std::uint64_t up = found->backend->accepted -
                             std::min<std::uint64_t>(found->backend->accepted, found->ahead.size());
    if (record.bytes_up != up || record.bytes_down != found->conn->accepted) {
        kernel_.wrong(fmt::format("the record of {} says {} up and {} down, and it was {} and {}",
                                  found->conn->id, record.bytes_up, record.bytes_down, up,
                                  found->conn->accepted));
    }
}

/// Where nothing went wrong and nobody gave up, both sides get all there is, and two ends.
void Peers::judge_heard(const Client& client, bool calm) const {
    const Conn& a = *client.conn;
    const Conn& b = *client.backend;
    const bool reset = a.reset || b.reset;
    const bool both_ended = a.ended && b.ended;
    if (calm && both_ended && !reset && !a.stalled && !b.stalled && !drained_) {
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

void Peers::judge_end(bool calm, bool stopped) {
    for (const auto& conn : conns_) {
        if (conn->fd >= 0 && !conn->closed)
            kernel_.wrong(fmt::format("{} was never closed", conn->id));
    }
    for (const Client& client : clients_) {
        if (client.backend && !stopped) judge_heard(client, calm);
        const bool must_arrive = calm && !stopped && !drained_ && client.whole && !client.backend &&
                                 !client.to.empty() && !client.may_refuse &&
                                 client.conn->taken >= client.hello && !client.conn->reset &&
                                 !manners_.refuses && !manners_.hangs;
        if (must_arrive && !(hardship && hardship()))
            kernel_.wrong(fmt::format("{} was accepted, and came to no backend", client.conn->id));
    }
}

}  // namespace sni::sim
