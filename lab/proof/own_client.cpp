#include "lab/proof/own_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/client_way.h"
#include "lab/proof/lines.h"

namespace sni::proof {

namespace {

/// Whose session this was, as far as the backend and the key log tell.
Line client_line(const ClientRun& run, const TlsFacts* tls, const std::optional<std::string>& ja4) {
    std::string text = printable(run.client);
    if (tls) {
        text +=
            fmt::format(": {}, {}{}{}, ALPN {}", printable(tls->version),
                        printable(tls->cipher_suite), tls->group.empty() ? "" : ", ",
                        printable(tls->group), tls->alpn.empty() ? "none" : printable(tls->alpn));
    } else {
        text += fmt::format(": {} TLS session{} in its key log", run.sessions.size(),
                            run.sessions.size() == 1 ? "" : "s");
    }
    if (ja4) text += ", JA4 " + printable(*ja4);
    if (!run.ended.empty()) text += fmt::format("; it {}", printable(run.ended));
    return info("client", text + "; no other client was tested");
}

/// Of the session that was shown, or of the first that came by.
std::optional<std::string> ja4_of(const ClientRun& run, const Statement* proven) {
    if (!run.way || run.way->connections.empty()) return std::nullopt;
    const WitnessedSession* shown = proven ? began_with(*run.way, *proven) : nullptr;
    const std::string& ja4 = shown ? shown->ja4 : run.way->connections.front().ja4;
    return ja4.empty() ? std::nullopt : std::optional(ja4);
}

/// Why nobody can tell whether the backend's session is one of the client's.
std::string unknown_session(const ClientRun& run, const TlsFacts& stated) {
    if (!run.key_log_error.empty()) {
        return fmt::format("the client's key log cannot be read: {}", run.key_log_error);
    }
    if (run.sessions.empty()) {
        return "the client wrote no key log, so its exporter is not known";
    }
    if (stated.version != "TLSv1.3") {
        return fmt::format(
            "{}: a key log lacks the server's random, without which no exporter can be derived "
            "(RFC 5705 §4), and the backend does not state it",
            printable(stated.version));
    }
    return "the client's key log has no EXPORTER_SECRET of a session";
}

/// Whether `session` can be told apart from one for which the backend states `stated`.
bool is_another(const ClientSession& session, const TlsFacts& stated) {
    return session.exporter_sha256 || session.tls_1_3 != (stated.version == "TLSv1.3");
}

Line session_line(const ClientRun& run, const TlsFacts& stated, const Digest& exporter, bool same) {
    if (same) {
        const std::size_t others = run.sessions.size() - 1;
        return pass(
            "session",
            fmt::format("one TLS session: exporter digest {} out of the client's key log and at "
                        "the backend{}",
                        brief(exporter),
                        others == 0
                            ? ""
                            : fmt::format("; of the {} other{} in that log nothing is known",
                                          others, others == 1 ? "" : "s")));
    }
    const bool all_others = std::ranges::all_of(
        run.sessions, [&](const ClientSession& session) { return is_another(session, stated); });
    if (!run.sessions.empty() && all_others) {
        return against(Verdict::terminated, code::kExporterDiffers, "session",
                       fmt::format("two TLS sessions: exporter digest {} at the backend is that of "
                                   "none of the client's {}",
                                   brief(exporter), run.sessions.size()),
                       std::string(kHowToPassThrough));
    }
    return against(Verdict::inconclusive, code::kNoClientExporter, "session",
                   unknown_session(run, stated),
                   "the client must write its key log to $SSLKEYLOGFILE or {keylog}, and speak "
                   "TLS 1.3, or 1.2 with this sni-lab's backend");
}

std::vector<Line> said_lines(const ClientRun& run, const Statement& said,
                             const Expectation& expected, bool same) {
    std::vector<Line> lines = signer_lines(said, run.nonce, run.identity_served, expected);
    if (!said.tls || !said.exporter_sha256) {
        lines.push_back(no_tls_line());
        return lines;
    }
    lines.push_back(session_line(run, *said.tls, *said.exporter_sha256, same));
    // The backend's own word about its session, which is the client's where the exporters say so.
    for (Line& line : engine_lines(*said.tls)) {
        lines.push_back(std::move(line));
    }
    lines.push_back(key_log_line(said));
    return lines;
}

}  // namespace

Check judge_client(const ClientRun& run, const Expectation& expected, std::string name) {
    const Evidence known{.gateway = run.gateway,
                         .address = run.address,
                         .sni = run.sni,
                         .request = run.request,
                         .nonce = run.nonce,
                         .proof = run.answer,
                         .identity_served = run.identity_served};
    const auto* said = std::get_if<Statement>(&run.answer);
    Check check{.name = std::move(name),
                .gateway = sni::to_string(run.gateway),
                .address = run.address ? std::optional(sni::to_string(*run.address)) : std::nullopt,
                .sni = run.sni,
                .request = run.request,
                .took = run.took};
    const auto mine = std::ranges::find_if(run.sessions, [&](const ClientSession& session) {
        return said && said->tls && session.exporter_sha256 &&
               session.exporter_sha256 == said->exporter_sha256;
    });
    const bool same = mine != run.sessions.end();
    const Statement* proven = same ? said : nullptr;
    check.seen.client_ja4 = ja4_of(run, proven);
    if (said) {
        check.lines = said_lines(run, *said, expected, same);
        check.seen.backend = said->backend;
        check.seen.backend_tls = said->tls;
        check.seen.backend_exporter_sha256 = said->exporter_sha256;
        check.seen.backend_hellos = said->hellos;
    } else {
        check.lines = proof_lines(run.answer, known, expected);
    }
    if (same) {
        check.seen.client_tls = said->tls;
        check.seen.client_exporter_sha256 = mine->exporter_sha256;
    }
    if (said && !run.served_unseen.empty()) {
        check.lines.push_back(served_unseen_line(run.served_unseen));
    }
    if (auto way = way_line(run, proven)) check.lines.push_back(std::move(*way));
    check.lines.push_back(
        client_line(run, proven ? &*proven->tls : nullptr, check.seen.client_ja4));
    check.verdict = worst_of(check.lines);
    return check;
}

std::optional<std::string> find_envelope(std::string_view output) {
    constexpr std::string_view kBegin = R"({"document":")";
    const std::size_t begin = output.find(kBegin);
    if (begin == std::string_view::npos) return std::nullopt;
    const std::size_t end = output.find('}', begin);
    if (end == std::string_view::npos) return std::nullopt;
    // As encode() ends it: what programs print around it may have lost the line end.
    return std::string(output.substr(begin, end - begin + 1)) + "\n";
}

}  // namespace sni::proof
