#include "cli/verify.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include "certs/identity.h"
#include "certs/inspect.h"
#include "certs/store.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/lab_setup.h"
#include "cli/lab_text.h"
#include "cli/manifest_files.h"
#include "cli/shell_quote.h"
#include "cli/state.h"
#include "cli/terminal.h"
#include "lab/client/observe.h"
#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/gateways/self_test.h"
#include "lab/proof/judge.h"
#include "lab/proof/saved.h"
#include "lab/report/github.h"
#include "lab/report/html.h"
#include "lab/report/json.h"
#include "lab/report/junit.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

using report::LabKind;
using report::Report;
using report::Verdict;

/// One question to one gateway: what to send, what to expect, and what the check calls itself.
struct Question {
    std::string name;
    client::Probe probe;
    proof::Expectation expectation;
    Verdict verdict = Verdict::proven;
};

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

[[noreturn]] void usage(std::string message, std::string why, std::string hint) {
    throw Failure(Exit::usage, code::kUsage, std::move(message), std::move(why), std::move(hint));
}

/// What the flags add to every question.
struct Flags {
    std::optional<std::string> ca_pem;
    std::optional<Digest> pin;
    std::optional<certs::IdentityPublicKey> identity;
    bool asks_by_name = false;       ///< --sni or --no-sni
    std::optional<std::string> sni;  ///< in lower case
};

Flags read_flags(const VerifyOptions& options) {
    Flags flags;
    if (!options.cacert.empty()) {
        flags.ca_pem = certs::read_file(options.cacert);
        if (const auto anchors = certs::inspect(*flags.ca_pem); !anchors) {
            throw Failure(Exit::usage, code::kUnreadableFile,
                          fmt::format("--cacert {} holds no certificate", options.cacert.string()),
                          anchors.error());
        }
    }
    if (!options.pin.empty()) {
        flags.pin = digest_from_hex(options.pin);
        if (!flags.pin) {
            usage(fmt::format("--pin \"{}\" is no SHA-256", printable(options.pin)),
                  "64 hex digits, with or without colons",
                  "openssl x509 -noout -fingerprint -sha256 -in FILE prints one");
        }
    }
    if (!options.identity.empty())
        flags.identity = certs::IdentityPublicKey::read(options.identity);
    flags.asks_by_name = options.no_sni || !options.sni.empty();
    if (!options.sni.empty()) {
        const auto name = DnsName::parse(options.sni);
        if (!name) {
            usage(fmt::format("--sni \"{}\" cannot be sent as SNI", printable(options.sni)),
                  std::string(to_string(name.error())),
                  "write a host name, such as httpbin.example.com");
        }
        flags.sni = name->text();
    }
    if (!options.request.empty() && !manifest::is_request_path(options.request)) {
        usage(fmt::format("--request \"{}\" is no path to ask for", printable(options.request)), {},
              "write a path such as /status/418");
    }
    return flags;
}

Verdict verdict_of(manifest::ExpectedVerdict expected) {
    switch (expected) {
        case manifest::ExpectedVerdict::proven:
            return Verdict::proven;
        case manifest::ExpectedVerdict::terminated:
            return Verdict::terminated;
        case manifest::ExpectedVerdict::not_routed:
            return Verdict::not_routed;
        case manifest::ExpectedVerdict::certificate:
            return Verdict::certificate;
        case manifest::ExpectedVerdict::inconclusive:
            return Verdict::inconclusive;
        case manifest::ExpectedVerdict::readable:
            break;
    }
    return Verdict::readable;
}

