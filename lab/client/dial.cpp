#include "lab/client/dial.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "lab/net/resolve.h"

namespace sni::client {

namespace {

using net::Clock;
using net::Io;
using proof::Break;
using proof::Stage;
using proof::Trouble;

/// What an errno amounts to.
Break break_of(int error) {
    switch (error) {
        case ECONNREFUSED:
        case ENOENT:
            return Break::refused;
        case ECONNRESET:
        case EPIPE:
            return Break::reset;
        case ETIMEDOUT:
            return Break::timed_out;
        default:
            return Break::unreachable;
    }
}

/// The detail of an end that was told.
constexpr std::string_view kCloseNotify = "close_notify";

/// What a connection's end amounts to: by close_notify, or as `failure` says.
Trouble diagnose(Io io, const session::TlsFailure& failure, Stage stage) {
    if (io == Io::ended)
        return {.stage = stage, .how = Break::closed, .detail = std::string(kCloseNotify)};
    if (failure.truncated()) return {.stage = stage, .how = Break::closed};
    if (failure.error == 0) {
        return {.stage = stage,
                .how = break_of(failure.system_error),
                .detail = std::strerror(failure.system_error)};
    }
    const char* text = failure.reason();
    Trouble trouble{
        .stage = stage, .how = Break::tls_error, .detail = text ? text : "unknown TLS error"};
    if (const auto alert = failure.alert()) {
        trouble.how = Break::alert;
        trouble.alert = alert;
    } else if (failure.not_tls()) {
        trouble.how = Break::not_tls;
    }
    return trouble;
}

/// Why an answer did not become whole: by what came of it, or since `ended` was its end.
Trouble why_not_whole(const http::ResponseReader& reader, const Trouble* ended, Stage stage) {
    if (!ended || (reader.no_http() && ended->how != Break::alert)) {
        const bool too_long = reader.too_long() && stage == Stage::request;
        return {.stage = stage,
                .how = too_long ? Break::too_long : Break::bad_http,
                .detail = reader.error()};
    }
    Trouble why = *ended;
    if (why.how == Break::closed && why.detail.empty()) why.detail = "without close_notify";
    return why;
}

}  // namespace

Result<std::vector<Endpoint>, Trouble> addresses_of(const Endpoint& name,
                                                    Clock::time_point deadline) {
    auto found = net::look_up_until(name, deadline);
    if (!found) {
        return trouble(
            Stage::connect, Break::timed_out,
            fmt::format("no name server told the addresses of \"{}\" in time", name.host));
    }
    if (*found) return std::move(**found);
    return trouble(Stage::connect, Break::unreachable,
                   fmt::format("\"{}\" has no address: {}", name.host, found->error()));
}

Result<net::PlainStream, Trouble> connect_to(const Endpoint& to, Clock::time_point deadline,
                                             std::optional<Endpoint>* taken, net::SourcePort from) {
    const auto addresses = addresses_of(to, deadline);
    if (!addresses) return std::unexpected(addresses.error());
    Trouble last = {.how = Break::unreachable, .detail = "the name has no address"};
    for (const Endpoint& address : *addresses) {
        auto socket = net::dial(address, deadline, nullptr, from);
        if (socket) {
            if (taken) *taken = address;
            return std::move(*socket);
        }
        const int error = socket.error();
        last = {.how = break_of(error), .detail = error == ETIMEDOUT ? "" : std::strerror(error)};
    }
    return std::unexpected(std::move(last));
}

/// Repeats `call` until it is done, fails for good, or time is up.
template <class Call>
Result<void, Trouble> Line::drive(Stage stage, Call call) {
    for (;;) {
        // Also where bytes keep coming: a peer that never stops talking must not outlive the
        // deadline.
        if (Clock::now() >= deadline_) return trouble(stage, Break::timed_out);
        const Io io = call();
        if (io == Io::done) return {};
        if (io == Io::ended || io == Io::failed)
            return std::unexpected(diagnose(io, channel_.failure(), stage));
        if (!ready(io)) return trouble(stage, Break::timed_out);
    }
}

bool Line::ready(Io io) const {
    return net::wait_for({{channel_.fd(), io}}, deadline_);
}

Result<void, Trouble> Line::handshake() {
    return drive(Stage::handshake, [this] { return channel_.handshake(); });
}

Result<void, Trouble> Line::write(std::string_view text, Stage stage) {
    while (!text.empty()) {
        std::size_t taken = 0;
        const auto wrote = drive(stage, [&] { return channel_.write(text, taken); });
        if (!wrote) return wrote;
        text.remove_prefix(taken);
    }
    return {};
}

Io Line::drop_some() {
    if (Clock::now() >= deadline_) return Io::failed;
    std::array<char, 16384> dropped;
    std::size_t got = 0;
    return channel_.read(dropped, got);
}

Result<void, Trouble> Line::ask_for_tls() {
    // Its length, and 80877103 where a version would be.
    constexpr std::string_view kSslRequest("\0\0\0\x08\x04\xd2\x16\x2f", 8);
    if (auto asked = write(kSslRequest, Stage::handshake); !asked) return asked;
    char answer = 0;
    std::size_t got = 0;
    auto read = drive(Stage::handshake, [&] { return channel_.read({&answer, 1}, got); });
    if (read && answer != 'S')
        return trouble(Stage::handshake, Break::not_tls, "no S came for an SSLRequest");
    return read;
}

Result<http::ParsedResponse, Trouble> Line::read_response(
    std::size_t body_limit, Stage stage, std::optional<http::ParsedResponse>* begun) {
    using State = http::ResponseReader::State;
    http::ResponseReader reader(body_limit);
    std::array<char, 16384> buffer;
    Result<void, Trouble> read;
    State state = State::need_more;
    while (read && state == State::need_more) {
        std::size_t got = 0;
        read = drive(stage, [&] { return channel_.read(buffer, got); });
        if (read) state = reader.feed({buffer.data(), got});
    }
    if (!read) {
        const bool told = read.error().how == Break::closed && read.error().detail == kCloseNotify;
        state = reader.end(told);
    }
    if (state == State::whole) return std::move(reader.response());
    auto partial = reader.begun();
    Trouble why = why_not_whole(reader, read ? nullptr : &read.error(), stage);
    if (partial) why.begun = fmt::format("{} {}", partial->status, partial->reason);
    if (begun) *begun = std::move(partial);
    return std::unexpected(std::move(why));
}

}  // namespace sni::client
