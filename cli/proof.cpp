// sni-lab proof check: judges a saved proof again, on any machine, from its bytes.
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/identity.h"
#include "certs/store.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/state.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "lab/client/observe.h"
#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/judge.h"
#include "lab/proof/saved.h"
#include "lab/report/json.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

using proof::Line;
using proof::Mark;
using proof::Verdict;

struct CheckOptions {
    std::filesystem::path file;
    std::filesystem::path state;
    std::filesystem::path identity;  ///< empty: the state folder's own
    std::filesystem::path verifier;  ///< empty: nobody vouches for the client's half
    bool trust_file = false;         ///< as verify has it
    std::string sni;                 ///< as given; empty: whatever the proof asked
    std::string gateway;
    std::string backend;
    std::string pin;
    std::chrono::milliseconds max_age{0};  ///< 0: of any age
    bool quiet = false;
    bool json = false;
};

/// What the flags expect of a proof, read.
struct Wanted {
    std::optional<std::string> sni;
    std::optional<Endpoint> gateway;
    std::optional<Digest> pin;
};

Wanted read_wanted(const CheckOptions& options) {
    Wanted wanted{.pin = read_pin(options.pin)};
    if (!options.sni.empty()) wanted.sni = name_to_send(options.sni);
    if (options.gateway.empty()) return wanted;
    const auto gateway = parse_gateway(options.gateway);
    if (!gateway) {
        throw Failure(Exit::usage, code::kUsage, "--gateway cannot be used", gateway.error(),
                      "write --gateway HOST:PORT");
    }
    wanted.gateway = *gateway;
    return wanted;
}

bool is_about(const proof::Evidence& e, const Wanted& wanted) {
    const bool gateway =
        !wanted.gateway || e.gateway == *wanted.gateway || e.address == wanted.gateway;
    const auto sni = e.sni ? std::optional(to_lower_ascii(*e.sni)) : std::nullopt;
    return gateway && (!wanted.sni || sni == wanted.sni);
}

/// Of a proof that has no probe of what is asked about.
proof::Check elsewhere(const CheckOptions& options) {
    proof::Check check{
        .name = options.sni.empty() ? options.gateway : options.sni,
        .gateway = options.gateway.empty() ? std::string(proof::kNobody) : options.gateway};
    if (!options.sni.empty()) check.sni = options.sni;
    check.lines.push_back({.name = "about",
                           .mark = Mark::missing,
                           .text = "no probe of this proof asked that",
                           .code = std::string(code::kSavedElsewhere),
                           .hint = "without --sni and --gateway all that it did ask is shown",
                           .verdict = Verdict::inconclusive});
    check.verdict = Verdict::inconclusive;
    return check;
}

/// Whether it is young enough; clocks may differ by as much as the line "clock" lets them.
std::optional<Line> age_line(std::chrono::seconds age, std::chrono::milliseconds most) {
    constexpr std::chrono::seconds kClocks(5);
    if (most.count() == 0) return std::nullopt;
    const std::string text =
        fmt::format("{} {}", report::in_words(age), age < -kClocks ? "ahead of this clock" : "old");
    if (age <= most && age >= -kClocks) return Line{.name = "age", .text = text};
    return Line{.name = "age",
                .mark = Mark::missing,
                .text = fmt::format("{}; at most {} was asked for", text, to_string(most)),
                .code = std::string(code::kSavedTooOld),
                .hint = "ask for a new one: sni-lab verify --save FILE",
                .verdict = Verdict::inconclusive};
}

[[noreturn]] void unreadable(const CheckOptions& options, const std::string& why) {
    throw Failure(Exit::usage, code::kSavedUnreadable,
                  fmt::format("{} is no saved proof", options.file.string()), why,
                  "sni-lab verify --save FILE writes one; was this one cut or edited?");
}

