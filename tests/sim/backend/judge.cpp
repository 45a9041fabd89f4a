// What must be true whenever the sessions wait, and when they are gone.
#include <algorithm>

#include <fmt/format.h>

#include "lab/backend/session.h"
#include "tests/sim/backend/clients.h"

namespace sni::sim {

namespace {

/// Deadlines may be chained, and time may also pass while a session is at work.
constexpr Time kPatience = std::chrono::milliseconds(1'000);
/// A time is a whole number of milliseconds to some.
constexpr Time kRounding = std::chrono::milliseconds(2);

}  // namespace

Stage HttpClients::stage_of(const HttpClient& client) const {
    using enum Stage::Kind;
    const Conn& conn = *client.conn;
    if (conn.shut || conn.closed) return {.kind = over};
    if (weather_.fault) return {.kind = hang};
    const bool greeted = client.tls ? client.handshake && conn.taken >= *client.handshake
                                    : weather_.plain && client.looked && conn.taken >= client.ahead;
    if (!greeted) return {.kind = handshake};
    Stage stage{.lines = client.lines.size()};
    const std::uint64_t text = client.text_in(conn.taken);
    std::uint64_t begin = 0;
    for (; stage.asked < client.asks.size(); ++stage.asked) {
        const std::uint64_t size = client.asks[stage.asked].size();
        if (begin + size > text) break;
        begin += size;
    }
    const Ask* const last = stage.lines > 0 && stage.lines <= client.asks.size()
                                ? &client.asks[stage.lines - 1]
                                : nullptr;
    if (last && last->fault) {
        stage.kind = hang;
    } else if (last && last->talks && client.lines.back().whole) {
        stage.kind = talk;
    } else if (stage.asked > stage.lines) {
        stage.kind = answer;
    } else if (stage.asked == client.asks.size() || text == begin) {
        stage.kind = nothing;
    } else {
        const std::uint64_t head_end = begin + client.asks[stage.asked].head.size();
        stage.kind = text < head_end ? head : body;
    }
    return stage;
}

/// How long a session may be at its stage.
Time HttpClients::limit_of(const HttpClient& client) const {
    const backend::Limits& limits = weather_.limits;
    switch (client.stage.kind) {
        case Stage::Kind::handshake:
            return limits.handshake;
        case Stage::Kind::head:
            return limits.head;
        case Stage::Kind::body:
            return limits.body;
        case Stage::Kind::answer:
            return limits.write_stall;
        case Stage::Kind::over:
            return backend::Session::kDrain;
        default:
            return limits.idle;
    }
}

void HttpClients::worked(int fd, Time began) {
    for (const auto& client : clients_) {
        if (client->conn->fd != fd) continue;
        if (is_over(*client)) client->over_after = client->lines.size();
        const Stage now = stage_of(*client);
        if (now != client->stage) client->since = began;
        client->stage = now;
    }
}

/// It has waited for as long as it may.
bool HttpClients::is_over(const HttpClient& client) const {
    const Stage::Kind kind = client.stage.kind;
    return kind != Stage::Kind::answer && kind != Stage::Kind::over &&
           kernel_.now() - client.since >= limit_of(client);
}

void HttpClients::looks(int fd) {
    for (const auto& client : clients_) {
        if (client->conn->fd == fd) client->looked = true;
    }
}

/// At a stop, whoever is at a request has some time left for it.
bool HttpClients::may_stop(const HttpClient& client) const {
    using enum Stage::Kind;
    const Stage::Kind kind = client.stage.kind;
    const bool answered = client.lines.size() > client.stage.lines;
    const bool busy = !answered && (kind == head || kind == body || kind == answer);
    return stopped_ && (!busy || kernel_.now() >= *stopped_ + weather_.grace);
}

/// Is there a reason that a session is ended by the backend?
bool HttpClients::may_end(const HttpClient& client) const {
    const Conn& conn = *client.conn;
    const bool by_client = conn.ended || conn.reset || client.said_goodbye || !client.proper;
    const bool by_weather = may_stop(client) || weather_.short_of_memory ||
                            weather_.short_of_descriptors || weather_.crowded || weather_.fault ||
                            client.deaf;
    if (by_client || by_weather) return true;
    const Time now = kernel_.now();
    if (client.stage.kind == Stage::Kind::handshake && weather_.tight_hellos) return true;
    if (client.stage.kind == Stage::Kind::talk && (client.asks.back().last_word || weather_.tight))
        return true;
    // What it says while it is told goodbye is read, and no longer answered.
    if (is_over(client) || client.over_after == client.lines.size()) return true;
    if (now - conn.moved >= weather_.limits.write_stall) return true;
    // The answer that it has logged last was the last one.
    const std::size_t lines = client.lines.size();
    if (lines == 0) return false;
    const bool fits = lines <= client.asks.size();
    const Ask* const ask = fits ? &client.asks[lines - 1] : nullptr;
    return !ask || ask->closes || ask->fault || client.lines.back().status != ask->status;
}

void HttpClients::finished(Conn& conn) {
    HttpClient& client = client_of(conn);
    if (!may_end(client))
        kernel_.wrong(fmt::format("{} is ended, and nobody was to blame", conn.id));
    client.shut_at = kernel_.now();
}

void HttpClients::closed(Conn& conn) {
    HttpClient& client = client_of(conn);
    left_at_ = kernel_.now();
    if (conn.state != Conn::State::open) {
        --accepted_;  // it was gone before
        return;
    }
    const bool cut = !client.lines.empty() && !client.lines.back().whole;
    if (client.shut_at && !conn.ended && !client.said_goodbye && !conn.reset && client.proper &&
        !stopped_ && !cut && kernel_.now() - *client.shut_at < backend::Session::kDrain &&
        !weather_.crowded && !weather_.short_of_descriptors) {
        kernel_.wrong(fmt::format("{} is closed before it has ended", conn.id));
    }
    const std::size_t lines = client.lines.size();
    // One that is cut before its time is told of in the same way.
    const bool asked = lines > 0 && lines <= client.asks.size() &&
                       client.lines.back().status == 0 &&
                       client.asks[lines - 1].fault == http::Fault::reset &&
                       client.asks[lines - 1].after == Time{};
    if (asked && !conn.aborted && !conn.reset)
        kernel_.wrong(fmt::format("{} is not reset", conn.id));
    if (!client.shut_at && !may_end(client))
        kernel_.wrong(fmt::format("{} is closed, and nobody was to blame", conn.id));
}

bool HttpClients::may_refuse(const HttpClient& client, std::size_t at, int status) const {
    constexpr int kTooSlow = 408, kTooLarge = 413, kFailed = 500, kTooMuch = 503;
    const backend::Limits& limits = weather_.limits;
    switch (status) {
        case kTooSlow:
            return client.first_said[at] != Time{} &&
                   kernel_.now() - client.first_said[at] >= std::min(limits.head, limits.body);
        case kFailed:
            return weather_.short_of_memory;
        case kTooLarge:
        case kTooMuch:
            return weather_.tight;
        default:
            return false;
    }
}

void HttpClients::answer_comes(HttpClient& client, std::size_t at, bool whole) {
    const Ask& ask = client.asks[at];
    const Time due = ask.after + (whole ? ask.last_byte : Time{});
    if (due == Time{}) return;
    if (kernel_.now() + kRounding < client.all_said[at] + due)
        kernel_.wrong(fmt::format("the answer to {} comes before its time", ask.about));
}

/// Bytes that wait for the rest of their hello are no more than such may be: of that, they are the
/// smaller part.
void HttpClients::judge_half_hellos() const {
    if (weather_.plain || weather_.fault) return;
    /// Each takes more than that for itself.
    constexpr std::uint64_t kSession = 1u << 10;
    std::uint64_t bytes = 0;
    for (const auto& client : clients_) {
        const Conn& conn = *client->conn;
        const bool half = conn.fd >= 0 && conn.taken > client->ahead && conn.taken < client->hello;
        if (half && client->proper) bytes += kSession + conn.taken - client->ahead;
    }
    if (bytes > weather_.limits.hello_bytes)
        kernel_.wrong(fmt::format("half hellos of {} bytes wait", bytes));
}

/// Where nobody else is, whoever comes is accepted.
void HttpClients::judge_waiting() const {
    const bool alone =
        std::ranges::none_of(clients_, [](const auto& client) { return client->conn->fd >= 0; });
    if (!alone || stopped_ || queue_.empty()) return;
    const Time since =
        std::max({queue_.front()->since, left_at_, slept_at_, kernel_.short_until()});
    if (kernel_.asked() > since + kPatience)
        kernel_.wrong(fmt::format("nobody accepts {}", queue_.front()->id));
}

void HttpClients::at_rest() {
    if (events_.exceeds) {
        if (std::string what = events_.exceeds(); !what.empty()) kernel_.wrong(std::move(what));
    }
    judge_half_hellos();
    judge_waiting();
    for (const auto& client : clients_) {
        if (client->conn->fd >= 0) judge(*client);
    }
}

void HttpClients::judge(const HttpClient& client) const {
    const Conn& conn = *client.conn;
    const Time now = kernel_.asked();
    // A client that takes what it is sent bit by bit is no other than one that takes it at once.
    const bool answers = client.stage.kind == Stage::Kind::answer;
    const bool talks = client.stage.kind == Stage::Kind::talk;
    Time limit = limit_of(client);
    Time since = client.stage.kind == Stage::Kind::over ? client.shut_at.value_or(client.since)
                                                        : client.since;
    if (answers || talks || conn.stuck()) since = std::max(since, conn.moved);
    // It may wait for room for its goodbye when its time is over, or for news of room that never
    // comes.
    if (conn.stuck() || client.deaf) {
        since = std::max(since, slept_at_);
        limit += weather_.limits.write_stall;
    }
    if (!client.proper) limit = std::max<Time>(limit, weather_.limits.idle);
    if (answers) {
        const Ask& ask = client.asks[client.stage.lines];
        limit += ask.after + ask.lasts;
    }
    if (may_be_refused_late(client))
        since = std::max(since + limit, slept_at_) + weather_.slow - limit;
    if (now - since > limit + kPatience)
        kernel_.wrong(fmt::format("{} is kept for too long", conn.id));
    if (!client.deaf) judge_flow(client);
}

/// Its request has begun to come, and refusals are as late as answers.
bool HttpClients::may_be_refused_late(const HttpClient& client) const {
    const Stage::Kind kind = client.stage.kind;
    return weather_.slow != Time{} && (kind == Stage::Kind::head || kind == Stage::Kind::body);
}

/// Nothing waits that could move.
void HttpClients::judge_flow(const HttpClient& client) const {
    const Conn& conn = *client.conn;
    // Nobody can say what noise is taken for.
    const bool spoiled = client.spoils_at != HttpClient::kNever;
    const bool unclear = !client.proper && (weather_.plain || spoiled);
    if (unclear || (conn.stuck() && !conn.reset)) return;
    if (client.stage.kind == Stage::Kind::answer) {
        const Ask& ask = client.asks[client.stage.lines];
        const Time due = std::max(client.since, conn.moved) + ask.after + ask.lasts;
        if (ask.after + ask.lasts == Time{} || kernel_.asked() > due + kPatience)
            kernel_.wrong(fmt::format("{} waits for the answer to {}", conn.id, ask.about));
        return;
    }
    // A refusal is late, too, when answers are, and until then no more of its request is read; that
    // of a request that took too long begins when its time is over.
    const Time over = std::max(client.since + limit_of(client), slept_at_);
    const Time refused =
        std::max({client.since, conn.moved, kernel_.asked() < over ? Time{} : over});
    const Time late = refused + weather_.slow + kPatience;
    if (may_be_refused_late(client) && kernel_.asked() <= late) return;
    if (conn.unread() > 0)
        return kernel_.wrong(fmt::format("{} bytes of {} are not read", conn.unread(), conn.id));
    if (conn.reset) return kernel_.wrong(fmt::format("the reset of {} is not noticed", conn.id));
    if (conn.ended) kernel_.wrong(fmt::format("the end of {} is not noticed", conn.id));
}

}  // namespace sni::sim
