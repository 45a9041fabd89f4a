#include "lab/proof/judge.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::proof {

namespace {

using report::Line;
using report::Mark;
using report::Verdict;

Line pass(std::string name, std::string text) {
    return {.name = std::move(name), .mark = Mark::pass, .text = std::move(text)};
}

Line info(std::string name, std::string text) {
    return {.name = std::move(name), .mark = Mark::info, .text = std::move(text)};
}

/// A line that forbids PROVEN. Inconclusive is what missing evidence amounts to; everything else is
/// a finding.
Line against(Verdict verdict, std::string_view code, std::string name, std::string text,
             std::string hint) {
    const Mark mark = verdict == Verdict::inconclusive ? Mark::missing : Mark::fail;
    return {std::move(name), mark, std::move(text), std::string(code), std::move(hint), verdict};
}

std::string shown(const std::optional<std::string>& sni) {
    return sni ? printable(*sni) : "(no SNI)";
}

std::string brief(const Digest& digest) {
    return to_hex(Bytes(digest).first(8)) + "…";
}

// RFC 8446 §6, for the alerts a router or a backend sends a client that it does not serve.
std::string_view alert_name(std::uint8_t alert) {
    switch (alert) {
        case 10:
            return "unexpected_message";
        case 22:
            return "record_overflow";
        case 40:
            return "handshake_failure";
        case 42:
            return "bad_certificate";
        case 47:
            return "illegal_parameter";
        case 50:
            return "decode_error";
        case 70:
            return "protocol_version";
        case 80:
            return "internal_error";
        case 109:
            return "missing_extension";
        case 112:
            return "unrecognized_name";
        case 116:
            return "certificate_required";
        case 120:
            return "no_application_protocol";
        default:
            return "alert";
    }
}

std::string alert_hint(std::uint8_t alert) {
    switch (alert) {
        case 40:
            return "no common suite or version, or a router that refuses every name this way "
                   "(sniproxy)";
        case 80:
            return "the router knows the name, but no backend answers it; is the backend up?";
        case 109:
            return "the router wants a name; send SNI (curl: --resolve, not -H Host:)";
        case 112:
            return "no route takes this name; compare it with sniHosts, letter by letter";
        case 116:
            return "the backend asks for a client certificate";
        default:
            return "whoever sent the alert read the ClientHello and refused it";
    }
}

Line broken_route(const Trouble& trouble, const Evidence& e) {
    const std::string where = sni::to_string(e.gateway);
    const std::string detail =
        trouble.detail.empty() ? "" : fmt::format(" ({})", printable(trouble.detail));
    const auto no = [&](std::string_view code, std::string text, std::string hint) {
        return against(Verdict::not_routed, code, "routed", std::move(text), std::move(hint));
    };
    if (trouble.stage == Stage::connect) {
        if (trouble.how == Break::refused) {
            return no(code::kConnectRefused, fmt::format("nothing listens on {}", where),
                      "is the lab up, is the port right? An Istio gateway without any route opens "
                      "no port at all");
        }
        return no(code::kConnectFailed,
                  fmt::format("no connection to {}: {}{}", where, to_string(trouble.how), detail),
                  "is the address right, is a firewall in between?");
    }
    const std::string during =
        trouble.stage == Stage::handshake
            ? fmt::format("during the TLS handshake for {}", shown(e.sni))
            : fmt::format("after the handshake, during GET {}", printable(e.request));
    if (trouble.how == Break::alert && trouble.alert) {
        return no(code::kAlert,
                  fmt::format("{} answered with alert {} ({}) {}", where,
                              alert_name(*trouble.alert), *trouble.alert, during),
                  alert_hint(*trouble.alert));
    }
    if (trouble.how == Break::not_tls) {
        return no(code::kNotTls, fmt::format("{} does not answer in TLS{}", where, detail),
                  "is it a plain HTTP port, or does something wrap TLS in TLS (a DestinationRule "
                  "with tls.mode SIMPLE)?");
    }
    if (trouble.how == Break::timed_out) {
        return no(code::kHandshakeTimeout, fmt::format("{} was silent {}", where, during),
                  "the router waits for a backend that does not answer, or for the rest of the "
                  "hello; try --timeout");
    }
    if (trouble.how == Break::reset || trouble.how == Break::closed) {
        const auto code =
            trouble.stage == Stage::handshake ? code::kHandshakeCut : code::kRequestCut;
        const auto* verb = trouble.how == Break::reset ? "reset" : "closed";
        return no(code, fmt::format("{} {} the connection {}", where, verb, during),
                  "Envoy does this when no filter chain takes the name or its backend is down "
                  "(filter_chain_not_found, UF); compare the name with sniHosts, and see whether "
                  "the backend is up");
    }
    return no(
        code::kTlsError,
        fmt::format("TLS with {} failed {}: {}{}", where, during, to_string(trouble.how), detail),
        "openssl s_client -connect … -servername … shows the handshake message by message");
}

std::vector<Line> certificate_lines(const CertFacts& leaf, const Evidence& e,
                                    const Expectation& expected) {
    std::vector<Line> lines;
    const auto problem = [&](std::string_view code, std::string name, std::string text,
                             std::string hint) {
        lines.push_back(
            against(Verdict::certificate, code, std::move(name), std::move(text), std::move(hint)));
    };
    if (e.sni) {
        switch (match_name(leaf, *e.sni)) {
            case NameMatch::covered:
                lines.push_back(
                    pass("name", fmt::format("the certificate answers for {}", shown(e.sni))));
                break;
            case NameMatch::common_name_only:
                lines.push_back(pass(
                    "name",
                    fmt::format(
                        "CN is {}, but there is no SAN: curl accepts that, browsers and Go do not",
                        shown(e.sni))));
                break;
            case NameMatch::not_covered:
                problem(code::kCertName, "name",
                        fmt::format("the certificate is for {}, not for {}",
                                    printable(leaf.subject), shown(e.sni)),
                        "the router chose by SNI; the client checks the certificate: both must "
                        "carry the same name");
                break;
        }
    } else {
        lines.push_back(info("name", "no SNI was sent, so the certificate's name is not judged"));
    }
    const std::string until = sni::to_string(leaf.not_after);
    switch (match_dates(leaf, expected.now)) {
        case Dates::valid:
            lines.push_back(pass("dates", fmt::format("valid until {}", until)));
            break;
        case Dates::expired:
            problem(code::kCertExpired, "dates", fmt::format("expired at {}", until),
                    "make a new one: sni-lab certgen --force");
            break;
        case Dates::not_yet_valid:
            problem(code::kCertNotYetValid, "dates",
                    fmt::format("not valid before {}", sni::to_string(leaf.not_before)),
                    "is this machine's clock right?");
            break;
    }
    if (e.chain_error && e.chain_error->empty())
        lines.push_back(pass("chain", "leads to the --cacert given"));
    if (e.chain_error && !e.chain_error->empty()) {
        problem(code::kCertChain, "chain",
                fmt::format("does not lead to the --cacert given: {}", printable(*e.chain_error)),
                "a CA-signed certificate wants the CA there; a self-signed one wants itself");
    }
    if (expected.pin && (leaf.sha256 == *expected.pin || leaf.spki_sha256 == *expected.pin)) {
        lines.push_back(pass("pin", fmt::format("SHA-256 {} as pinned", brief(*expected.pin))));
    } else if (expected.pin) {
        problem(code::kCertPin, "pin",
                fmt::format("SHA-256 {} (key {}) is not the pinned {}", brief(leaf.sha256),
                            brief(leaf.spki_sha256), brief(*expected.pin)),
                "somebody else's certificate was served, or the backend got a new one");
    }
    if (expected.leaf_sha256 && leaf.sha256 == *expected.leaf_sha256) {
        lines.push_back(pass(
            "own", fmt::format("SHA-256 {}: the one the lab's backend holds", brief(leaf.sha256))));
    } else if (expected.leaf_sha256) {
        problem(code::kCertNotTheLabs, "own",
                fmt::format("SHA-256 {} is not the backend's {}", brief(leaf.sha256),
                            brief(*expected.leaf_sha256)),
                "somebody in between serves a certificate of its own");
    }
    if (!e.chain_error && !expected.pin && !expected.leaf_sha256) {
        lines.push_back(info("chain", "not judged: neither --cacert nor --pin was given"));
    }
    return lines;
}

Line answer_line(int status, const Evidence& e, const Expectation& expected) {
    const std::string answer = fmt::format("{} {}", status, printable(e.reason));
    if (!expected.status) {
        return info("answer", fmt::format("GET {} → {}; not judged, no status was expected",
                                          printable(e.request), answer));
    }
    if (*expected.status == status) {
        return pass("answer", fmt::format("GET {} → {}", printable(e.request), answer));
    }
    return against(
        Verdict::unexpected_answer, code::kStatus, "answer",
        fmt::format("GET {} → {}, expected {}", printable(e.request), answer, *expected.status),
        "somebody answered who is not the backend, or the backend does not know this path");
}

std::vector<Line> engine_lines(const TlsFacts& mine) {
    std::vector<Line> lines;
    if (mine.version == "TLSv1.3") {
        lines.push_back(pass("bound", "TLS 1.3: the exporter belongs to this handshake alone"));
    } else if (mine.version == "TLSv1.2" && mine.extended_master_secret) {
        lines.push_back(pass(
            "bound",
            "TLS 1.2 with extended master secret: the exporter belongs to this handshake alone"));
    } else {
        lines.push_back(against(
            Verdict::inconclusive, code::kNoMasterSecretBinding, "bound",
            fmt::format("{} without extended master secret: two sessions can share one exporter",
                        printable(mine.version)),
            "let both ends speak TLS 1.3, or 1.2 with RFC 7627"));
    }
    if (has_forward_secrecy(mine)) {
        lines.push_back(pass(
            "secrecy", fmt::format("forward secrecy ({}): a stolen certificate key does not help",
                                   mine.group.empty() ? mine.cipher_suite : mine.group)));
    } else {
        lines.push_back(against(
            Verdict::readable, code::kNoForwardSecrecy, "secrecy",
            fmt::format("{} has no forward secrecy: whoever holds the key can read what passes",
                        printable(mine.cipher_suite)),
            "offer only TLS 1.3 or ECDHE suites at the backend"));
    }
    if (mine.resumed) {
        lines.push_back(against(Verdict::inconclusive, code::kResumed, "handshake",
                                "the session was resumed",
                                "only a full handshake shows who holds the certificate's key"));
    } else {
        lines.push_back(pass("handshake", "full, not resumed"));
    }
    return lines;
}

/// Names the fields that differ, since they say who is at the other end.
std::string differences(const TlsFacts& client, const TlsFacts& backend) {
    std::string text;
    const auto compare = [&](std::string_view what, const std::string& a, const std::string& b) {
        if (a == b) return;
        fmt::format_to(std::back_inserter(text), "{}{}: client {}, backend {}",
                       text.empty() ? "" : "; ", what, a.empty() ? "none" : printable(a),
                       b.empty() ? "none" : printable(b));
    };
    const auto flag = [](bool set) { return std::string(set ? "yes" : "no"); };
    compare("version", client.version, backend.version);
    compare("suite", client.cipher_suite, backend.cipher_suite);
    compare("group", client.group, backend.group);
    compare("SNI", client.sni.value_or(""), backend.sni.value_or(""));
    compare("ALPN", client.alpn, backend.alpn);
    compare("extended master secret", flag(client.extended_master_secret),
            flag(backend.extended_master_secret));
    compare("resumed", flag(client.resumed), flag(backend.resumed));
    return text;
}

constexpr std::string_view kHowToPassThrough =
    "somebody in between holds the certificate's key. Istio: servers[].tls.mode PASSTHROUGH and a "
    "VirtualService tls: "
    "route; Gateway API: listener tls.mode Passthrough and a TLSRoute; nginx: stream with "
    "ssl_preread, no ssl on "
    "listen; HAProxy: mode tcp, no ssl on bind";

std::vector<Line> statement_lines(const Statement& said, const Evidence& e,
                                  const Expectation& expected) {
    std::vector<Line> lines;
    const auto add = [&](Line line) { lines.push_back(std::move(line)); };
    add(pass("signed",
             fmt::format("the backend's statement carries the lab identity's signature ({})",
                         expected.identity_key_id)));
    if (said.nonce == e.nonce) {
        add(pass("fresh", "it answers this probe's own nonce"));
    } else {
        add(against(Verdict::report_altered, code::kOtherNonce, "fresh",
                    "it answers another probe's nonce", "somebody in between replays statements"));
    }
    if (expected.backend && said.backend != *expected.backend) {
        add(against(Verdict::not_routed, code::kOtherBackend, "backend",
                    fmt::format("{} answered, {} was expected", printable(said.backend),
                                printable(*expected.backend)),
                    "the name is routed to another backend; sni-lab up prints the table"));
    } else {
        add(pass("backend", fmt::format("{} answered", printable(said.backend))));
    }
    if (!said.tls) {
        add(against(Verdict::terminated, code::kNoTlsAtBackend, "session",
                    "the request reached the backend without any TLS",
                    std::string(kHowToPassThrough)));
        return lines;
    }
    if (!e.exporter_sha256) {
        add(against(Verdict::inconclusive, code::kNoExporter, "session",
                    "this client's TLS gave no exporter", "see --json for its version"));
    } else if (said.exporter_sha256 == e.exporter_sha256) {
        add(pass("session", fmt::format("one TLS session: exporter digest {} at both ends",
                                        brief(*e.exporter_sha256))));
    } else {
        add(against(Verdict::terminated, code::kExporterDiffers, "session",
                    fmt::format("two TLS sessions: exporter digest {} here, {} at the backend",
                                brief(*e.exporter_sha256),
                                said.exporter_sha256 ? brief(*said.exporter_sha256) : "none"),
                    std::string(kHowToPassThrough)));
    }
    if (e.leaf && said.leaf_sha256 == e.leaf->sha256) {
        add(pass("served", "the certificate seen here is the one the backend serves"));
    } else {
        add(against(Verdict::terminated, code::kLeafDiffers, "served",
                    "the backend serves another certificate than the one seen here",
                    std::string(kHowToPassThrough)));
    }
    if (e.tls && *e.tls == *said.tls) {
        add(pass("engines",
                 "version, suite, group, SNI, ALPN and resumption are the same at both ends"));
    } else {
        add(against(Verdict::terminated, code::kEngineDiffers, "engines",
                    e.tls ? differences(*e.tls, *said.tls) : "the client saw no session",
                    std::string(kHowToPassThrough)));
    }
    if (said.key_log) {
        add(against(Verdict::readable, code::kKeyLog, "key log",
                    "the backend writes its TLS secrets to a file", "start it without --keylog"));
    } else {
        add(pass("key log", "off at the backend"));
    }
    return lines;
}

struct ProofLines {
    const Evidence& evidence;
    const Expectation& expected;

