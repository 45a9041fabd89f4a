// sni-lab match-keylogs: real clients and real services, which nobody may change, through any
// gateway.
#include "cli/match_keylogs.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>
#include <utility>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "cli/flags.h"
#include "cli/patient_input.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/key_logs.h"
#include "lab/report/json.h"

namespace sni::cli {

namespace {

using proof::KeyLogMatch;

nlohmann::json document(const proof::KeyLogComparison& found, const proof::KeyLogAnswer& answer,
                        std::optional<std::size_t> expected) {
    nlohmann::json sessions = nlohmann::json::array();
    for (const proof::KeyLogSession& session : found.sessions) {
        sessions.push_back({{"client_random", session.client_random},
                            {"match", to_string(session.match)},
                            {"tls_1_3", session.tls_1_3}});
    }
    return {{"schema", "sni-lab/match-keylogs/1"},
            {"exit", static_cast<int>(answer.exit)},
            {"why", answer.why},
            {"expected", expected ? nlohmann::json(*expected) : nlohmann::json()},
            {"backend_sessions", found.backend_sessions},
            {"torn", found.torn},
            {"torn_lines", {{"client", found.torn_line}, {"backend", found.backend_torn_line}}},
            {"passed_over",
             {{"client", found.client_passed_over}, {"backend", found.backend_passed_over}}},
            {"sessions", std::move(sessions)}};
}

/// What stands before the sum.
std::string sessions_and_notes(const proof::KeyLogComparison& found) {
    std::string text;
    for (const proof::KeyLogSession& session : found.sessions) {
        text += fmt::format("{:<9} {}… {}\n", to_string(session.match),
                            session.client_random.substr(0, 16),
                            session.tls_1_3 ? "TLS 1.3" : "TLS 1.2");
    }
    const bool old_version = std::ranges::any_of(found.sessions, [](const auto& session) {
        return session.match == KeyLogMatch::unbound && !session.tls_1_3;
    });
    if (old_version) {
        text +=
            "\nunbound: TLS 1.2 logs the master secret, which a gateway with the certificate's key "
            "can make equal\n"
            "         in two sessions (RFC 7627 §1), and a log does not tell whether that was "
            "excluded; use TLS 1.3,\n"
            "         or sni-lab verify\n";
    }
    if (found.client_passed_over + found.backend_passed_over > 0) {
        text += fmt::format(
            "\npassed over, since they tell of no session: {} lines of the client's log, {} of the "
            "backend's\n",
            found.client_passed_over, found.backend_passed_over);
    }
    for (const auto& [whose, line] :
         {std::pair("client", found.torn_line), std::pair("backend", found.backend_torn_line)}) {
        if (line > 0)
            text +=
                fmt::format("\nline {} of the {}'s log is torn, and not compared\n", line, whose);
    }
    return text;
}

}  // namespace

void refuse_both_sides(const std::string& client, const std::string& service, const char* hint) {
    std::error_code none;
    if (service != client &&
        !std::filesystem::equivalent(input_file(service), input_file(client), none))
        return;
    refuse(fmt::format("{} is on both sides", printable(service)), hint);
}

Exit run_match_key_logs(const std::string& client, const std::string& backend,
                        const KeyLogOptions& options, Streams io) {
    const auto found = proof::match_key_logs(client, backend);
    if (!found) {
        throw Failure(Exit::usage, code::kUnreadableFile, "a key log cannot be read", found.error(),
                      "SSLKEYLOGFILE=FILE makes most clients write one");
    }
    const proof::KeyLogAnswer answer = proof::answer_of(*found, options.expect);
    if (options.json) {
        io.out << report::print(document(*found, answer, options.expect));
        return answer.exit;
    }
    if (!options.quiet) io.out << sessions_and_notes(*found) << "\n";
    io.out << fmt::format("{} of {} sessions of the client are the backend's ({} in its log)\n{}\n",
                          found->count(KeyLogMatch::same) + found->count(KeyLogMatch::early),
                          found->sessions.size(), found->backend_sessions, answer.why);
    return answer.exit;
}

void add_match_keylogs(CLI::App& app, Action& chosen) {
    struct Options : KeyLogOptions {
        std::string client;
        std::string backend;
    };
    auto options = std::make_shared<Options>();
    CLI::App* cmd = add_command(
        app, "match-keylogs", "Did a client's TLS sessions end at the backend? Two key logs tell");
    cmd->add_option("client", options->client, "What SSLKEYLOGFILE made the client write")
        ->required();
    cmd->add_option("backend", options->backend, "What it made the backend write")->required();
    cmd->add_option("--expect", options->expect,
                    "How many of the client's sessions were for this backend; the rest may have "
                    "gone anywhere (default: one at least, and all for a yes)")
        ->type_name("N")
        ->transform(whole_number(1, 1'000'000));
    cmd->add_flag("--json", options->json, "One JSON document, schema sni-lab/match-keylogs/1");
    cmd->footer("Example: sni-lab match-keylogs client.log backend.log");
    cmd->callback([options, &chosen] {
        chosen = [options](Streams io) {
            const auto text = [](const std::string& file) {
                constexpr std::chrono::seconds kPatience{5};
                return PatientInput(file, kPatience,
                                    "SSLKEYLOGFILE=FILE makes most clients write one")
                    .read(kLargestKeyLog);
            };
            refuse_both_sides(options->client, options->backend,
                              "name the client's log first, then the backend's own");
            const std::string client = text(options->client);
            return run_match_key_logs(client, text(options->backend), *options, io);
        };
    });
}

}  // namespace sni::cli
