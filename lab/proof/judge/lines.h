// The questions that the judge asks, by theme, and how a line of the answer is made. For this
// folder's .cpp files only; judge.h is the way in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/proof/check.h"
#include "lab/proof/evidence.h"

namespace sni::proof {

/// The hint for whoever finds two TLS sessions where one should be.
inline constexpr std::string_view kHowToPassThrough =
    "somebody in between holds the certificate's key. Istio: servers[].tls.mode PASSTHROUGH and a "
    "VirtualService tls: route; Gateway API: listener tls.mode Passthrough and a TLSRoute; Envoy: "
    "tls_inspector and tcp_proxy, no transport_socket; nginx: stream with ssl_preread, no ssl on "
    "listen; HAProxy: mode tcp, no ssl on bind; Traefik: HostSNI and tls.passthrough";

/// And for whoever has a ticket's key.
inline constexpr std::string_view kWithoutTickets =
    "let the service speak TLS 1.3, or hand out no tickets in TLS 1.2 (nginx: ssl_session_tickets "
    "off; HAProxy: no-tls-tickets; Apache: SSLSessionTickets off)";

Line pass(std::string name, std::string text);
Line info(std::string name, std::string text);
/// A line that forbids PROVEN. Inconclusive is what missing evidence amounts to; everything else is
/// a finding.
Line against(Verdict verdict, std::string_view code, std::string name, std::string text,
             std::string hint);

std::string shown(const std::optional<std::string>& sni);
/// The first eight bytes: enough for two people to compare.
std::string brief(const Digest& digest);

/// routing.cpp: how far the connection to `where` came. `e.trouble` is there when it broke off.
Line routing_line(const Evidence& e, const std::string& where);
/// routing.cpp: by the gateway, on the ClientHello alone.
bool turned_away(const Evidence& e);

/// certificate.cpp: the leaf that was seen.
std::vector<Line> certificate_lines(const CertFacts& leaf, const Evidence& e,
                                    const Expectation& expected);

/// session.cpp: what the client's own engine knows; `by_exporter` is what the proof rests on.
std::vector<Line> engine_lines(const TlsFacts& mine, bool by_exporter = true);
/// session.cpp: signed and bound, both ends are in one session with forward secrecy. Whoever
/// changes its bytes then has none of its secrets.
bool in_one_session(const Statement& said, const Evidence& e);
/// session.cpp: who signed, over which nonce, and which backend that is.
std::vector<Line> signer_lines(const Statement& said, const Nonce& nonce, bool identity_served,
                               const Expectation& expected);
/// session.cpp: the request had come to the backend in plain text.
Line no_tls_line();
/// session.cpp: TLS ended at somebody who signs as another, and truthfully.
Line other_identity_line(const OtherIdentity& other, const Expectation& expected);
/// session.cpp: whether the backend gives its secrets away.
Line key_log_line(const Statement& said);
/// The other end of the bytes, as it tells of them.
struct FarEnd {
    std::string_view name;  ///< "backend" or "witness"
    std::optional<Streams> streams;
    const std::vector<HelloFacts>& hellos;
    bool one_session = false;  ///< as in_one_session()
    /// Of a witness, which hears of what was cut off before it came, too: bytes that are missing at
    /// the end then accuse nobody. These are the digests of what it sent, as WitnessedStream has
    /// them.
    const std::vector<Digest>* checkpoints = nullptr;
};
/// session.cpp: a backend's, a view into `said`.
FarEnd far_end(const Statement& said, const Evidence& e);
/// streams.cpp: the definition of passthrough, the bytes themselves.
std::vector<Line> stream_lines(const FarEnd& far, const Evidence& e);
Line hello_line(const FarEnd& far, const Evidence& e);
/// ticket.cpp: earned directly, offered through the gateway.
Line ticket_line(const TicketSwap& swap, const Evidence& e);

/// session.cpp: who signed what came back.
Line signed_line(bool identity_served, const Expectation& expected, std::string_view whose);
/// session.cpp: nobody could look whether a certificate that is served has the identity's key.
Line served_unseen_line(const std::string& why);
/// witness_lines.cpp: what a witness signed, beside what was seen here.
std::vector<Line> witness_lines(const WitnessStatement& said, const Evidence& e,
                                const Expectation& expected);
/// The same: what else came for that name, or that nothing did, where our hello is not there. Other
/// clients may well be on their way to the same service, so that a record with a gap accuses
/// nobody.
Line unseen_line(const WitnessStatement& said);
/// The same: it calls itself by another name than the one that was asked for.
std::optional<Line> other_witness_line(const WitnessStatement& said, const Expectation& expected);
/// The same: more than one connection began with our hello.
Line seen_twice_line(const WitnessStatement& said);
/// The same: what a finished handshake came to that broke off behind it; nothing where the witness
/// knows no better than that it broke off. A cut takes bytes away and is no alteration.
std::optional<Verdict> witness_knows(const Evidence& e);
/// The same: no more is known than that it broke off, if it did.
bool was_cut(const Evidence& e);
/// The same: how far such a proof reaches.
Line ends_here_line(const std::string& witness);

/// session.cpp: what the backend signed, beside what was seen here.
std::vector<Line> proof_lines(const ProofAnswer& answer, const Evidence& e,
                              const Expectation& expected);

}  // namespace sni::proof