    std::vector<Line> operator()(const NoStatement& none) const {
        return {against(Verdict::inconclusive, code::kNoStatement, "signed",
                        fmt::format("no statement: {}", printable(none.why)),
                        "is it a sni-lab backend? A gateway that terminates can cause this, too")};
    }
    std::vector<Line> operator()(const BadEnvelope& bad) const {
        return {against(Verdict::inconclusive, code::kBadEnvelope, "signed",
                        fmt::format("what came back is no statement ({})", to_string(bad.error)),
                        "a gateway that rewrites or cuts answers can cause this")};
    }
    std::vector<Line> operator()(const BadSignature&) const {
        return {against(Verdict::report_altered, code::kBadSignature, "signed",
                        fmt::format("the statement is not signed by the identity expected ({})",
                                    expected.identity_key_id),
                        "somebody in between forged it, or --identity names another lab's key")};
    }
    std::vector<Line> operator()(const BadDocument& bad) const {
        return {against(
            Verdict::inconclusive, code::kBadDocument, "signed",
            fmt::format("signed by the lab identity, but not a statement this version reads ({})",
                        to_string(bad.error)),
            "do backend and client have the same version?")};
    }
    std::vector<Line> operator()(const Statement& said) const {
        return statement_lines(said, evidence, expected);
    }
};

/// By the gateway, on the ClientHello alone.
bool turned_away(const Evidence& e) {
    if (!e.trouble || e.trouble->stage != Stage::handshake || e.tls) return false;
    return e.trouble->how == Break::alert || e.trouble->how == Break::reset ||
           e.trouble->how == Break::closed;
}

report::Seen seen(const Evidence& e) {
    report::Seen seen{
        .client_tls = e.tls, .certificate = e.leaf, .client_exporter_sha256 = e.exporter_sha256};
    if (e.status) seen.answer = fmt::format("{} {}", *e.status, e.reason);
    if (const auto* said = e.proof ? std::get_if<Statement>(&*e.proof) : nullptr) {
        seen.backend = said->backend;
        seen.backend_tls = said->tls;
        seen.backend_exporter_sha256 = said->exporter_sha256;
    }
    return seen;
}

}  // namespace

