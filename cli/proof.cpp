// sni-lab proof check: judges a saved proof again, on any machine, from its bytes.
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/identity.h"
#include "certs/store.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "cli/state.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "lab/client/observe.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge.h"
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
    bool json = false;
};

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
    const auto verifier = certs::IdentityPublicKey::read(options.verifier);
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

/// Samples of one check follow each other and share its name.
std::vector<proof::Check> judge_again(const proof::SavedProof& saved,
                                      const certs::IdentityPublicKey& identity,
                                      const CheckOptions& options) {
    std::vector<std::vector<proof::Check>> groups;
    for (const proof::SavedProbe& probe : saved.probes) {
        const auto evidence = client::read_again(probe.evidence, identity);
        if (!evidence) unreadable(options, evidence.error());
        proof::Expectation expectation = probe.expectation;
        expectation.identity_key_id = identity.key_id();
        std::vector<proof::Canary> canaries = probe.canaries;
        for (proof::Canary& canary : canaries) {
            auto again = client::read_again(canary.evidence, identity);
            if (!again) unreadable(options, again.error());
            canary.evidence = std::move(*again);
        }
        proof::Check check = proof::judge(*evidence, expectation, probe.name, canaries);
        check.expected = probe.expected;
        if (groups.empty() || groups.back().front().name != check.name) groups.emplace_back();
        groups.back().push_back(std::move(check));
    }
    std::vector<proof::Check> checks;
    checks.reserve(groups.size());
    for (const auto& samples : groups) {
        checks.push_back(proof::weakest(samples));
    }
    return checks;
}

/// The last proof of this state folder is vouched for by its own verifier.
void use_own(CheckOptions& options) {
    options.file = latest_proof(options.state);
    if (!std::filesystem::exists(options.file)) {
        throw Failure(Exit::usage, code::kUnreadableFile,
                      fmt::format("there is no proof in {}", printable(options.state.native())), {},
                      "sni-lab verify writes one when a lab or a gateway answers; or name a file "
                      "that verify --save wrote");
    }
    const std::filesystem::path own = verifier_file(options.state).string() + ".pub";
    if (options.verifier.empty() && std::filesystem::exists(own)) options.verifier = own;
}

Exit run_check(CheckOptions options, Streams io) {
    if (options.file.empty()) use_own(options);
    const auto file = proof::decode_saved_file(certs::read_file(options.file));
    if (!file) unreadable(options, std::string(sni::to_string(file.error())));
    const Line voucher = attested(options, *file);
    const auto saved = proof::decode_saved(file->document);
    if (!saved) unreadable(options, std::string(sni::to_string(saved.error())));
    const std::filesystem::path own = identity_file(options.state).string() + ".pub";
    if (options.identity.empty())
        require_trusted(own, "name the key that you trust with --identity FILE.pub");
    const auto identity =
        certs::IdentityPublicKey::read(options.identity.empty() ? own : options.identity);

    report::Report report{.lab = report::LabKind::saved,
                          .scenario = saved->scenario,
                          .time = saved->time,
                          .version = saved->version,
                          .checks = judge_again(*saved, identity, options)};
    for (proof::Check& check : report.checks) {
        check.lines.push_back(voucher);
        check.verdict = proof::worse(check.verdict, voucher.verdict);
    }
    if (options.json) {
        io.out << report::print(report::to_json(report));
    } else {
        io.out << report::to_text(report, style_of(io.out));
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
                      "What verify --save wrote (default: the last one, STATE/proof.json)");
    add_state(*check, options->state);
    check->add_option("--identity", options->identity,
                      "Public half of the backend's identity (default: the state folder's)");
    check->add_option("--verifier", options->verifier,
                      "Public half of the verifier's key: who vouches for the client's half "
                      "(default: without FILE the state folder's)");
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
