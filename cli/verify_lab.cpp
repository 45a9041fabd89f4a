#include "cli/verify_lab.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "certs/clock.h"
#include "certs/store.h"
#include "cli/ending.h"
#include "cli/flags.h"
#include "cli/lab_setup.h"
#include "cli/manifest_files.h"
#include "cli/state.h"
#include "cli/trust.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

namespace {

using report::LabKind;

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

Answers verify_gateway(const VerifyOptions& options, const Flags& flags) {
    std::vector<Question> questions = gateway_questions(options, flags);
    const std::filesystem::path own = identity_file(options.state).string() + ".pub";
    if (!flags.identity && !is_there(own, options.state)) {
        if (!flags.ticket_swap) {
            throw Failure(Exit::usage, code::kNoIdentity,
                          "--gateway needs the identity that the backend signs with",
                          fmt::format("there is no --identity, and no {}", own.string()),
                          "copy the backend's identity FILE.pub here and add --identity FILE.pub");
        }
        // A service that nobody may change signs nothing; a ticket says what it can.
        for (Question& question : questions) {
            question.probe.ask_for_proof = false;
            if (options.hello.alpn.empty()) question.probe.offer.alpn = {"http/1.1"};
            if (std::ranges::count(question.probe.offer.alpn, "h2") == 0) continue;
            refuse("--alpn h2 needs an identity that a backend signs with",
                   "without one it would only be known that somebody speaks h2, and sni-lab does "
                   "not; leave h2 out");
        }
        return ask(std::move(questions), certs::Identity::make().public_key(), LabKind::gateway, "",
                   options, flags);
    }
    if (flags.identity) {
        return ask(std::move(questions), *flags.identity, LabKind::gateway, "", options, flags);
    }
    return ask(std::move(questions),
               read_public_key(own, KeyFrom::state_folder, options.trust_file), LabKind::gateway,
               "", options, flags, printable(own.native()));
}

/// The command that starts the lab on record anew.
std::string start_again(const LabRecord& record, const std::filesystem::path& state) {
    const std::string word = record.scenario_word();
    return fmt::format("sni-lab up{} {} --detach", state_flag(state),
                       word.empty() ? "SCENARIO" : word);
}

/// Throws Failure(Exit::usage) where the running lab is not what `asked` is now.
void require_same(const LabRecord& record, const LoadedScenario& asked,
                  const VerifyOptions& options) {
    const bool same_name = record.scenario == printable(asked.name);
    if (same_name && (!record.digest || *record.digest == asked.digest)) return;
    const bool changed = same_name && record.origin == asked.origin;
    const std::string other = printable(options.scenario == "-" ? "stdin" : options.scenario);
    throw Failure(
        Exit::usage, code::kUsage,
        changed ? fmt::format("the running lab was started with another {}", other)
                : fmt::format("the running lab plays scenario {}, not {}",
                              printable(same_name ? record.origin.value_or(record.scenario)
                                                  : record.scenario),
                              other),
        changed ? "its files, or the flags about the cluster, have changed since" : "",
        fmt::format("leave the name out{}, or start {}: sni-lab down{} && sni-lab up{} {} --detach",
                    changed ? " for the lab as it is" : "", changed ? "it anew" : "the other one",
                    state_flag(options.state), state_flag(options.state),
                    shell_quoted(options.scenario)));
}

/// What is wrong with the manifests that the running lab is compared with, errors apart: the lab
/// runs.
std::vector<Diagnostic> compared(const LabRecord& record, const VerifyOptions& options) {
    if (options.scenario.empty()) {
        const std::string flag = state_flag(options.state);
        refuse_cluster(options.cluster, "the running lab is looked at as sni-lab up made it",
                       fmt::format("leave it out, or start the lab with it: sni-lab down{0} && "
                                   "sni-lab up{0} …",
                                   flag));
        return {};
    }
    LoadedScenario asked =
        load_scenario(options.scenario, options.cluster.default_namespace, options.cluster);
    require_same(record, asked, options);
    return std::move(asked.diagnostics);
}

Answers verify_running(const LabRecord& record, const VerifyOptions& options, const Flags& flags) {
    const std::string flag = state_flag(options.state);
    std::vector<Diagnostic> warnings = compared(record, options);
    if (!lab_is_alive(options.state)) {
        return nobody(
            code::kLabGone,
            fmt::format("the lab on record (process {}) is gone; it ended without cleaning up",
                        record.pid),
            fmt::format("{} starts it again, sni-lab down{} removes the record",
                        start_again(record, options.state), flag),
            record.scenario);
    }
    auto identity = certs::IdentityPublicKey::parse(record.identity_pem);
    if (!flags.identity && !options.trust_file) {
        require_trusted(lab_record(options.state),
                        "its record says whose signature to believe: name the key that you trust "
                        "with --identity FILE.pub, or believe it as it is with --trust-file");
    }
    if (flags.identity) identity = *flags.identity;
    if (!identity)
        throw Failure(
            Exit::usage, code::kBadRecord, "the record's identity cannot be used", identity.error(),
            fmt::format("sni-lab down{} && {}", flag, start_again(record, options.state)));
    Flags asked = flags;
    if (!asked.backend_admin) asked.backend_admin = record.admin;
    Answers answers = ask(questions_for(record, options, flags), *identity, LabKind::running,
                          record.scenario, options, asked);
    answers.warnings = std::move(warnings);
    return answers;
}

/// A proof that outlives a lab of our own wants an identity that does, too. Where nobody asked for
/// the proof nothing depends on it.
void keep_identity(const VerifyOptions& options) {
    std::error_code none;
    if (options.save.empty() && !std::filesystem::is_directory(options.state, none)) return;
    try {
        certs::make_private_folder(options.state);
        certs::Identity::load_or_make(identity_file(options.state));
    } catch (const Failure&) {
        if (!options.save.empty()) throw;
    }
}

Answers verify_own(const VerifyOptions& options, const Flags& flags) {
    const Loaded loaded = load(options.scenario.empty() ? "passthrough" : options.scenario, false,
                               options.cluster.default_namespace, options.cluster);
    keep_identity(options);
    const RunningLab running = start(loaded, {.state = options.state, .now = wall_clock()});
    Answers answers = ask(questions_for(running.record, options, flags),
                          flags.identity ? *flags.identity : running.identity, LabKind::own,
                          loaded.scenario.name, options, flags);
    answers.warnings = loaded.warnings;
    return answers;
}

Answers verify_lab(const VerifyOptions& options, const Flags& flags) {
    const auto record = wait_for(options.wait, [&] { return read_record(options.state); });
    if (record) return verify_running(*record, options, flags);
    if (lab_is_alive(options.state)) {
        return nobody(
            code::kNoLab, "a lab is starting, but cannot serve yet",
            fmt::format("sni-lab verify{} --wait 10s waits for it", state_flag(options.state)),
            options.scenario);
    }
    // What is watched is not to be replaced by a lab of our own when it is gone.
    if (options.running || options.every.count() > 0) {
        return nobody(code::kNoLab,
                      fmt::format("no lab is on record in {}", options.state.string()),
                      fmt::format("sni-lab up --detach{} starts one; {}", state_flag(options.state),
                                  options.running ? "without --running verify starts its own"
                                                  : "--every watches what runs already"),
                      options.scenario);
    }
    return verify_own(options, flags);
}

}  // namespace

Answers look(const VerifyOptions& options, const Flags& flags) {
    return options.gateway.empty() ? verify_lab(options, flags) : verify_gateway(options, flags);
}

Answers look_until_stopped(const VerifyOptions& options, const Flags& flags, Signals& signals,
                           std::ostream& out) {
    Answers asked;
    ask_until_stopped(signals, [&] { asked = look(options, flags); }, out);
    return asked;
}

}  // namespace sni::cli
