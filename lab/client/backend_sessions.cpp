#include "lab/client/backend_sessions.h"

#include <array>
#include <cerrno>
#include <string>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "lab/client/dial.h"
#include "lab/http/response_reader.h"
#include "lab/proof/sessions.h"

namespace sni::client {

namespace {

/// Far more than a list of the latest sessions needs.
constexpr std::size_t kPageLimit = 16u << 20;

std::string words(const proof::Trouble& trouble) {
    return trouble.detail.empty() ? std::string(to_string(trouble.how)) : trouble.detail;
}

/// A GET without TLS; the error is a sentence.
Result<std::string, std::string> get_plain(const Endpoint& from, std::string_view path,
                                           std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto socket = connect_to(from, deadline);
    if (!socket) {
        return std::unexpected(fmt::format("{}: {}", to_string(from), words(socket.error())));
    }
    const std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
        path, to_string(from));
    if (::send(socket->fd(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return std::unexpected(fmt::format("{} takes no request", to_string(from)));
    }
    http::ResponseReader reader(kPageLimit);
    std::array<char, 16384> buffer;
    for (;;) {
        if (!wait_for(socket->fd(), POLLIN, deadline)) {
            return std::unexpected(fmt::format("{} is silent", to_string(from)));
        }
        const ssize_t got = ::recv(socket->fd(), buffer.data(), buffer.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        const auto state =
            got <= 0 ? reader.end() : reader.feed({buffer.data(), static_cast<std::size_t>(got)});
        if (state == http::ResponseReader::State::whole) break;
        if (state == http::ResponseReader::State::broken || got <= 0) {
            return std::unexpected(fmt::format("{} answers in no HTTP", to_string(from)));
        }
    }
    if (reader.response().status != 200) {
        return std::unexpected(
            fmt::format("{}{} answers {}", to_string(from), path, reader.response().status));
    }
    return std::move(reader.response().body);
}

}  // namespace

proof::SessionLookup ask_for_session(const Endpoint& admin,
                                     const std::vector<proof::HelloFacts>& hellos,
                                     std::chrono::milliseconds timeout) {
    const auto page = get_plain(admin, proof::kSessionsPath, timeout);
    if (!page) return {.error = page.error()};
    const auto sessions = proof::parse_sessions(*page);
    if (!sessions) return {.error = sessions.error()};
    return proof::look_up(*sessions, hellos);
}

}  // namespace sni::client
