#include "tests/sim/world.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/epoll.h>

namespace sni::sim {

namespace {

/// Are `bytes` what stands from `at` on in the record of an alert that the client may get?
bool is_fitting_alert(const Client& client, std::uint64_t at, Bytes bytes) {
    std::vector<tls::Alert> alerts;
    // Only who has a backend can fail to get there.
    if (!client.to.empty()) alerts.push_back(tls::Alert::internal_error);
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
    if (conn.may_reset && tape_.one_in(4)) conn.reset_by = ETIMEDOUT;
    conn.may_stall = manners_.stalls && tape_.one_in(3);
    if (more > 0 && tape_.one_in(16)) conn.mark = size - 1 - tape_.choose(more > 50 ? 50 : 1);
}

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
    const int refusals[] = {ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT};
    if (manners_.refuses) conn->refusal = tape_.one_of(refusals);
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
    if (conn.partner && !conn.partner->closed) judge_cut(conn, *conn.partner);
    conn.moved = kernel_.now();
}

}  // namespace sni::sim