/// The question of one check, with what the flags change about it.
Question question_for(const manifest::Check& check, const LabRecord& record,
                      const VerifyOptions& options, const Flags& flags) {
    const GateRecord* gate = record.gate_for(check.port);
    if (!gate) {
        usage(fmt::format("check \"{}\" asks Gateway port {}", printable(check.name), check.port),
              "no Gateway of the scenario has that port", "correct port: in checks.yaml");
    }
    Question question{
        .name = check.name,
        .probe = {.gateway = gate->endpoint,
                  .sni = check.sni,
                  .request = check.request,
                  .timeout = options.timeout,
                  .ca_pem = flags.ca_pem},
        .expectation = {.leaf_sha256 = record.leaf_for(check.sni),
                        .pin = flags.pin,
                        .status = check.status,
                        .backend = check.backend},
        .verdict = verdict_of(check.verdict),
    };
    if (!options.request.empty()) {
        question.probe.request = options.request;
        question.expectation.status = std::nullopt;  // the check's own belongs to its own path
    }
    if (options.expect_status) question.expectation.status = options.expect_status;
    if (!options.backend.empty()) question.expectation.backend = options.backend;
    return question;
}

std::vector<Question> questions_for(const LabRecord& record, const VerifyOptions& options,
                                    const Flags& flags) {
    std::vector<manifest::Check> checks = record.checks;
    if (flags.asks_by_name) {
        manifest::Check check;
        check.name = flags.sni.value_or("no SNI");
        check.sni = flags.sni;
        check.port = record.gate_for(443) ? 443 : record.gates.front().port;
        check.status = 418;
        checks = {check};
    }
    std::vector<Question> questions;
    questions.reserve(checks.size());
    for (const manifest::Check& check : checks) {
        questions.push_back(question_for(check, record, options, flags));
    }
    return questions;
}

/// Repeats `attempt` until it gives something or `patience` is over; at least once.
template <class Attempt>
auto wait_for(std::chrono::milliseconds patience, Attempt attempt) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto result = attempt();
        if (result || std::chrono::steady_clock::now() >= deadline) return result;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
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

/// What came of the questions, and what it came from.
struct Asked {
    Report report;
    std::vector<proof::SavedProbe> probes;
};

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

/// A lab that should be there and is not: an answer of its own, never a reason to look at another
/// lab.
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

Asked verify_gateway(const VerifyOptions& options, const Flags& flags) {
    const auto gateway = parse_endpoint(options.gateway);
    if (!gateway) usage("--gateway cannot be used", gateway.error(), "write --gateway HOST:PORT");
    if (!flags.asks_by_name) {
        usage("--gateway needs the name to ask for",
              "SNI decides where a passthrough gateway sends the connection",
              "add --sni NAME, or --no-sni");
    }
    const std::filesystem::path own = identity_file(options.state).string() + ".pub";
    if (!flags.identity && !std::filesystem::exists(own)) {
        throw Failure(Exit::usage, code::kNoIdentity,
                      "--gateway needs the identity that the backend signs with",
                      fmt::format("there is no --identity, and no {}", own.string()),
                      "copy the backend's identity FILE.pub here and add --identity FILE.pub");
    }
    Question question{
        .name = flags.sni.value_or("no SNI"),
        .probe = {.gateway = *gateway,
                  .sni = flags.sni,
                  .timeout = options.timeout,
                  .ca_pem = flags.ca_pem},
        .expectation = {.pin = flags.pin, .status = 418},
    };
    if (!options.request.empty()) {
        question.probe.request = options.request;
        question.expectation.status = std::nullopt;
    }
    if (options.expect_status) question.expectation.status = options.expect_status;
    if (!options.backend.empty()) question.expectation.backend = options.backend;
    return ask({std::move(question)},
               flags.identity ? *flags.identity : certs::IdentityPublicKey::read(own),
               LabKind::gateway, "", options);
}

Asked verify_running(const LabRecord& record, const VerifyOptions& options, const Flags& flags) {
    if (!options.scenario.empty() && load_scenario(options.scenario).name != record.scenario) {
        usage(fmt::format("the running lab plays scenario {}, not {}", printable(record.scenario),
                          printable(options.scenario)),
              {}, "leave the name out, or start the other one: sni-lab down && sni-lab up …");
    }
    if (!lab_is_alive(options.state)) {
        return nobody(
            code::kLabGone,
            fmt::format("the lab on record (process {}) is gone; it ended without cleaning up",
                        record.pid),
            "sni-lab up starts it again, sni-lab down removes the record", record.scenario);
    }
    auto identity = certs::IdentityPublicKey::parse(record.identity_pem);
    if (flags.identity) identity = *flags.identity;
    if (!identity)
        throw Failure(Exit::usage, code::kBadRecord, "the record's identity cannot be used",
                      identity.error(), "sni-lab down && sni-lab up");
    return ask(questions_for(record, options, flags), *identity, LabKind::running, record.scenario,
               options);
}

