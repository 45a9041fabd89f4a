#include "cli/verify_ask.h"

#include <thread>
#include <utility>

#include "certs/clock.h"
#include "cli/verify_clients.h"
#include "lab/client/backend_sessions.h"
#include "lab/client/canaries.h"
#include "lab/client/observe.h"
#include "lab/client/ticket_swap.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/gateways/self_test.h"
#include "lab/play/expectations.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/judge/sessions.h"

namespace sni::cli {

namespace {

using proof::Verdict;
using report::LabKind;
using report::Report;

using Clock = std::chrono::steady_clock;

/// --wait is for a gateway or a backend that does not answer yet, never for an answer that we do
/// not like.
proof::Evidence observe_when_ready(const Question& question,
                                   const certs::IdentityPublicKey& identity,
                                   Clock::time_point deadline) {
    proof::Evidence evidence = question.trouble ? proof::Evidence{.gateway = question.probe.gateway,
                                                                  .sni = question.probe.sni,
                                                                  .request = question.probe.request,
                                                                  .trouble = question.trouble}
                                                : client::observe(question.probe, identity);
    const auto too_early = [&] {
        if (!evidence.trouble) return false;
        const proof::Stage stage = evidence.trouble->stage;
        return stage == proof::Stage::connect ||
               (stage == proof::Stage::handshake && question.verdict == Verdict::proven);
    };
    while (too_early() && Clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        evidence = client::observe(question.probe, identity);
    }
    return evidence;
}

/// What rides on connections of its own, where the flags ask for it. What became of it a backend's
/// statement tells, and no witness's.
std::vector<proof::Canary> send_canaries(const client::Probe& probe,
                                         const certs::IdentityPublicKey& identity,
                                         const VerifyOptions& options) {
    std::vector<proof::Canary> canaries;
    if (probe.witness) return canaries;
    if (options.canary) canaries.push_back(client::send_alpn_canary(probe, identity));
    if (probe.certificate) canaries.push_back(client::send_certificate_canary(probe, identity));
    return canaries;
}

/// For whoever judges it again. Where the flags ask something else than the scenario, a refusal
/// must still be one.
std::optional<proof::ExpectedLines> lines_of(const Question& question) {
    if (question.check) return play::expected_lines(*question.check);
    if (question.verdict == Verdict::proven) return std::nullopt;
    return proof::ExpectedLines{.refusal = true};
}

/// One connection, and what else the flags ask for beside it.
proof::SavedProbe probe_once(const Question& question, const certs::IdentityPublicKey& identity,
                             const VerifyOptions& options, const Flags& flags,
                             Clock::time_point deadline) {
    proof::SavedProbe probe{.name = question.name,
                            .evidence = observe_when_ready(question, identity, deadline),
                            .expectation = question.expectation,
                            .expected = question.verdict,
                            .lines = lines_of(question)};
    proof::Evidence& e = probe.evidence;
    if (flags.backend_admin && proof::lacks_statement(e)) {
        e.sessions = client::ask_for_session(*flags.backend_admin, e, options.timeout);
    }
    if (flags.ticket_swap && question.verdict == Verdict::proven) {
        e.ticket = client::swap_tickets(*flags.ticket_swap, question.probe);
    }
    return probe;
}

/// Whoever is at those addresses may do as he likes.
proof::Check not_asked(const Question& question) {
    proof::Check check{.name = question.name,
                       .gateway = to_string(question.probe.gateway),
                       .sni = question.probe.sni,
                       .request = question.probe.request};
    check.lines.push_back({.name = "addresses",
                           .mark = proof::Mark::missing,
                           .text = question.unasked,
                           .code = std::string(code::kTooManyAddresses),
                           .hint = "ask them one by one: --gateway ADDRESS:PORT",
                           .verdict = Verdict::inconclusive});
    check.verdict = proof::worst_of(check.lines);
    return check;
}

}  // namespace

Answers ask(std::vector<Question> questions, const certs::IdentityPublicKey& identity, LabKind kind,
            std::string scenario, const VerifyOptions& options, const Flags& flags,
            const std::string& identity_from) {
    Answers asked{.report = {.lab = kind,
                             .scenario = std::move(scenario),
                             .time = wall_clock(),
                             .version = tool_version()}};
    Report& report = asked.report;
    const std::string from =
        options.identity.empty() ? identity_from : printable(options.identity.native());
    const Clock::time_point deadline = Clock::now() + options.wait;  // of all connections together
    for (Question& question : questions) {
        question.expectation.identity_key_id =
            identity.key_id() + (from.empty() ? "" : ", from " + from);
        question.expectation.now = report.time;
        if (!question.unasked.empty()) {
            report.checks.push_back(not_asked(question));
            continue;
        }
        if (asks_clients(options)) {
            for (proof::Check& check : ask_clients(question, identity, options, deadline)) {
                report.checks.push_back(std::move(check));
            }
            continue;
        }
        const bool must_prove = question.verdict == Verdict::proven;
        const int count = must_prove ? options.samples : 1;
        std::vector<proof::Check> samples;
        for (int i = 0; i < count; ++i) {
            if (count > 1) {
                question.probe.from = i % 2 == 0 ? net::SourcePort::even : net::SourcePort::odd;
            }
            proof::SavedProbe probe = probe_once(question, identity, options, flags, deadline);
            if (must_prove && i == 0) {
                probe.canaries = send_canaries(question.probe, identity, options);
            }
            samples.push_back(
                proof::judge(probe.evidence, question.expectation, question.name, probe.canaries));
            asked.probes.push_back(std::move(probe));
        }
        report.checks.push_back(proof::weakest(samples));
        report.checks.back().expected = question.verdict;
        if (!question.note.empty()) {
            report.checks.back().lines.push_back(
                {.name = "addresses", .mark = proof::Mark::info, .text = std::move(question.note)});
        }
        if (question.check) {
            report.checks.back().unmet = play::unmet(*question.check, report.checks.back());
        }
    }
    if (options.self_test) {
        report.controls = options.witness.empty() ? gateways::self_test(options.timeout)
                                                  : gateways::witness_self_test(options.timeout);
    }
    return asked;
}

Answers nobody(std::string_view code, std::string text, std::string hint, std::string scenario) {
    proof::Check check{.name = "the lab on record",
                       .gateway = std::string(proof::kNobody),
                       .verdict = Verdict::not_routed};
    check.lines.push_back({.name = "routed",
                           .mark = proof::Mark::fail,
                           .text = std::move(text),
                           .code = std::string(code),
                           .hint = std::move(hint),
                           .verdict = Verdict::not_routed});
    return {.report = {.lab = LabKind::running,
                       .scenario = std::move(scenario),
                       .time = wall_clock(),
                       .version = tool_version(),
                       .checks = {check}}};
}

}  // namespace sni::cli
