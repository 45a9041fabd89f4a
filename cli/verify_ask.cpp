#include "cli/verify_ask.h"

#include <thread>
#include <utility>

#include "lab/client/observe.h"
#include "lab/gateways/self_test.h"
#include "lab/proof/judge.h"

namespace sni::cli {

namespace {

using report::LabKind;
using report::Report;
using report::Verdict;

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// --wait is for a gateway or a backend that does not answer yet, never for an answer that we do
/// not like.
proof::Evidence observe_when_ready(const Question& question,
                                   const certs::IdentityPublicKey& identity,
                                   std::chrono::milliseconds patience) {
    proof::Evidence evidence = client::observe(question.probe, identity);
    const auto too_early = [&] {
        if (!evidence.trouble) return false;
        const proof::Stage stage = evidence.trouble->stage;
        return stage == proof::Stage::connect ||
               (stage == proof::Stage::handshake && question.verdict == Verdict::proven);
    };
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (too_early() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        evidence = client::observe(question.probe, identity);
    }
    return evidence;
}

}  // namespace

Asked ask(std::vector<Question> questions, const certs::IdentityPublicKey& identity, LabKind kind,
          std::string scenario, const VerifyOptions& options) {
    Asked asked{.report = {.lab = kind,
                           .scenario = std::move(scenario),
                           .time = now(),
                           .version = tool_version()}};
    Report& report = asked.report;
    for (Question& question : questions) {
        question.expectation.identity_key_id = identity.key_id();
        question.expectation.now = report.time;
        const int count = question.verdict == Verdict::proven ? options.samples : 1;
        std::vector<report::Check> samples;
        for (int i = 0; i < count; ++i) {
            proof::Evidence evidence = observe_when_ready(question, identity, options.wait);
            samples.push_back(proof::judge(evidence, question.expectation, question.name));
            asked.probes.push_back(
                {question.name, std::move(evidence), question.expectation, question.verdict});
        }
        report.checks.push_back(proof::weakest(samples));
        report.checks.back().expected = question.verdict;
    }
    if (options.self_test) report.controls = gateways::self_test(options.timeout);
    return asked;
}

Asked nobody(std::string_view code, std::string text, std::string hint, std::string scenario) {
    report::Check check{
        .name = "the lab on record", .gateway = "none", .verdict = Verdict::not_routed};
    check.lines.push_back({.name = "routed",
                           .mark = report::Mark::fail,
                           .text = std::move(text),
                           .code = std::string(code),
                           .hint = std::move(hint),
                           .verdict = Verdict::not_routed});
    return {.report = {.lab = LabKind::running,
                       .scenario = std::move(scenario),
                       .time = now(),
                       .version = tool_version(),
                       .checks = {check}}};
}

}  // namespace sni::cli