Asked verify_own(const VerifyOptions& options, const Flags& flags) {
    const Loaded loaded = load(options.scenario.empty() ? "passthrough" : options.scenario, false,
                               options.default_namespace);
    if (!options.save.empty()) {
        // A proof that outlives this lab wants an identity that does, too.
        certs::make_private_folder(options.state);
        certs::Identity::load_or_make(identity_file(options.state));
    }
    const RunningLab running = start(loaded, {.state = options.state, .now = now()});
    return ask(questions_for(running.record, options, flags),
               flags.identity ? *flags.identity : running.identity, LabKind::own,
               loaded.scenario.name, options);
}

Asked verify_lab(const VerifyOptions& options, const Flags& flags) {
    const auto record = wait_for(options.wait, [&] { return read_record(options.state); });
    if (record) return verify_running(*record, options, flags);
    if (lab_is_alive(options.state)) {
        return nobody(code::kNoLab, "a lab is starting, but cannot serve yet",
                      "sni-lab verify --wait 10s waits for it", options.scenario);
    }
    if (options.running) {
        return nobody(code::kNoLab,
                      fmt::format("no lab is on record in {}", options.state.string()),
                      "sni-lab up --detach starts one; without --running verify starts its own",
                      options.scenario);
    }
    return verify_own(options, flags);
}

/// The same questions for the tools that everybody has.
std::string other_tools(const Report& report) {
    std::string text = "\nThe same with other tools\n";
    for (const report::Check& check : report.checks) {
        if (check.gateway == "none") continue;
        const std::string name =
            check.sni ? " -servername " + shell_quoted(*check.sni) : " -noservername";
        text += fmt::format("  openssl s_client -connect {}{}\n", check.gateway, name);
        if (check.sni) {
            text += fmt::format("  curl -v --insecure --connect-to {}:443:{} https://{}{}\n",
                                shell_quoted(*check.sni), check.gateway, shell_quoted(*check.sni),
                                shell_quoted(check.request));
        }
    }
    return text;
}

/// Annotations among the output of the step, and the job's page where the runner has one.
void tell_github(const Report& report, std::ostream& out) {
    out << report::to_github(report);
    const char* summary = std::getenv("GITHUB_STEP_SUMMARY");
    if (!summary || !*summary) return;
    std::ofstream page(summary, std::ios::app);
    if (!(page << report::to_markdown(report)).flush()) {
        throw Failure(Exit::machine, code::kCannotWrite,
                      fmt::format("the job's summary {} could not be written", summary));
    }
}

void save_proof(const Asked& asked, const VerifyOptions& options, std::ostream& err) {
    certs::make_private_folder(options.state);
    const std::filesystem::path key = verifier_file(options.state);
    const certs::Identity verifier = certs::Identity::load_or_make(key);
    const std::string document = proof::encode(proof::SavedProof{
        asked.report.time, asked.report.version, asked.report.scenario, asked.probes});
    const std::string message = proof::saved_bytes(document);
    certs::write_file(options.save,
                      proof::encode_saved_file({document, verifier.sign(as_bytes(message))}));
    err << fmt::format(
        "Saved {}. Judge it again: sni-lab proof check {} --identity PUB --verifier {}\n",
        options.save.string(), shell_quoted(options.save.string()),
        shell_quoted(key.string() + ".pub"));
}

}  // namespace