/// Who vouches for what the client saw.
Line attested(const CheckOptions& options, const proof::Envelope& file) {
    if (options.verifier.empty()) {
        return {.name = "attested",
                .mark = Mark::missing,
                .text = "nobody vouches for what the client saw: --verifier was not given",
                .code = std::string(code::kUnattested),
                .hint =
                    "add --verifier FILE: STATE/verifier.key.pub of whoever ran verify, got by "
                    "another way than the proof",
                .verdict = Verdict::inconclusive};
    }
    const auto verifier = read_public_key(options.verifier, KeyFrom::flag, options.trust_file);
    const std::string message = proof::saved_bytes(file.document);
    if (verifier.verify(as_bytes(message), file.signature)) {
        return {.name = "attested",
                .text = fmt::format("signed as a whole by the verifier {}", verifier.key_id())};
    }
    return {.name = "attested",
            .mark = Mark::fail,
            .text = fmt::format("not signed as it stands by the verifier {}", verifier.key_id()),
            .code = std::string(code::kSavedAltered),
            .hint = "the file was altered, or --verifier names another verifier's key",
            .verdict = Verdict::report_altered};
}

/// Enters what is known of the whole file, or is not. A refusal that was expected and came counts
/// as proven no more than the line lets it.
void enter(const Line& line, proof::Check& check) {
    check.lines.push_back(line);
    if (check.refused_as_expected() && line.verdict != Verdict::proven) {
        check.verdict = line.verdict;
        check.unmet = {printable(line.text)};
    }
    check.verdict = proof::worse(check.verdict, line.verdict);
}

/// Compares with what was expected beside the verdict. A file from before that was kept does not
/// tell by which words or lines a refusal was meant to come.
void compare(const proof::SavedProbe& probe, proof::Check& check) {
    check.expected = probe.expected;
    if (probe.lines) {
        check.unmet = proof::unmet(*probe.lines, probe.expected, check);
    } else if (check.refused_as_expected()) {
        enter(
            {.name = "expected",
             .mark = Mark::missing,
             .text = "which refusal was expected is not in this file: an earlier version wrote it",
             .code = std::string(code::kExpectationUnsaved),
             .hint = "ask for a new one: sni-lab verify --save FILE",
             .verdict = Verdict::inconclusive},
            check);
    }
}

/// Samples of one check follow each other and share its name.
std::vector<proof::Check> judge_again(const proof::SavedProof& saved,
                                      const certs::IdentityPublicKey& identity,
                                      const CheckOptions& options) {
    std::vector<std::vector<proof::Check>> groups;
    std::vector<const proof::SavedProbe*> first;
    const Wanted wanted = read_wanted(options);
    const std::string identity_told =
        fmt::format("{}, from {}", identity.key_id(), printable(options.identity.native()));
    for (const proof::SavedProbe& probe : saved.probes) {
        if (!is_about(probe.evidence, wanted)) continue;
        const auto evidence = client::read_again(probe.evidence, identity);
        if (!evidence) unreadable(options, evidence.error());
        proof::Expectation expectation = probe.expectation;
        expectation.identity_key_id = identity_told;
        if (!options.backend.empty()) expectation.backend = options.backend;
        if (wanted.pin) expectation.pin = wanted.pin;
        std::vector<proof::Canary> canaries = probe.canaries;
        for (proof::Canary& canary : canaries) {
            auto again = client::read_again(canary.evidence, identity);
            if (!again) unreadable(options, again.error());
            canary.evidence = std::move(*again);
        }
        proof::Check check = proof::judge(*evidence, expectation, probe.name, canaries);
        if (groups.empty() || groups.back().front().name != check.name) {
            groups.emplace_back();
            first.push_back(&probe);
        }
        groups.back().push_back(std::move(check));
    }
    std::vector<proof::Check> checks;
    checks.reserve(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
        checks.push_back(proof::weakest(groups[i]));
        compare(*first[i], checks.back());
    }
    if (checks.empty() && (wanted.sni || wanted.gateway)) checks.push_back(elsewhere(options));
    return checks;
}

/// The last proof of this state folder is vouched for by its own verifier.
void use_own(CheckOptions& options) {
    options.file = latest_proof(options.state);
    if (!is_there(options.file, options.state)) {
        throw Failure(Exit::usage, code::kUnreadableFile,
                      fmt::format("there is no proof in {}", printable(options.state.native())), {},
                      fmt::format("sni-lab verify{} writes one when a lab or a gateway answers; or "
                                  "name a file that verify --save wrote",
                                  state_flag(options.state)));
    }
    const std::filesystem::path own = verifier_file(options.state).string() + ".pub";
    if (options.verifier.empty() && is_there(own, options.state)) options.verifier = own;
}

