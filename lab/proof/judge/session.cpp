#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/judge/lines.h"
#include "lab/proof/judge/sessions.h"

namespace sni::proof {

namespace {

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

/// Two sessions never share an exporter then: the key schedule of TLS 1.3 sees to it, and RFC 7627.
bool is_bound(const TlsFacts& tls) {
    return tls.version == "TLSv1.3" || (tls.version == "TLSv1.2" && tls.extended_master_secret);
}

/// What the backend's clock says is signed, and still no more than told: a clock can be wrong, and
/// nothing here rests on it.
std::optional<Line> clock_line(std::chrono::seconds ahead) {
    constexpr std::chrono::seconds kUsual(5);
    if (std::chrono::abs(ahead) <= kUsual) return std::nullopt;
    return info("clock", fmt::format("the backend's is {} s {} this one's; told, not trusted",
                                     std::chrono::abs(ahead).count(),
                                     ahead.count() > 0 ? "ahead of" : "behind"));
}

std::vector<Line> statement_lines(const Statement& said, const Evidence& e,
                                  const Expectation& expected) {
    std::vector<Line> lines = signer_lines(said, e.nonce, e.identity_served, expected);
    const auto add = [&](Line line) { lines.push_back(std::move(line)); };
    if (!said.tls) {
        add(no_tls_line());
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
    const FarEnd far = far_end(said, e);
    for (Line& line : stream_lines(far, e)) {
        add(std::move(line));
    }
    add(hello_line(far, e));
    if (e.asked_at) {
        if (auto clock = clock_line(said.time - *e.asked_at)) add(std::move(*clock));
    }
    if (e.client_certificate_asked && !said.client_certificate_sha256) {
        add(info("client cert",
                 "the backend asks for one and saw none; --client-cert FILE --client-key FILE "
                 "shows yours, --client-ca FILE makes one for this run"));
    }
    add(key_log_line(said));
    return lines;
}

struct ProofLines {
    const Evidence& evidence;
    const Expectation& expected;

    /// Taking the statement away is the most that a gateway can do about it, so the backend is
    /// asked by another way where there is one.
    std::vector<Line> without(Line missing) const {
        std::vector<Line> lines = {std::move(missing)};
        if (evidence.sessions) lines.push_back(session_list_line(*evidence.sessions, evidence));
        return lines;
    }

    std::string unanswered(const char* by_a_backend) const {
        return evidence.witness ? "--witness must name the --admin of a sni-lab witness that runs"
                                : by_a_backend;
    }

    std::vector<Line> operator()(const NoStatement& none) const {
        if (!evidence.witness && evidence.tls && evidence.tls->alpn == "h2")
            return without(other_protocol());
        return without(
            against(Verdict::inconclusive, code::kNoStatement, "signed",
                    fmt::format("no statement: {}", printable(none.why)),
                    unanswered("is it a sni-lab backend? A gateway that terminates can cause this, "
                               "too: --backend-admin HOST:PORT asks the backend whether it saw "
                               "this session")));
    }
    static Line other_protocol() {
        return against(
            Verdict::terminated, code::kOtherProtocol, "alpn",
            "whoever ended TLS chose h2 out of what was offered; a sni-lab backend never "
            "does, so this session did not end at one",
            fmt::format("{}; or the name is routed to another service", kHowToPassThrough));
    }
    std::vector<Line> operator()(const BadEnvelope& bad) const {
        return without(against(
            Verdict::inconclusive, code::kBadEnvelope, "signed",
            fmt::format("what came back is no statement ({})", to_string(bad.error)),
            unanswered("a gateway that rewrites or cuts answers can cause this: --backend-admin "
                       "HOST:PORT asks the backend whether it saw this session")));
    }
    /// TLS ended at whoever signed: its own exporter, bytes, hello and certificate are ours. What
    /// is not true of our session is somebody's who stands before it.
    bool speaks_of_us(const OtherIdentity& other) const {
        const Statement& said = other.statement;
        if (!in_one_session(said, evidence) || !evidence.leaf) return false;
        const FarEnd far = far_end(said, evidence);
        std::vector<Line> lines = stream_lines(far, evidence);
        lines.push_back(hello_line(far, evidence));
        return said.leaf_sha256 == evidence.leaf->sha256 && said.backend != expected.backend &&
               std::ranges::all_of(lines, [](const Line& line) { return line.mark == Mark::pass; });
    }
    std::vector<Line> operator()(const OtherIdentity& other) const {
        if (!speaks_of_us(other)) return (*this)(BadSignature{});
        return {other_identity_line(other, expected)};
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
    std::vector<Line> operator()(const WitnessStatement& said) const {
        return witness_lines(said, evidence, expected);
    }
};

}  // namespace

std::vector<Line> signer_lines(const Statement& said, const Nonce& nonce, bool identity_served,
                               const Expectation& expected) {
    std::vector<Line> lines;
    const auto add = [&](Line line) { lines.push_back(std::move(line)); };
    add(signed_line(identity_served, expected, "backend"));
    if (said.nonce == nonce) {
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
    return lines;
}

Line no_tls_line() {
    return against(Verdict::terminated, code::kNoTlsAtBackend, "session",
                   "the request reached the backend without any TLS",
                   std::string(kHowToPassThrough));
}

Line other_identity_line(const OtherIdentity& other, const Expectation& expected) {
    return against(
        Verdict::not_routed, code::kOtherIdentity, "signed",
        fmt::format("TLS ended at another backend: it calls itself {} and signs as {}, not as {}",
                    printable(other.statement.backend), other.key_id, expected.identity_key_id),
        "the name is routed to another sni-lab backend; or, if that one is yours, give its key "
        "with --identity");
}

Line key_log_line(const Statement& said) {
    if (!said.key_log) return pass("key log", "off at the backend");
    return against(Verdict::readable, code::kKeyLog, "key log",
                   "the backend writes its TLS secrets to a file", "start it without --keylog");
}

bool in_one_session(const Statement& said, const Evidence& e) {
    return !e.identity_served && !said.key_log && said.nonce == e.nonce && e.tls &&
           said.tls == e.tls && is_bound(*e.tls) && has_forward_secrecy(*e.tls) &&
           !e.tls->resumed && e.exporter_sha256 && said.exporter_sha256 == e.exporter_sha256;
}

FarEnd far_end(const Statement& said, const Evidence& e) {
    return {"backend", said.streams, said.hellos, in_one_session(said, e)};
}

Line signed_line(bool identity_served, const Expectation& expected, std::string_view whose) {
    if (!identity_served) {
        return pass("signed",
                    fmt::format("the {}'s statement carries the expected identity's signature ({})",
                                whose, expected.identity_key_id));
    }
    return against(Verdict::inconclusive, code::kIdentityServed, "signed",
                   fmt::format("identity {} is the key of a certificate that was served: whoever "
                               "ends TLS with it can sign as the {}",
                               expected.identity_key_id, whose),
                   fmt::format("give the {0} an identity of its own: sni-lab {0} --identity with a "
                               "file that is not there yet makes one",
                               whose));
}

Line served_unseen_line(const std::string& why) {
    return info("identity",
                fmt::format("nobody could look whether a certificate that is served has "
                            "its key: a handshake of verify's own came to nothing ({})",
                            printable(why)));
}

std::vector<Line> engine_lines(const TlsFacts& mine, bool by_exporter) {
    std::vector<Line> lines;
    if (!by_exporter) {
        // Equal bytes need no binding.
    } else if (mine.version == "TLSv1.3") {
        lines.push_back(pass("bound", "TLS 1.3: the exporter belongs to this handshake alone"));
    } else if (is_bound(mine)) {
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
    if (!encrypts(mine)) {
        lines.push_back(
            against(Verdict::readable, code::kNoForwardSecrecy, "secrecy",
                    fmt::format("{} encrypts nothing: whoever carries the bytes reads them",
                                printable(mine.cipher_suite)),
                    "take suites with NULL out of the backend's, and of the client's"));
    } else if (has_forward_secrecy(mine)) {
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

std::vector<Line> proof_lines(const ProofAnswer& answer, const Evidence& e,
                              const Expectation& expected) {
    return std::visit(ProofLines{e, expected}, answer);
}

bool encrypts(const TlsFacts& tls) {
    return !tls.cipher_suite.contains("NULL") && tls.cipher_suite != "TLS_SHA256_SHA256" &&
           tls.cipher_suite != "TLS_SHA384_SHA384";
}

bool has_forward_secrecy(const TlsFacts& tls) {
    if (!encrypts(tls)) return false;
    if (tls.version == "TLSv1.3") return !tls.group.empty();  // psk_ke alone has no (EC)DHE
    return tls.cipher_suite.starts_with("ECDHE-") || tls.cipher_suite.starts_with("DHE-");
}

}  // namespace sni::proof
