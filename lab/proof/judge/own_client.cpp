#include "lab/proof/judge/own_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/client_names.h"
#include "lab/proof/judge/client_way.h"
#include "lab/proof/judge/lines.h"

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
        const std::size_t sessions = run.answers.front().sessions.size();
        text +=
            fmt::format(": {} TLS session{} in its key log", sessions, sessions == 1 ? "" : "s");
    }
    if (ja4) text += ", JA4 " + printable(*ja4);
    return info("client", text + "; no other client was tested");
}

/// Of the session that was shown, or of the first that came by.
std::optional<std::string> ja4_of(const ClientRun& run,
                                  const std::vector<const Statement*>& shown) {
    if (!run.way || run.way->connections.empty()) return std::nullopt;
    const WitnessedSession* session =
        shown.empty() ? nullptr : began_with(*run.way, *shown.front());
    const std::string& ja4 = session ? session->ja4 : run.way->connections.front().ja4;
    return ja4.empty() ? std::nullopt : std::optional(ja4);
}

/// Why nobody can tell whether the backend's session is one of the client's.
std::string unknown_session(const ClientRun& run, const ClientAnswer& answer,
                            const TlsFacts& stated) {
    if (!run.key_log_error.empty()) {
        return fmt::format("the client's key log cannot be read: {}", run.key_log_error);
    }
    if (answer.sessions.empty()) {
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

Line session_line(const ClientRun& run, const ClientAnswer& answer, const TlsFacts& stated,
                  const Digest& exporter, bool same) {
    if (same) {
        const std::size_t others = answer.sessions.size() - 1;
        return pass("session",
                    fmt::format("one TLS session: exporter digest {} out of the client's key log "
                                "and at the backend{}",
                                brief(exporter),
                                others == 0 ? "" : fmt::format("; that log has {} more", others)));
    }
    const bool all_others = std::ranges::all_of(
        answer.sessions, [&](const ClientSession& session) { return is_another(session, stated); });
    if (!answer.sessions.empty() && all_others) {
        return against(Verdict::terminated, code::kExporterDiffers, "session",
                       fmt::format("two TLS sessions: exporter digest {} at the backend is that of "
                                   "none of the client's {}",
                                   brief(exporter), answer.sessions.size()),
                       std::string(kHowToPassThrough));
    }
    return against(Verdict::inconclusive, code::kNoClientExporter, "session",
                   unknown_session(run, answer, stated),
                   "the client must write its key log to $SSLKEYLOGFILE or {keylog}, and speak "
                   "TLS 1.3, or 1.2 with this sni-lab's backend");
}

std::vector<Line> said_lines(const ClientRun& run, const ClientAnswer& answer,
                             const Statement& said, const Expectation& expected, bool same) {
    std::vector<Line> lines = signer_lines(said, run.nonce, run.identity_served, expected);
    if (!said.tls || !said.exporter_sha256) {
        lines.push_back(no_tls_line());
        return lines;
    }
    lines.push_back(session_line(run, answer, *said.tls, *said.exporter_sha256, same));
    // The backend's own word about its session, which is the client's where the exporters say so.
    for (Line& line : engine_lines(*said.tls)) {
        lines.push_back(std::move(line));
    }
    lines.push_back(key_log_line(said));
    return lines;
}

/// What to try where no statement came; nobody can be asked beside another client.
std::string how_to_answer(const ClientRun& run) {
    if (!run.way) return "the client was not run: the gateway's name must lead to an address";
    return fmt::format(
        "{}it must ask for {{url}} and print what comes on stdout, as it comes. Where it does so, "
        "is it a sni-lab backend? A gateway that terminates can take statements away, too",
        run.ended.empty() ? "" : "run the command by itself to see why it ended so; ");
}

std::vector<Line> answer_lines(const ClientRun& run, const ClientAnswer& answer,
                               const Expectation& expected) {
    if (const auto* said = std::get_if<Statement>(&answer.answer)) {
        return said_lines(run, answer, *said, expected, is_own(answer));
    }
    if (is_at_another(run, answer, expected))
        return {other_identity_line(std::get<OtherIdentity>(answer.answer), expected)};
    const Evidence known{.gateway = run.gateway,
                         .address = run.address,
                         .sni = run.sni,
                         .request = run.request,
                         .nonce = run.nonce,
                         .proof = answer.answer,
                         .identity_served = run.identity_served};
    std::vector<Line> lines = proof_lines(answer.answer, known, expected);
    for (Line& line : lines) {
        if (line.code == code::kNoStatement || line.code == code::kBadEnvelope)
            line.hint = how_to_answer(run);
    }
    return lines;
}

/// Enters what is said of all `answers`, of which what is right with a further one is said by its
/// session alone; and what they come to.
void enter_answers(const ClientRun& run, const std::vector<const ClientAnswer*>& answers,
                   const Expectation& expected, Check& check) {
    check.verdict = Verdict::proven;
    for (const ClientAnswer* answer : answers) {
        std::vector<Line> lines = answer_lines(run, *answer, expected);
        check.verdict = worse(check.verdict, worst_of(lines));
        const bool further = answer != answers.front();
        for (Line& line : lines) {
            if (further && line.mark == Mark::pass && line.name != "session") continue;
            check.lines.push_back(std::move(line));
        }
    }
}

/// Both halves as far as the first answer shows them.
void tell_seen(const ClientAnswer& first, Seen& seen) {
    const auto* said = std::get_if<Statement>(&first.answer);
    if (!said) return;
    seen.backend = said->backend;
    seen.backend_tls = said->tls;
    seen.backend_exporter_sha256 = said->exporter_sha256;
    seen.backend_hellos = said->hellos;
    if (!is_own(first)) return;
    seen.client_tls = said->tls;
    seen.client_exporter_sha256 = said->exporter_sha256;
}

}  // namespace

Check judge_client(const ClientRun& run, const Expectation& expected, std::string name) {
    Check check{.name = std::move(name),
                .gateway = sni::to_string(run.gateway),
                .address = run.address ? std::optional(sni::to_string(*run.address)) : std::nullopt,
                .sni = run.sni,
                .request = run.request,
                .took = run.took,
                .nonce = run.nonce};
    std::vector<const Statement*> shown;
    for (const ClientAnswer& answer : run.answers) {
        if (is_own(answer)) shown.push_back(&std::get<Statement>(answer.answer));
    }
    auto way = way_line(run, shown);
    const auto told = told_by_name(run, way && way->mark == Mark::pass);
    enter_answers(run, told.answers, expected, check);
    if (told.answers.empty()) {
        // What is right with the way is so of other names.
        if (way && way->mark == Mark::pass) way.reset();
        check.lines.push_back(other_name_line(run.client, told.set_aside, run.sni));
        check.verdict = worse(check.verdict, check.lines.back().verdict);
    } else {
        tell_seen(*told.answers.front(), check.seen);
        if (!told.set_aside.empty()) check.lines.push_back(set_aside_line(told.set_aside, run.sni));
    }
    check.seen.client_ja4 = ja4_of(run, shown);
    if (!shown.empty() && !run.served_unseen.empty()) {
        check.lines.push_back(served_unseen_line(run.served_unseen));
    }
    if (way) {
        check.verdict = worse(check.verdict, way->verdict);
        check.lines.push_back(std::move(*way));
    }
    if (auto ended = ended_line(run.ended)) check.lines.push_back(std::move(*ended));
    const auto& first = shown.empty() ? std::nullopt : shown.front()->tls;
    check.lines.push_back(client_line(run, first ? &*first : nullptr, check.seen.client_ja4));
    return check;
}

std::vector<std::string> find_envelopes(std::string_view output) {
    constexpr std::string_view kBegin = R"({"document":")";
    std::vector<std::string> found;
    for (std::size_t begin = output.find(kBegin); begin != std::string_view::npos;
         begin = output.find(kBegin, begin + kBegin.size())) {
        const std::size_t end = output.find('}', begin);
        if (end == std::string_view::npos) break;
        // As encode() ends it: what programs print around it may have lost the line end.
        std::string envelope = std::string(output.substr(begin, end - begin + 1)) + "\n";
        if (std::ranges::count(found, envelope) == 0) found.push_back(std::move(envelope));
    }
    return found;
}

}  // namespace sni::proof
