#include "lab/client/ticket_swap.h"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/client/tls_client.h"

namespace sni::client {

namespace {

/// A load balancer behind the gateway may lead to another instance now and then.
constexpr int kTickets = 3;

Dial dial_to(const Endpoint& to, const Probe& probe, Ticket ticket) {
    Offer offer = probe.offer;
    offer.session_ticket = true;  // TLS 1.2 has no other way to get one
    offer.alpn = {"http/1.1"};    // a service that is not ours may well speak h2
    return {.to = to,
            .sni = probe.sni,
            .timeout = probe.timeout,
            .offer = offer,
            .certificate = probe.certificate,
            .ticket = std::move(ticket)};
}

std::string words(const Endpoint& who, const proof::Trouble& trouble) {
    return fmt::format("{}: {}{}", to_string(who), to_string(trouble.how),
                       trouble.detail.empty() ? "" : ", " + trouble.detail);
}

/// A full handshake and one request; nothing when no ticket came of it, and `error` says why.
Ticket earn(const Endpoint& direct, const Probe& probe, std::string& error) {
    auto connection = TlsConnection::open(dial_to(direct, probe, nullptr));
    if (!connection) {
        error = words(direct, connection.error());
        return nullptr;
    }
    // Whatever the answer is: with TLS 1.3 the tickets come before it.
    const std::string host =
        probe.host.empty() ? probe.sni.value_or(to_string(direct)) : probe.host;
    if (const auto answer = connection->get(probe.request, host); !answer) {
        error = words(direct, answer.error());
    }
    return connection->ticket();
}

/// Did `to` take the ticket? Nothing: no handshake came about, so that nobody refused it.
std::optional<bool> offer(const Endpoint& to, const Probe& probe, Ticket ticket,
                          std::string& error) {
    const auto connection = TlsConnection::open(dial_to(to, probe, std::move(ticket)));
    if (!connection) {
        error = words(to, connection.error());
        return std::nullopt;
    }
    return connection->tls().resumed;
}

}  // namespace

proof::TicketSwap swap_tickets(const Endpoint& direct, const Probe& probe) {
    proof::TicketSwap swap{.direct = to_string(direct)};
    if (Ticket ticket = earn(direct, probe, swap.error)) {
        swap.taken_directly = offer(direct, probe, std::move(ticket), swap.error).value_or(false);
    }
    if (!swap.taken_directly) return swap;
    for (int i = 0; i < kTickets; ++i) {
        Ticket ticket = earn(direct, probe, swap.error);
        if (!ticket) break;
        const Endpoint& gateway = probe.at ? *probe.at : probe.gateway;
        const auto taken = offer(gateway, probe, std::move(ticket), swap.error);
        swap.offered += taken ? 1 : 0;
        swap.taken += taken.value_or(false) ? 1 : 0;
    }
    return swap;
}

}  // namespace sni::client
