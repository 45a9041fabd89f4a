#include "cli/verify.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

#include "certs/identity.h"
#include "certs/output.h"
#include "certs/store.h"
#include "cli/curl_line.h"
#include "cli/flags.h"
#include "cli/lab_record.h"
#include "cli/lab_text.h"
#include "cli/manifest_files.h"
#include "cli/signals.h"
#include "cli/state.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "cli/verify_clients.h"
#include "cli/verify_every.h"
#include "cli/verify_lab.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/shell_quote.h"
#include "lab/proof/saved.h"
#include "lab/report/github.h"
#include "lab/report/html.h"
#include "lab/report/json.h"
#include "lab/report/junit.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

using proof::Verdict;
using report::Report;

/// How curl is to trust the certificate behind `check`: by the flags' file, else by what the lab on
/// record serves there. A name that must be refused has no certificate to be trusted.
std::string trust_for(const proof::Check& check, const VerifyOptions& options,
                      const std::optional<LabRecord>& record) {
    std::string file = options.cacert.string();
    const bool of_the_lab =
        record && std::ranges::any_of(record->gates, [&](const GateRecord& gate) {
            return to_string(gate.endpoint) == check.gateway;
        });
    if (file.empty() && of_the_lab) file = cert_file_for(*record, check.sni);
    if (file.empty() && check.expected == Verdict::not_routed) return "";
    return curl_trust(file);
}

/// The same questions for the tools that everybody has.
std::string other_tools(const Report& report, const VerifyOptions& options) {
    const auto record = readable_record(options.state);
    std::string text = "\nThe same with other tools\n";
    for (const proof::Check& check : report.checks) {
        if (!check.was_asked()) continue;
        const std::string name =
            check.sni ? " -servername " + shell_quoted(*check.sni) : " -noservername";
        text += fmt::format("  openssl s_client -connect {}{}\n", check.gateway, name);
        if (check.sni) {
            text += fmt::format("  curl {}\n",
                                curl_words({.url = {.host = *check.sni, .target = check.request},
                                            .sni = check.sni,
                                            .to = check.gateway,
                                            .trust = trust_for(check, options, record),
                                            .hello = options.hello,
                                            .client = options.client}));
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

/// The saved proof, signed by the state folder's verifier, which is made when there is none.
std::string signed_proof(const Answers& asked, const std::filesystem::path& state) {
    certs::make_private_folder(state);
    const certs::Identity verifier = certs::Identity::load_or_make(verifier_file(state));
    const std::string document = proof::encode(
        proof::SavedProof{asked.report.time, asked.report.version, asked.report.scenario,
                          std::string(to_string(asked.report.lab)), asked.probes});
    const std::string message = proof::saved_bytes(document);
    return proof::encode_saved_file({document, verifier.sign(as_bytes(message))});
}

/// The file with the key that this run believed.
std::filesystem::path believed_key(const VerifyOptions& options) {
    return options.identity.empty()
               ? std::filesystem::path(identity_file(options.state).string() + ".pub")
               : options.identity;
}

/// The whole command, ready to paste: with the key that this run believed, where a file holds it.
std::string judge_again(const std::filesystem::path& proof, const VerifyOptions& options) {
    const std::filesystem::path key = believed_key(options);
    std::error_code none;
    return fmt::format("sni-lab proof check {} --identity {} --verifier {}",
                       shell_quoted(proof.string()),
                       std::filesystem::exists(key, none) ? shell_quoted(key.string()) : "PUB",
                       shell_quoted(verifier_file(options.state).string() + ".pub"));
}

void save_proof(const Answers& asked, const VerifyOptions& options, Streams io) {
    print_document(options.save, signed_proof(asked, options.state), io.out);
    if (is_stdout(options.save)) return;  // whoever reads it there judges it
    io.err << fmt::format("Saved {}. Judge it again: {}\n", options.save.string(),
                          judge_again(options.save, options));
}

/// Why no proof is kept in the state folder: others may have laid what they like there.
std::optional<Diagnostic> state_distrusted(const VerifyOptions& options) {
    if (options.trust_file) return std::nullopt;
    auto trouble = distrust(options.state);
    if (!trouble) return std::nullopt;
    trouble->message = "no proof is kept: " + trouble->message;
    trouble->why = "whoever may write there may have laid a link or a pipe in its place";
    trouble->hint = "name a file with --save FILE, or a folder of your own with --state";
    return trouble;
}

/// An earlier run's, which must not be taken for this one's. Nobody asked for it, so that only what
/// verify itself would have left there goes.
void clear_latest_proof(const VerifyOptions& options) {
    const std::filesystem::path proof = latest_proof(options.state);
    std::error_code none;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(proof, none))) return;
    if (state_distrusted(options)) return;
    certs::refuse_pem(proof);
    std::filesystem::remove(proof, none);
}

/// What hinders nothing that was asked for.
void tell_troubles(std::vector<Diagnostic> troubles, std::ostream& err) {
    for (Diagnostic& warning : troubles) {
        warning.level = Level::warning;
        err << render(warning);
    }
}

/// The latest proof lies in the state folder, where there is one; none is made for it. Nobody asked
/// for it, so that a disk that is full changes no verdict, no link is followed and nothing but a
/// file replaced, and one that no key on file can judge is kept without a word.
void keep_latest_proof(const Answers& asked, const VerifyOptions& options, std::ostream& err) {
    std::error_code none;
    if (asked.probes.empty() || !std::filesystem::is_directory(options.state, none)) return;
    if (auto trouble = state_distrusted(options)) return tell_troubles({*std::move(trouble)}, err);
    try {
        const std::filesystem::path proof = latest_proof(options.state);
        certs::write_file(proof, signed_proof(asked, options.state),
                          certs::new_file_mode(options.state));
        if (options.quiet || !std::filesystem::exists(believed_key(options), none)) return;
        err << fmt::format("Kept {}. Judge it again: {}\n", printable(proof.native()),
                           judge_again(proof, options));
    } catch (const Failure& failure) {
        tell_troubles(failure.diagnostics(), err);
    }
}

}  // namespace