/// "-" is standard input, which somebody may have to type a password for.
std::string read_proof(const std::filesystem::path& file) {
    if (file != "-") return certs::read_file(file);
    constexpr std::size_t kMost = 16u << 20;
    return certs::read_file(input_file("-"), kMost, std::chrono::minutes(10));
}

Exit run_check(CheckOptions options, Streams io) {
    if (options.file.empty()) use_own(options);
    const auto file = proof::decode_saved_file(read_proof(options.file));
    if (!file) unreadable(options, std::string(sentence(file.error())));
    const Line voucher = attested(options, *file);
    const auto saved = proof::decode_saved(file->document);
    if (!saved) unreadable(options, std::string(sentence(saved.error())));
    const bool named = !options.identity.empty();
    if (!named) options.identity = identity_file(options.state).string() + ".pub";
    const auto identity = read_public_key(
        options.identity, named ? KeyFrom::flag : KeyFrom::state_folder, options.trust_file);

    report::Report report{.lab = report::LabKind::saved,
                          .scenario = saved->scenario,
                          .time = saved->time,
                          .version = saved->version,
                          .checks = judge_again(*saved, identity, options),
                          .saved = report::SavedFrom{wall_clock() - saved->time, saved->lab}};
    std::vector<Line> of_the_file = {voucher};
    if (auto age = age_line(report.saved->age, options.max_age)) of_the_file.push_back(*age);
    for (proof::Check& check : report.checks) {
        for (const Line& line : of_the_file) {
            enter(line, check);
        }
    }
    if (options.json) {
        io.out << report::print(report::to_json(report));
    } else {
        io.out << report::to_text(report, style_of(io.out), options.quiet);
    }
    return report.exit();
}

}  // namespace

void add_proof(CLI::App& app, Action& chosen) {
    auto options = std::make_shared<CheckOptions>();
    CLI::App* proof = add_command(app, "proof", "Work with proofs that verify --save wrote");
    proof->require_subcommand(1);
    CLI::App* check = add_command(*proof, "check", "Judge a saved proof again, from its bytes");
    check->add_option("file", options->file,
                      "What verify --save wrote, or - for standard input (default: the last one, "
                      "STATE/proof.json)");
    add_state(*check, options->state);
    check
        ->add_option("--identity", options->identity,
                     "Public half of the backend's identity (default: the state folder's)")
        ->type_name("FILE");
    check
        ->add_option("--verifier", options->verifier,
                     "Public half of the verifier's key: who vouches for the client's half "
                     "(default: without FILE the state folder's)")
        ->type_name("FILE");
    add_trust_file(*check, options->trust_file);
    add_duration(*check, "--max-age", options->max_age,
                 "The proof must be as young as that, 30 days at most; 0: of any age",
                 Zero::allowed);
    check->add_option("--sni", options->sni, "Judge only what was asked by this name")
        ->type_name("NAME");
    check
        ->add_option("--gateway", options->gateway,
                     "Judge only what was asked of this HOST:PORT, its name or its address "
                     "(default port: 443)")
        ->type_name("HOST:PORT");
    check->add_option("--backend", options->backend, "Name that the backend must have signed")
        ->type_name("NAME");
    check
        ->add_option("--pin", options->pin,
                     "SHA-256 of the certificate, or of its public key, in hex")
        ->type_name("SHA256");
    check->add_flag("-q,--quiet", options->quiet, "Only the verdict");
    check->add_flag("--json", options->json, "One JSON document, schema sni-lab/verify/1");
    const char* example =
        "Example: sni-lab proof check proof.json --identity identity.key.pub --verifier "
        "verifier.key.pub";
    proof->footer(example);
    check->footer(example);
    check->callback(
        [options, &chosen] { chosen = [options](Streams io) { return run_check(*options, io); }; });
}

}  // namespace sni::cli
