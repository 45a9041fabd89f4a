// What must be true of clients that are done, and of what was logged and counted of them.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/sim/backend/clients.h"

namespace sni::sim {

void HttpClients::logged(std::string_view line) {
    const auto document = nlohmann::json::parse(line);
    const std::string peer = document["peer"];
    const auto found = std::ranges::find_if(clients_, [&](const auto& each) {
        return to_string(each->known_as) == peer || to_string(each->conn->peer) == peer;
    });
    if (found == clients_.end()) return kernel_.wrong("a line of nobody: " + std::string(line));
    HttpClient& client = **found;
    kernel_.note([&] { return fmt::format("a line of {}: {}", client.conn->id, line); });
    if (document.contains("handshake")) {
        if (++client.failures > 1) kernel_.wrong(fmt::format("{} fails twice", client.conn->id));
        return;
    }
    client.lines.push_back({document["status"], document["bytes"], document["whole"]});
}

/// Where nothing went wrong and it did all that it should, it is answered as it should be.
void HttpClients::judge_served(const HttpClient& client) const {
    const Conn& conn = *client.conn;
    const bool all_sent = conn.arrived == conn.says.size() && conn.stops_at == HttpClient::kNever;
    if (!client.proper || !all_sent || conn.reset || client.has_stalled ||
        conn.state != Conn::State::open)
        return;
    const auto last = std::ranges::find_if(
        client.asks, [](const Ask& ask) { return ask.closes || ask.fault || ask.talks; });
    std::size_t wanted = static_cast<std::size_t>(last - client.asks.begin());
    if (last != client.asks.end() && !last->fault) ++wanted;
    const AnswerReader& answers = client.answers;
    const bool rude = last != client.asks.end() && last->fault == http::Fault::reset;
    if (answers.answered().size() != wanted && !rude) {
        kernel_.wrong(fmt::format("{} is answered {} times, and not {}", conn.id,
                                  answers.answered().size(), wanted));
    }
    if (answers.talking() && client.said_words() && !answers.echoed())
        kernel_.wrong(fmt::format("{} hears no echo", conn.id));
    const bool hangs = last != client.asks.end() && last->fault == http::Fault::hang;
    const bool leaves = client.said_goodbye || conn.ended;
    if (!rude && !hangs && !leaves && !client.heard_goodbye)
        kernel_.wrong(fmt::format("{} is ended without a word", conn.id));
}

/// What was logged is what was heard.
void HttpClients::judge_lines(const HttpClient& client) const {
    const auto& answered = client.answers.answered();
    const unsigned id = client.conn->id;
    if (weather_.short_of_memory) return;  // to tell of it takes some, too
    if (answered.size() > client.lines.size())
        return kernel_.wrong(fmt::format("{} has {} answers and {} lines", id, answered.size(),
                                         client.lines.size()));
    for (std::size_t i = 0; i < answered.size(); ++i) {
        const HttpClient::Line& line = client.lines[i];
        // All of it may be there before its time is over.
        const bool early = client.asks[i].lasts > client.asks[i].last_byte;
        const bool whole = line.whole || early;
        if (line.status != answered[i].status || line.bytes != answered[i].bytes || !whole) {
            kernel_.wrong(fmt::format("a line of {} says {} with {} bytes{}, and it was {} with {}",
                                      id, line.status, line.bytes, line.whole ? "" : ", cut",
                                      answered[i].status, answered[i].bytes));
        }
    }
    if (weather_.calm && !stopped_ && client.proper && client.lines.size() > client.asks.size())
        kernel_.wrong(fmt::format("{} has more lines than it asked", id));
}

std::size_t HttpClients::answers() const {
    return std::accumulate(
        clients_.begin(), clients_.end(), std::size_t{0},
        [](std::size_t sum, const auto& each) { return sum + each->answers.answered().size(); });
}

void HttpClients::judge_end(const backend::Activity& activity) {
    // What is on its way to a client arrives, or does not.
    for (int i = 0; i < 100'000 && kernel_.verdict().empty() && act(true); ++i) {
    }
    std::uint64_t lines = 0, bytes = 0, cut = 0, failures = 0, greeted = 0;
    for (const auto& client : clients_) {
        if (client->conn->fd >= 0)
            kernel_.wrong(fmt::format("{} was never closed", client->conn->id));
        if (weather_.calm && !stopped_) judge_served(*client);
        judge_lines(*client);
        failures += client->failures;
        greeted += client->tls && client->handshake && client->conn->taken >= *client->handshake;
        for (std::size_t i = 0; i < client->lines.size(); ++i) {
            const HttpClient::Line& line = client->lines[i];
            // A fault that was asked for has no status; half such a request gets a 408.
            const bool asked = line.status == 0 && i < client->asks.size() && client->asks[i].fault;
            ++lines;
            bytes += line.bytes;
            cut += !line.whole && !asked;
        }
    }
    std::uint64_t counted = 0;
    for (const auto& each : activity.answers)
        counted += each;
    if (weather_.short_of_memory) return;
    if (counted != lines || activity.answer_bytes != bytes || activity.cut_answers != cut)
        kernel_.wrong(fmt::format("{} answers, {} bytes, {} cut are counted; logged are {}, {}, {}",
                                  counted, activity.answer_bytes.load(),
                                  activity.cut_answers.load(), lines, bytes, cut));
    if (activity.accepted != accepted_)
        kernel_.wrong(fmt::format("{} were accepted, and {} are counted", accepted_,
                                  activity.accepted.load()));
    if (activity.established > greeted)
        kernel_.wrong(
            fmt::format("{} are established, and {} can be", activity.established.load(), greeted));
    if (activity.failed > failures)
        kernel_.wrong(
            fmt::format("{} failed, and {} have a line", activity.failed.load(), failures));
    std::uint64_t open = 0;
    for (const auto& seen : activity.sessions.newest_first().sessions)
        open += seen.outcome == backend::SeenSession::Outcome::handshaking;
    if (open > 0) kernel_.wrong(fmt::format("{} handshakes go on", open));
}

}  // namespace sni::sim
