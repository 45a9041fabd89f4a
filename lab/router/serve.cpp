#include "lab/router/serve.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "lab/router/dial.h"
#include "lab/router/session.h"
#include "lab/tls/first_bytes.h"
#include "lab/tls/hello_sniffer.h"

namespace sni::router {

namespace {

constexpr std::size_t kOneRead = 64u << 10;

/// Why a client is turned away, and how it is told.
struct Refusal {
    Outcome outcome{};
    std::optional<tls::Alert> alert;
};

bool is_believed(const Options& options, const Endpoint& peer);
net::Task<Result<std::optional<proxy::Addresses>, Outcome>> read_proxy_header(
    net::Socket& client, std::vector<std::byte>& held, tls::HelloSniffer& sniffer,
    SessionRecord& record);
net::Task<tls::Verdict> read_hello(net::Socket& client, tls::HelloSniffer& sniffer,
                                   StalledHellos& stalled, SessionRecord& record);
Result<const route::Route*, Refusal> route_of(tls::Verdict verdict,
                                              const tls::HelloSniffer& sniffer, const Table& table,
                                              WorkerContext& context, SessionRecord& record);
std::vector<std::byte> bytes_ahead(const Options& options, const net::Socket& client,
                                   const std::optional<proxy::Addresses>& claimed, Bytes seen);
std::string fingerprint(const tls::ClientHello& hello, Bytes message, tls::Ja4Memo& memo);
net::Task<> refuse(net::Socket client, tls::HelloSniffer& sniffer, Refuse how,
                   std::optional<tls::Alert> alert);
Outcome outcome_of(tls::Verdict refusal);
void end(SessionRecord& record, Outcome outcome, net::Ending client_end);
void note(const net::Error& error, SessionRecord& record);

}  // namespace

net::Task<> serve(net::Socket client, WorkerContext& context) {
    auto session = std::make_unique<Session>(context, client.peer());
    SessionRecord& record = session->record();
    const Limits& limits = context.options.limits;
    const Refuse how = context.options.refuse;
    try {
        if (context.options.on_record) record.listener = client.local();
        record.saw = "nothing";
        client.expires_after(limits.hello);
        tls::HelloSniffer sniffer(limits.hello_bytes, context.options.trailing_dot);
        std::optional<proxy::Addresses> claimed;
        std::vector<std::byte> held;  // of a PROXY header in pieces, and what stands behind it
        if (is_believed(context.options, client.peer())) {
            auto said = co_await read_proxy_header(client, held, sniffer, record);
            if (!said) {
                const bool left = said.error() == Outcome::client_left;
                end(record, said.error(), left ? net::Ending::finished : net::Ending::cut);
                if (left) co_return;
                co_return co_await refuse(std::move(client), sniffer, how, std::nullopt);
            }
            claimed = std::move(*said);
            if (claimed) record.proxy_source = claimed->source;
        }
        if (context.options.observe) session->observe(context.options.observe(record));
        // Who is not looked at is as good as one who speaks no TLS.
        const bool blind = context.options.blind;
        const tls::Verdict verdict =
            blind ? tls::Verdict::not_tls
                  : co_await read_hello(client, sniffer, context.stalled, record);
        client.expires_never();
        if (session->observer()) session->observer()->up(sniffer.seen());
        if (verdict == tls::Verdict::not_tls) record.saw = tls::spoken_in(sniffer.seen());
        if (verdict == tls::Verdict::need_more)
            co_return end(record, Outcome::client_left, net::Ending::finished);
        session->heard_hello();
        if (const tls::ClientHello* seen = sniffer.glimpse()) keep_hello(*seen, record);
        const std::shared_ptr<const Table> table = context.table.get();  // held while we dial
        const auto route = route_of(verdict, sniffer, *table, context, record);
        if (!route) {
            end(record, route.error().outcome, net::Ending::cut);
            co_return co_await refuse(std::move(client), sniffer, how, route.error().alert);
        }
        // The very bytes that the client sent go first, unchanged; from here on they are ours.
        const std::vector<std::byte> ahead =
            bytes_ahead(context.options, client, claimed, sniffer.seen());
        const std::size_t ours = ahead.size() - sniffer.seen().size();
        sniffer = tls::HelloSniffer(0);
        std::optional<net::Socket> backend;
        {
            const StalledHello waiting(context.stalled, client, record, ahead.size());
            backend = co_await dial(client, **route, *table, context, record);
        }
        if (!backend) {
            record.client_end = net::Ending::cut;
            const bool tls = verdict == tls::Verdict::hello;
            co_return co_await refuse(std::move(client), sniffer,
                                      !tls && how == Refuse::alert ? Refuse::close : how,
                                      tls::Alert::internal_error);
        }
        // This frame ends here, and the session goes with the relay.
        session->relayed(ours);
        net::relay(std::move(client), std::move(*backend), ahead, {limits.idle, limits.half_closed},
                   std::move(session));
    } catch (const net::Error& error) {
        if (session) note(error, record);
    } catch (const std::exception& error) {
        if (!session) co_return;  // no memory: this connection ends, and no other
        end(record, Outcome::failed, net::Ending::cut);
        if (dynamic_cast<const std::bad_alloc*>(&error)) record.error = ENOMEM;
    }
}

namespace {

/// True for a peer that must begin with a PROXY header.
bool is_believed(const Options& options, const Endpoint& peer) {
    return std::ranges::any_of(options.accept_proxy,
                               [&](const Cidr& range) { return range.contains(peer); });
}

/// Whom the client connects for; nobody when it does not say. What came behind the header is given
/// to `sniffer`, and may lie in `held`.
net::Task<Result<std::optional<proxy::Addresses>, Outcome>> read_proxy_header(
    net::Socket& client, std::vector<std::byte>& held, tls::HelloSniffer& sniffer,
    SessionRecord& record) {
    for (;;) {
        const std::span<std::byte> buffer = client.loop().scratch().first(kOneRead);
        const std::size_t count = co_await client.read_some(buffer);
        if (count == 0) co_return std::unexpected(Outcome::client_left);
        Bytes bytes = buffer.first(count);
        if (!held.empty()) {
            held.insert(held.end(), bytes.begin(), bytes.end());
            bytes = held;
        }
        auto header = proxy::read_header(bytes);
        if (!header) {
            record.saw = tls::spoken_in(bytes);
            co_return std::unexpected(header.error() == proxy::HeaderError::no_header
                                          ? Outcome::no_proxy_header
                                          : Outcome::bad_proxy_header);
        }
        if (const std::optional<proxy::Header>& whole = *header) {
            const Bytes behind = bytes.subspan(whole->bytes);
            record.saw = behind.empty() ? "nothing" : "";
            if (!behind.empty()) sniffer.feed(behind);
            co_return whole->addresses;
        }
        if (held.empty()) held.assign(bytes.begin(), bytes.end());
        record.saw = "proxy";  // half of one; too little of it, and nobody else could tell
    }
}

/// Until there is a verdict; need_more when the client finished sending before.
net::Task<tls::Verdict> read_hello(net::Socket& client, tls::HelloSniffer& sniffer,
                                   StalledHellos& stalled, SessionRecord& record) {
    StalledHello here(stalled, client, record);
    while (sniffer.verdict() == tls::Verdict::need_more) {
        if (!sniffer.seen().empty() && !here.holds(sniffer.seen().size())) {
            throw net::Error(ENOBUFS);
        }
        const std::span<std::byte> buffer = client.loop().scratch().first(kOneRead);
        const std::size_t count = co_await client.read_some(buffer);
        if (count == 0) break;
        record.saw = {};
        sniffer.feed(buffer.first(count));
    }
    co_return sniffer.verdict();
}

/// Where it goes by what was read of it. The record gets the route's name, and the hello's JA4.
Result<const route::Route*, Refusal> route_of(tls::Verdict verdict,
                                              const tls::HelloSniffer& sniffer, const Table& table,
                                              WorkerContext& context, SessionRecord& record) {
    if (verdict == tls::Verdict::not_tls && table.non_tls()) {
        record.route = non_tls_flag(context.options);  // no host can have that name
        return table.non_tls();
    }
    const tls::ClientHello* hello = sniffer.hello();
    if (verdict != tls::Verdict::hello || !hello) {
        return std::unexpected(Refusal{outcome_of(verdict), tls::alert_for(verdict)});
    }
    if (context.options.fingerprint)
        record.ja4 = fingerprint(*hello, sniffer.message(), context.fingerprints);
    const route::Route* route = table.find(hello->server_name);
    if (route) {
        record.route = route->pattern.text();
        return route;
    }
    return std::unexpected(hello->server_name
                               ? Refusal{Outcome::no_route, tls::Alert::unrecognized_name}
                               : Refusal{Outcome::no_sni, tls::Alert::missing_extension});
}

/// What the backend is told first: whom the client speaks for, else who it is itself, where a PROXY
/// header is wanted; then what was seen of the client.
std::vector<std::byte> bytes_ahead(const Options& options, const net::Socket& client,
                                   const std::optional<proxy::Addresses>& claimed, Bytes seen) {
    std::vector<std::byte> ahead;
    if (options.proxy_protocol) {
        proxy::Header header{.version = *options.proxy_protocol};
        header.addresses = claimed ? *claimed : proxy::Addresses{client.peer(), client.local()};
        ahead = write_header(header);
    }
    ahead.insert(ahead.end(), seen.begin(), seen.end());
    return ahead;
}

/// Costs time with the length of the hello's lists, which the client chooses: those of browsers and
/// libraries have a few hundred bytes.
std::string fingerprint(const tls::ClientHello& hello, Bytes message, tls::Ja4Memo& memo) {
    constexpr std::size_t kMostListed = 4'096;
    if (hello.listed_bytes > kMostListed) return {};
    return memo.of(message);
}

/// Says why, in a way that arrives: a socket closed with unread bytes in it answers with a reset,
/// which overtakes the alert; so the client's own end is waited for, a while. What it had sent is
/// not kept meanwhile.
net::Task<> refuse(net::Socket client, tls::HelloSniffer& sniffer, Refuse how,
                   std::optional<tls::Alert> alert) {
    sniffer = tls::HelloSniffer(0);
    constexpr std::size_t kDrained = 64u << 10;
    constexpr std::chrono::milliseconds kPatience{500};
    if (how == Refuse::reset) client.reset();
    if (how == Refuse::reset || !alert) co_return;
    try {
        client.expires_after(kPatience);
        if (how == Refuse::alert) {
            const std::array<std::byte, 7> record = tls::alert_record(*alert);
            co_await client.write_all(record);
        }
        client.finish_sending();
        for (std::size_t drained = 0; drained < kDrained;) {
            const std::size_t count = co_await client.read_some(client.loop().scratch());
            if (count == 0) break;
            drained += count;
        }
    } catch (const net::Error&) {
        co_return;  // it did not wait to be told
    }
}

Outcome outcome_of(tls::Verdict refusal) {
    switch (refusal) {
        case tls::Verdict::need_more:
        case tls::Verdict::hello:
            break;
        case tls::Verdict::not_tls:
            return Outcome::not_tls;
        case tls::Verdict::ssl_v2:
            return Outcome::ssl_v2;
        case tls::Verdict::bad_version:
            return Outcome::bad_version;
        case tls::Verdict::record_overflow:
            return Outcome::record_overflow;
        case tls::Verdict::unexpected_message:
            return Outcome::unexpected_message;
        case tls::Verdict::hello_too_large:
            return Outcome::hello_too_large;
        case tls::Verdict::malformed:
            return Outcome::malformed;
        case tls::Verdict::duplicate:
            return Outcome::duplicate;
        case tls::Verdict::bad_name:
            return Outcome::bad_name;
        case tls::Verdict::unroutable_name:
            return Outcome::unroutable_name;
    }
    return Outcome::failed;
}

void end(SessionRecord& record, Outcome outcome, net::Ending client_end) {
    record.outcome = outcome;
    record.client_end = client_end;
}

/// An error that ended the session before it had a relay or a refusal.
void note(const net::Error& error, SessionRecord& record) {
    if (record.outcome == Outcome::crowded_out) {
        record.client_end = net::Ending::cut;
    } else if (error.unwanted()) {
        end(record, Outcome::client_reset, net::Ending::reset);
    } else if (error.timed_out()) {
        end(record, Outcome::hello_timeout, net::Ending::timed_out);
    } else if (error.reset()) {
        end(record, Outcome::client_left, net::Ending::reset);
    } else {
        record.outcome = Outcome::failed;
        record.error = error.number();
    }
}

}  // namespace

}  // namespace sni::router
