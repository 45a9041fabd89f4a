// What clients do, each in its own time.
#include "tests/sim/backend/clients.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/epoll.h>

namespace sni::sim {

namespace {

/// Clients act in the midst of the backend's calls, and share their thread with it: what OpenSSL
/// has noted there is the backend's, and must be as it was when they are done.
class BackendsErrors {
  public:
    BackendsErrors() {
        while (const unsigned long error = ERR_get_error()) {
            errors_.push_back(error);
        }
    }
    ~BackendsErrors() {
        ERR_clear_error();
        for (const unsigned long error : errors_) {
            ERR_new();
            ERR_set_error(ERR_GET_LIB(error), ERR_GET_REASON(error), nullptr);
        }
    }
    BackendsErrors(const BackendsErrors&) = delete;
    BackendsErrors& operator=(const BackendsErrors&) = delete;

  private:
    std::vector<unsigned long> errors_;
};

}  // namespace

void HttpClients::add(std::unique_ptr<HttpClient> client) {
    client->first_said.resize(client->asks.size());
    client->all_said.resize(client->asks.size());
    clients_.push_back(std::move(client));
}

AnswerReader::Rules HttpClients::rules_for(std::size_t index) {
    return {.may_refuse = [this, index](
                              std::size_t at,
                              int status) { return may_refuse(*clients_[index], at, status); },
            .may_leave =
                [this, index] {
                    const HttpClient& client = *clients_[index];
                    return stopped_ || client.conn->shut || may_end(client);
                },
            .comes = [this, index](std::size_t at,
                                   bool whole) { answer_comes(*clients_[index], at, whole); }};
}

Conn* HttpClients::next_client() {
    if (queue_.empty()) return nullptr;
    Conn* const conn = queue_.front();
    queue_.erase(queue_.begin());
    ++accepted_;
    return conn;
}

Conn& HttpClients::dialled(const Endpoint& to) {
    kernel_.wrong(fmt::format("{} is dialled", to_string(to)));
    return *clients_.front()->conn;
}

HttpClient& HttpClients::client_of(const Conn& conn) {
    return **std::ranges::find_if(clients_,
                                  [&](const auto& each) { return each->conn.get() == &conn; });
}

Conn* HttpClients::conn_of(int fd) {
    const auto found =
        std::ranges::find_if(clients_, [&](const auto& each) { return each->conn->fd == fd; });
    return found == clients_.end() ? nullptr : (*found)->conn.get();
}

bool HttpClients::all_gone(bool listening) const {
    return std::ranges::all_of(clients_, [&](const auto& each) {
        const Conn& conn = *each->conn;
        return conn.closed || (!listening && conn.fd < 0);
    });
}

bool HttpClients::act(bool between) {
    const BackendsErrors kept;
    if (!between && act_on_all()) return true;
    if (clients_.empty()) return false;
    const std::size_t first = tape_.choose(static_cast<std::uint32_t>(clients_.size()));
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (act_on(*clients_[(first + i) % clients_.size()])) return true;
    }
    return false;
}

/// Now and then something happens to the backend as a whole.
bool HttpClients::act_on_all() {
    if (!tape_.one_in(128)) return false;
    switch (tape_.choose(3)) {
        case 0:
            kernel_.dawdle(std::chrono::milliseconds(tape_.choose(400)));
            return false;
        case 1:
            if (std::exchange(reloaded_, true) || !events_.reload) return false;
            kernel_.note([] { return std::string("another certificate"); });
            events_.reload();
            return true;
        default:
            if (weather_.calm || stopped_) return false;
            stopped_ = kernel_.now();
            kernel_.note([] { return std::string("stops"); });
            events_.stop();
            return true;
    }
}

bool HttpClients::can_say(const HttpClient& client) const {
    const Conn& conn = *client.conn;
    const bool able = client.tls ? client.tls->ready() : true;
    if (!able || client.said_goodbye || client.is_over || client.answers.closed()) return false;
    if (conn.says.size() - conn.arrived > 100'000) return false;
    if (client.asking == client.asks.size())
        return client.answers.talking() && !client.said_words();
    const Ask& ask = client.asks[client.asking];
    if (client.part > 0 && client.part == ask.head.size() && ask.expects && client.patient)
        return client.answers.continues(client.asking);
    const std::size_t on_their_way = client.asking - client.answers.answered().size();
    return client.part > 0 || on_their_way < client.depth;
}

bool HttpClients::can_end(const HttpClient& client) const {
    const Conn& conn = *client.conn;
    if (!conn.finishes || conn.ended || conn.closed || conn.state != Conn::State::open)
        return false;
    if (client.is_over || (client.tls && client.tls->broken())) return true;
    if (conn.arrived != conn.said()) return false;
    if (conn.arrived == conn.stops_at) return true;
    if (client.tls && !client.tls->ready()) return false;
    const AnswerReader& answers = client.answers;
    if (answers.closed()) return true;
    if (client.asking < client.asks.size()) return false;
    if (!client.asks.empty() && client.asks.back().talks)
        return answers.talking() && client.said_words();
    return client.ends_early || answers.answered().size() == client.asks.size();
}

bool HttpClients::act_on(HttpClient& client) {
    Conn& conn = *client.conn;
    if (conn.state == Conn::State::planned) {
        conn.state = Conn::State::waiting;
        conn.since = kernel_.now();
        queue_.push_back(&conn);
        kernel_.note([&] { return fmt::format("{} comes: {}", conn.id, conn.about); });
        kernel_.clients_came();
        return true;
    }
    if (conn.state != Conn::State::open || conn.reset) return false;
    if (conn.aborted) {
        if (conn.heard_reset) return false;
        // What was sent before a reset may still be there, or not.
        if (conn.undelivered() > 0 && !tape_.one_in(2))
            return read(client, tape_.choose(20'000) + 1), true;
        conn.heard_reset = true;
        hear_end(client, Ending::reset);
        return true;
    }
    const std::array<bool, 7> can{
        !conn.closed && conn.arrived < conn.said() && conn.unread() < conn.window,
        !conn.closed && !conn.ended && can_say(client),
        !conn.stalled && conn.undelivered() > 0,
        can_end(client),
        !conn.stalled && conn.shut && !conn.heard_end && conn.undelivered() == 0,
        conn.squeezed,
        conn.stalled};
    if (conn.may_reset && !conn.closed && tape_.one_in(48)) return reset(client), true;
    if (conn.may_stall && !conn.stalled && tape_.one_in(24)) {
        conn.stalled = client.has_stalled = true;
        conn.may_stall = false;
    }
    const std::size_t first = tape_.choose(can.size());
    for (std::size_t i = 0; i < can.size(); ++i) {
        const std::size_t what = (first + i) % can.size();
        if (!can[what]) continue;
        const std::uint64_t amounts[] = {HttpClient::kNever, 1, 5, 700, 20'000};
        switch (what) {
            case 0:
                send(client, tape_.one_of(amounts));
                return true;
            case 1:
                say(client);
                return true;
            case 2:
                read(client, tape_.one_of(amounts));
                return true;
            case 3:
                end(client);
                return true;
            case 4:
                conn.heard_end = true;
                hear_end(client,
                         client.tls && !client.tls->heard_goodbye() ? Ending::cut : Ending::clean);
                return true;
            case 5:
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

void HttpClients::deafen(int fd) {
    if (Conn* const conn = conn_of(fd)) client_of(*conn).deaf = true;
}

}  // namespace sni::sim