Exit run_verify(const VerifyOptions& options, Streams io) {
    const Flags flags = read_flags(options);
    // An older report must not be taken for this one's, should this one never be written.
    std::error_code none;
    for (const auto& file : {options.junit, options.html, options.save}) {
        if (!file.empty()) std::filesystem::remove(file, none);
    }
    const Asked asked =
        options.gateway.empty() ? verify_lab(options, flags) : verify_gateway(options, flags);
    const Report& report = asked.report;
    if (options.json) {
        io.out << report::print(report::to_json(report));
    } else {
        io.out << report::to_text(report, style_of(io.out), options.quiet);
        if (options.verbose) io.out << other_tools(report);
    }
    if (!options.junit.empty()) certs::write_file(options.junit, report::to_junit(report));
    if (!options.html.empty()) certs::write_file(options.html, report::to_html(report));
    if (options.github) tell_github(report, io.out);
    if (!options.save.empty()) save_proof(asked, options, io.err);
    return report.exit();
}

std::string tool_version() {
    return fmt::format("sni-lab {}, {}", SNI_LAB_VERSION, OpenSSL_version(OPENSSL_VERSION));
}

void add_verify(CLI::App& app, Action& chosen) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* cmd =
        app.add_subcommand("verify", "Prove that TLS ends at the backend, and nowhere before it");
    cmd->add_option("scenario", options->scenario,
                    "Scenario to check (default: the running lab's, else passthrough)");
    add_state(*cmd, options->state);
    cmd->add_option("--namespace", options->default_namespace,
                    "Namespace of documents that name none (default: default)");
    cmd->add_option("--gateway", options->gateway,
                    "HOST:PORT of any gateway in front of a sni-lab backend")
        ->excludes("scenario");
    cmd->add_option("--sni", options->sni, "Name to send as SNI");
    cmd->add_flag("--no-sni", options->no_sni, "Send no SNI")->excludes("--sni");
    cmd->add_option("--identity", options->identity,
                    "Public half of the backend's identity (default: the state folder's)");
    cmd->add_option("--backend", options->backend, "Name that the backend must sign as its own");
    cmd->add_flag("--running", options->running,
                  "Only ever look at the running lab; exit 4 when there is none")
        ->excludes("--gateway");
    add_duration(*cmd, "--wait", options->wait,
                 "Wait so long for the lab or the gateway to answer");
    add_duration(*cmd, "--timeout", options->timeout, "Give up a probe after so long");
    cmd->add_option("--cacert", options->cacert,
                    "The certificate's chain must lead to one in this PEM file");
    cmd->add_option("--pin", options->pin,
                    "SHA-256 of the certificate, or of its public key, in hex");
    cmd->add_option("--request", options->request, "Path to ask for instead of the check's own");
    cmd->add_option("--expect-status", options->expect_status, "Status that the answer must have")
        ->check(CLI::Range(100, 999));
    cmd->add_option("--samples", options->samples,
                    "Connections for each name, each with its own nonce (default: 1)")
        ->check(CLI::Range(1, 10'000));
    cmd->add_flag("--self-test", options->self_test,
                  "Also start every kind of cheating gateway, and demand that each is caught");
    cmd->add_flag("--json", options->json, "One JSON document, schema sni-lab/verify/1");
    cmd->add_option("--junit", options->junit, "Write JUnit XML there, too");
    cmd->add_option("--html", options->html, "Write one self-contained page there, too");
    cmd->add_flag("--github", options->github,
                  "Also print GitHub annotations, and append to $GITHUB_STEP_SUMMARY")
        ->excludes("--json");
    cmd->add_option("--save", options->save,
                    "Write the proof there, signed, for sni-lab proof check");
    cmd->add_flag("-v,--verbose", options->verbose, "Also print the equal openssl and curl lines");
    cmd->add_flag("-q,--quiet", options->quiet, "Only the verdict");
    cmd->footer(
        "Example: sni-lab verify --gateway 127.0.0.1:8443 --sni httpbin.example.com --identity "
        "identity.key.pub");
    cmd->callback([options, &chosen] {
        chosen = [options](Streams io) { return run_verify(*options, io); };
    });
}

}  // namespace sni::cli
