#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/judge/lines.h"
#include "lab/proof/witness.h"

namespace sni::proof {

namespace {

std::string met(const WitnessedSession& session) {
    return fmt::format(
        "{}{}{}", printable(session.peer),
        session.proxy_source ? fmt::format(" (for {})", printable(*session.proxy_source)) : "",
        session.up_before_tls + session.down_before_tls == 0
            ? ""
            : fmt::format(", after {} bytes before TLS",
                          session.up_before_tls + session.down_before_tls));
}

/// A view into `session`.
FarEnd far_end(const WitnessedSession& session, const Evidence& e) {
    const bool one_session = !e.identity_served && e.tls && !e.tls->resumed &&
                             has_forward_secrecy(*e.tls) &&
                             made_one_session(session.server, e.server_hello_sha256);
    return {"witness", Streams{session.up.all, session.down.all}, session.hellos, one_session,
            &session.down.checkpoints};
}

/// Whoever answered our hello at the witness is not who answered it here.
bool another_answered(const WitnessedSession& session, const Evidence& e) {
    return session.server && e.server_hello_sha256 &&
           session.server->hello_sha256 != e.server_hello_sha256;
}

/// What a witness was not told of precedes TLS: how could the bytes be alike?
std::optional<Line> prefaced_line(const WitnessedSession& session) {
    const std::uint64_t before = session.up_before_tls + session.down_before_tls;
    if (before == 0) return std::nullopt;
    return against(Verdict::inconclusive, code::kPrecedesTls, "sent",
                   fmt::format("{} bytes precede our ClientHello at the witness, so that what "
                               "arrived cannot be compared with what left here",
                               before),
                   "is it a PROXY header? Start the witness with --accept-proxy");
}

std::vector<Line> compared_lines(const WitnessedSession& session, const Evidence& e) {
    if (another_answered(session, e)) {
        return {against(Verdict::terminated, code::kReceivedDiffers, "received",
                        "another ServerHello than the one that came here answered our ClientHello "
                        "at the witness",
                        std::string(kHowToPassThrough))};
    }
    if (auto prefaced = prefaced_line(session)) return {std::move(*prefaced)};
    return stream_lines(far_end(session, e), e);
}

/// Below TLS 1.3 alone.
std::optional<Line> ticket_given_line(const WitnessedSession& session, const Evidence& e) {
    if (!e.tls || e.tls->version == "TLSv1.3") return std::nullopt;
    if (gave_ticket(session.server)) {
        return against(Verdict::readable, code::kTicketGiven, "ticket",
                       "the service handed out a session ticket: whoever has the key of its "
                       "tickets can read this session",
                       std::string(kWithoutTickets));
    }
    if (session.server && session.server->session_ticket) {
        return pass("ticket", "none was handed out, so that no ticket's key opens this session");
    }
    return against(Verdict::inconclusive, code::kNotLookedAt, "ticket",
                   "the witness could not read the whole handshake, so nobody knows whether a "
                   "ticket's key opens this session",
                   std::string(kWithoutTickets));
}

/// Clients may be told of a way that nobody looked at.
std::optional<Line> alt_svc_line(const Evidence& e) {
    if (e.request.empty() && e.tls && e.tls->alpn == "h2") {
        return info("alt-svc",
                    "not looked whether the answer offers HTTP/3, since h2 was chosen: --alpn "
                    "http/1.1, without --tls-only, makes a request");
    }
    if (!e.alt_svc || e.alt_svc->find("h3") == std::string::npos) return std::nullopt;
    return info("alt-svc",
                fmt::format("the answer offers HTTP/3 ({}): clients that take it go another way, "
                            "by QUIC, which this proof did not see",
                            printable(*e.alt_svc)));
}

/// What a client shows is among the bytes.
Line client_certificate_line(const Evidence& e, const Digest& shown) {
    if (!e.client_certificate_asked) {
        return against(Verdict::inconclusive, code::kCanaryLost, "client cert",
                       fmt::format("nobody asked for the client certificate {} in this handshake, "
                                   "so it did not arrive",
                                   brief(shown)),
                       "let the service ask for one, or ask without --client-cert and --client-ca");
    }
    return info("client cert",
                fmt::format("the client certificate {} was asked for in this handshake, and "
                            "equal bytes carry it as well; what the service made of it is not "
                            "known",
                            brief(shown)));
}

}  // namespace

bool was_cut(const Evidence& e) {
    const Break how = e.trouble ? e.trouble->how : Break::closed;
    return how == Break::closed || how == Break::reset || how == Break::timed_out;
}

std::optional<Verdict> witness_knows(const Evidence& e) {
    const auto* said = e.proof ? std::get_if<WitnessStatement>(&*e.proof) : nullptr;
    if (!said || !e.tls || !e.witness || said->question != e.witness->question) return std::nullopt;
    if (said->matching == 0)
        return said->tells_absence() ? std::optional(Verdict::terminated) : std::nullopt;
    if (said->matching > 1 || said->sessions.empty()) return std::nullopt;
    const WitnessedSession& session = said->sessions.front();
    if (another_answered(session, e)) return Verdict::terminated;
    if (was_cut(e)) return std::nullopt;
    const Verdict worst = worst_of(compared_lines(session, e));
    const bool found = worst == Verdict::terminated || worst == Verdict::altered;
    if (found) return worst;
    // It came to the service and back, byte for byte, whatever the service speaks.
    const bool answered =
        worst == Verdict::proven && e.trouble && e.trouble->how == Break::bad_http;
    return answered ? std::optional(Verdict::inconclusive) : std::nullopt;
}

Line unseen_line(const WitnessStatement& said) {
    const std::string name = printable(said.witness);
    if (!said.complete()) {
        return against(
            Verdict::inconclusive, code::kWitnessForgot, "witness",
            fmt::format("the witness {} does not remember our ClientHello, but {}", name,
                        said.let_go > 0 ? fmt::format("it let {} connections go", said.let_go)
                                        : std::string("it was started only just now")),
            "ask again; a witness that sees much traffic wants a larger --keep");
    }
    if (said.unread > 0) {
        return against(
            Verdict::inconclusive, code::kWitnessReadNoHello, "witness",
            fmt::format("the witness {} has no connection with our ClientHello, but {} meanwhile "
                        "in which it found none",
                        name, said.unread),
            "what precedes TLS there? Behind a PROXY header start it with --accept-proxy");
    }
    if (said.other_hellos > 0 && !said.others.empty()) {
        const WitnessedHello& other = said.others.front();
        return against(
            Verdict::terminated, code::kWitnessSawAnother, "witness",
            fmt::format("our ClientHello never reached the witness {}; {} other{} for that name "
                        "did meanwhile, the latest from {} with JA4 {}",
                        name, said.other_hellos, said.other_hellos == 1 ? "" : "s",
                        printable(other.peer),
                        other.ja4.empty() ? "unknown" : printable(other.ja4)),
            std::string(kHowToPassThrough));
    }
    return against(
        Verdict::terminated, code::kWitnessSawNothing, "witness",
        fmt::format("our ClientHello never reached the witness {}, which has seen no other for "
                    "that name meanwhile: terminated before it, or routed to somebody else",
                    name),
        "does the gateway route this name to the service that the witness stands beside? " +
            std::string(kHowToPassThrough));
}

std::optional<Line> other_witness_line(const WitnessStatement& said, const Expectation& expected) {
    if (!expected.backend || said.witness == *expected.backend) return std::nullopt;
    return against(Verdict::not_routed, code::kOtherBackend, "backend",
                   fmt::format("the witness {} answered, {} was expected", printable(said.witness),
                               printable(*expected.backend)),
                   "--witness must name the one beside the service that is meant");
}

Line seen_twice_line(const WitnessStatement& said) {
    return against(Verdict::inconclusive, code::kWitnessSawTwice, "witness",
                   fmt::format("{} connections at the witness {} began with this very ClientHello",
                               said.matching, printable(said.witness)),
                   "somebody in between sends what he overhears again");
}

Line ends_here_line(const std::string& witness) {
    return info("ends here",
                fmt::format("from here to the witness {}; what lies behind it is trusted, and "
                            "whether the service writes its TLS secrets to a file is not known",
                            printable(witness)));
}

std::vector<Line> witness_lines(const WitnessStatement& said, const Evidence& e,
                                const Expectation& expected) {
    std::vector<Line> lines = {signed_line(e.identity_served, expected, "witness")};
    const auto add = [&](Line line) { lines.push_back(std::move(line)); };
    if (e.witness && said.question == e.witness->question) {
        add(pass("fresh", "it answers this probe's own question and nonce"));
    } else {
        add(against(Verdict::report_altered, code::kOtherNonce, "fresh",
                    "it answers another question than this probe's",
                    "somebody in between replays statements"));
        return lines;
    }
    if (auto other = other_witness_line(said, expected)) add(std::move(*other));
    if (said.matching == 0) {
        add(unseen_line(said));
        return lines;
    }
    if (said.matching > 1 || said.sessions.empty()) {
        add(seen_twice_line(said));
        return lines;
    }
    const WitnessedSession& session = said.sessions.front();
    add(pass("witness", fmt::format("one connection at {} began with this ClientHello, from {}",
                                    printable(said.witness), met(session))));
    for (Line& line : compared_lines(session, e)) {
        add(std::move(line));
    }
    add(hello_line(far_end(session, e), e));
    if (e.client_certificate_sha256 && worst_of(lines) == Verdict::proven) {
        add(client_certificate_line(e, *e.client_certificate_sha256));
    }
    if (auto ticket = ticket_given_line(session, e)) add(std::move(*ticket));
    if (e.request.empty()) {
        add(info("answer", "no request was made: the handshake alone was looked at"));
    }
    if (auto other_way = alt_svc_line(e)) add(std::move(*other_way));
    add(ends_here_line(said.witness));
    return lines;
}

}  // namespace sni::proof
