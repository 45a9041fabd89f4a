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
    std::error_code none;
    if (!flags.identity && !std::filesystem::exists(own, none)) {
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

Answers verify_running(const LabRecord& record, const VerifyOptions& options, const Flags& flags) {
    if (options.scenario.empty())
        refuse_cluster(options.cluster, "the running lab is looked at as sni-lab up made it",
                       "leave it out, or start the lab with it: sni-lab down && sni-lab up …");
    if (!options.scenario.empty() &&
        printable(
            load_scenario(options.scenario, options.cluster.default_namespace, options.cluster)
                .name) != record.scenario) {
        throw Failure(Exit::usage, code::kUsage,
                      fmt::format("the running lab plays scenario {}, not {}",
                                  printable(record.scenario), printable(options.scenario)),
                      {},
                      "leave the name out, or start the other one: sni-lab down && sni-lab up …");
    }
    if (!lab_is_alive(options.state)) {
        return nobody(
            code::kLabGone,
            fmt::format("the lab on record (process {}) is gone; it ended without cleaning up",
                        record.pid),
            "sni-lab up starts it again, sni-lab down removes the record", record.scenario);
    }
    auto identity = certs::IdentityPublicKey::parse(record.identity_pem);
    if (!flags.identity && !options.trust_file) {
        require_trusted(lab_record(options.state),
                        "its record says whose signature to believe: name the key that you trust "
                        "with --identity FILE.pub, or believe it as it is with --trust-file");
    }
    if (flags.identity) identity = *flags.identity;
    if (!identity)
        throw Failure(Exit::usage, code::kBadRecord, "the record's identity cannot be used",
                      identity.error(), "sni-lab down && sni-lab up");
    Flags asked = flags;
    if (!asked.backend_admin) asked.backend_admin = record.admin;
    return ask(questions_for(record, options, flags), *identity, LabKind::running, record.scenario,
               options, asked);
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
    return ask(questions_for(running.record, options, flags),
               flags.identity ? *flags.identity : running.identity, LabKind::own,
               loaded.scenario.name, options, flags);
}

Answers verify_lab(const VerifyOptions& options, const Flags& flags) {
    const auto record = wait_for(options.wait, [&] { return read_record(options.state); });
    if (record) return verify_running(*record, options, flags);
    if (lab_is_alive(options.state)) {
        return nobody(code::kNoLab, "a lab is starting, but cannot serve yet",
                      "sni-lab verify --wait 10s waits for it", options.scenario);
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