Exit run_verify(const VerifyOptions& options, Streams io) {
    refuse_two_on_stdout({{"--json", options.json},
                          {"--junit", is_stdout(options.junit)},
                          {"--html", is_stdout(options.html)},
                          {"--save", is_stdout(options.save)},
                          {"--github", options.github}});
    // An older report must not be taken for this one's, should this one never be written.
    for (const auto& file : {options.junit, options.html, options.save}) {
        certs::clear_output(file);
    }
    const Flags flags = read_flags(options);
    if (options.every.count() > 0) {
        io.err << port_taken(options.gateway) << missing_clients(options);
        return run_verify_every(options, flags, io);
    }
    // Whoever ends verify ends its client first, and its key log with it.
    std::optional<Signals> signals;
    if (asks_clients(options)) signals.emplace(Signals::Hangup::stops);
    io.err << port_taken(options.gateway) << missing_clients(options);
    // The same of the latest proof, which nobody asked for.
    if (options.save.empty()) clear_latest_proof(options);
    const Answers asked =
        signals ? look_until_stopped(options, flags, *signals, io.out) : look(options, flags);
    tell_warnings(asked.warnings, io.err);
    const Report& report = asked.report;
    if (options.json) {
        io.out << report::print(report::to_json(report));
    } else if (!any_is_stdout({options.junit, options.html, options.save})) {
        io.out << report::to_text(report, style_of(io.out), options.quiet);
        if (!options.clients.empty() && !options.quiet) io.out << client_table(report);
        if (options.verbose) io.out << other_tools(report, options);
    }
    io.out.flush();
    if (!options.junit.empty()) print_document(options.junit, report::to_junit(report), io.out);
    if (!options.html.empty()) print_document(options.html, report::to_html(report), io.out);
    if (options.github) tell_github(report, io.out);
    if (options.save.empty()) {
        keep_latest_proof(asked, options, io.err);
    } else {
        save_proof(asked, options, io);
    }
    return report.exit();
}

std::string tool_version() {
    return fmt::format("sni-lab {}, {}", SNI_LAB_VERSION, OpenSSL_version(OPENSSL_VERSION));
}

}  // namespace sni::cli
