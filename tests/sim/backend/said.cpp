// What a client says and hears, byte by byte.
#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/epoll.h>

#include "tests/sim/backend/clients.h"

namespace sni::sim {

std::uint64_t HttpClient::text_in(std::uint64_t wire) const {
    if (!tls) return std::min(text, wire - std::min(wire, ahead));
    const auto behind = std::ranges::upper_bound(said, wire, {}, &Said::wire);
    return behind == said.begin() ? 0 : std::prev(behind)->text;
}

void HttpClients::say(HttpClient& client) {
    if (client.tls && client.changes_keys && tape_.one_in(6)) {
        client.tls->change_keys();
        append(client, {});
    }
    const std::uint64_t amounts[] = {16'384, 1, 40, 700};
    const bool talks = client.asking == client.asks.size();
    Ask& ask = talks ? client.asks.back() : client.asks[client.asking];
    std::string_view text = talks ? ask.words : client.part < ask.head.size() ? ask.head : ask.body;
    text.remove_prefix(!talks && client.part >= ask.head.size() ? client.part - ask.head.size()
                                                                : client.part);
    text = text.substr(0, tape_.one_of(amounts));
    client.part += text.size();
    client.text += text.size();
    append(client, text);
    kernel_.note(
        [&] { return fmt::format("{} says {} of {}", client.conn->id, text.size(), ask.about); });
    if (talks || client.part < ask.size()) return;
    ++client.asking;
    client.part = 0;
}

/// Of `text`, and of whatever TLS has to say by itself.
void HttpClients::append(HttpClient& client, std::string_view text) {
    Conn& conn = *client.conn;
    if (client.tls && !text.empty()) client.tls->say(text);
    std::string more = client.tls ? client.tls->take_sent() : std::string(text);
    const std::uint64_t before = conn.says.size();
    if (client.spoils_at >= before && client.spoils_at < before + more.size()) {
        more[client.spoils_at - before] ^= 0x20;
        client.proper = false;
    }
    conn.says.append(as_bytes(more));
    if (client.tls && client.tls->finished()) {
        if (!client.handshake) client.handshake = conn.says.size();
        client.said.push_back({conn.says.size(), client.text});
    }
}

void HttpClients::send(HttpClient& client, std::uint64_t most) {
    Conn& conn = *client.conn;
    const std::uint64_t count =
        std::min({most, conn.said() - conn.arrived, conn.window - conn.unread()});
    conn.arrived += count;
    std::uint64_t begin = 0;
    const std::uint64_t text = client.text_in(conn.arrived);
    for (std::size_t i = 0; i < client.asks.size(); ++i) {
        if (text > begin && client.first_said[i] == Time{}) client.first_said[i] = kernel_.now();
        begin += client.asks[i].size();
        if (text >= begin && client.all_said[i] == Time{}) client.all_said[i] = kernel_.now();
    }
    kernel_.note([&] { return fmt::format("{} sends {}", conn.id, count); });
    kernel_.changed(conn, EPOLLIN);
}

void HttpClients::read(HttpClient& client, std::uint64_t most) {
    Conn& conn = *client.conn;
    const std::uint64_t count = std::min(most, conn.undelivered());
    conn.delivered += count;
    kernel_.note([&] { return fmt::format("{} gets {}", conn.id, count); });
    const std::string part = client.sent_to.substr(0, count);
    client.sent_to.erase(0, count);
    if (client.tls) {
        client.tls->hear(part);
        append(client, {});
        const std::string heard = client.tls->take_heard();
        bytes_ += heard.size();
        client.answers.hear(heard);
        if (client.tls->broken() && client.proper && !conn.shut && !may_end(client))
            kernel_.wrong(fmt::format("{} gets what is no TLS", conn.id));
    } else if (client.proper) {
        bytes_ += part.size();
        client.answers.hear(part);
    }
    note_answers(client);
    if (conn.full && !conn.squeezed && conn.room - conn.undelivered() >= conn.room / 3) {
        conn.full = false;
        kernel_.changed(conn, EPOLLOUT);
    }
}

void HttpClients::hear_end(HttpClient& client, Ending ending) {
    client.is_over = true;
    client.heard_goodbye = ending == Ending::clean;
    kernel_.note([&] {
        constexpr std::array kNames{"an end", "an end without a word", "a reset"};
        return fmt::format("{} hears {}", client.conn->id,
                           kNames[static_cast<std::size_t>(ending)]);
    });
    if (client.proper) client.answers.end(ending);
    note_answers(client);
}

void HttpClients::note_answers(HttpClient& client) {
    if (!client.answers.wrong().empty())
        kernel_.wrong(fmt::format("{}: {}", client.conn->id, client.answers.wrong()));
}

void HttpClients::end(HttpClient& client) {
    Conn& conn = *client.conn;
    const bool may_say =
        client.tls && client.tls->ready() && !client.is_over && conn.said() == conn.says.size();
    if (may_say && client.says_goodbye && !std::exchange(client.said_goodbye, true)) {
        client.tls->say_goodbye();
        append(client, {});
        return;
    }
    conn.ended = true;
    kernel_.note([&] { return fmt::format("{} ends", conn.id); });
    kernel_.changed(conn, EPOLLIN | EPOLLRDHUP);
}

/// What has arrived may still be read; what was sent is lost.
void HttpClients::reset(HttpClient& client) {
    Conn& conn = *client.conn;
    conn.reset = true;
    conn.error = ECONNRESET;
    client.is_over = true;
    kernel_.note([&] { return fmt::format("{} resets", conn.id); });
    kernel_.changed(conn, EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLERR | EPOLLHUP);
}

void HttpClients::took(Conn& to, std::uint64_t, Bytes bytes) {
    client_of(to).sent_to += as_text(bytes);
}

void HttpClients::took(Conn& to, const Conn&, std::uint64_t, std::uint64_t) {
    kernel_.wrong(fmt::format("{} gets what was spliced", to.id));
}

}  // namespace sni::sim