std::string_view to_string(Stage stage) {
    switch (stage) {
        case Stage::connect:
            return "connect";
        case Stage::handshake:
            return "handshake";
        case Stage::request:
            return "request";
        case Stage::proof:
            break;
    }
    return "proof";
}

std::string_view to_string(Break how) {
    switch (how) {
        case Break::refused:
            return "refused";
        case Break::unreachable:
            return "unreachable";
        case Break::timed_out:
            return "timed_out";
        case Break::reset:
            return "reset";
        case Break::closed:
            return "closed";
        case Break::alert:
            return "alert";
        case Break::not_tls:
            return "not_tls";
        case Break::tls_error:
            return "tls_error";
        case Break::bad_http:
            break;
    }
    return "bad_http";
}

bool has_forward_secrecy(const TlsFacts& tls) {
    if (tls.version == "TLSv1.3") return !tls.group.empty();  // psk_ke alone has no (EC)DHE
    return tls.cipher_suite.starts_with("ECDHE-") || tls.cipher_suite.starts_with("DHE-");
}

report::Check judge(const Evidence& e, const Expectation& expected, std::string name) {
    report::Check check{.name = std::move(name),
                        .gateway = sni::to_string(e.gateway),
                        .sni = e.sni,
                        .request = e.request,
                        .seen = seen(e),
                        .refused = turned_away(e),
                        .took = e.took};
    const auto add = [&](std::vector<Line> lines) {
        std::ranges::move(lines, std::back_inserter(check.lines));
    };

    if (e.trouble && e.trouble->stage != Stage::proof) {
        add({broken_route(*e.trouble, e)});
    } else {
        add({pass("routed", fmt::format("{} → {}", shown(e.sni), check.gateway))});
    }
    if (e.tls) {
        add({pass("tls", fmt::format("{}, {}{}{}", e.tls->version, e.tls->cipher_suite,
                                     e.tls->group.empty() ? "" : ", ", e.tls->group))});
    }
    if (e.leaf) add(certificate_lines(*e.leaf, e, expected));
    if (e.status) add({answer_line(*e.status, e, expected)});
    if (e.tls) add(engine_lines(*e.tls));
    if (e.proof) add(std::visit(ProofLines{e, expected}, *e.proof));

    const bool complete = e.tls && e.leaf && e.status && e.proof;
    if (!complete) {
        add({against(Verdict::inconclusive, code::kNotLookedAt, "session",
                     "whose TLS session this is was not looked at: the probe ended before",
                     "mend what is said above first")});
    }
    add({info("not yet",
              "not looked at by this version: digests of the byte streams and of the ClientHello, "
              "canaries")});

    check.verdict = Verdict::proven;
    for (const Line& line : check.lines) {
        check.verdict = report::worse(check.verdict, line.verdict);
    }
    return check;
}

}  // namespace sni::proof
