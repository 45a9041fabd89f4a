// sni-lab match: what two witnesses recorded, beside the clients and beside the service.
#include "lab/proof/match.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <system_error>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/output.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "cli/match_keylogs.h"
#include "cli/verify.h"
#include "lab/client/page.h"
#include "lab/core/cert_facts.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/key_logs.h"
#include "lab/report/json.h"
#include "lab/report/junit.h"
#include "lab/report/matched.h"

namespace sni::cli {

namespace {

using proof::Fate;

constexpr auto kFates = {Fate::passed,      Fate::cut,       Fate::readable,  Fate::altered,
                         Fate::reencrypted, Fate::elsewhere, Fate::incomplete};
/// Of those that were not passed so many are told one by one.
constexpr std::size_t kListed = 50;

struct WitnessMatchOptions {
    std::string client;
    std::vector<std::string> services;
    std::optional<std::size_t> expect;
    std::chrono::milliseconds timeout{5'000};
    bool json = false;
    std::filesystem::path junit;
    bool quiet = false;
};

/// A file, or the page of a witness that runs.
proof::WitnessRecord read_side(const std::string& from, std::chrono::milliseconds timeout) {
    std::error_code none;
    const auto page = parse_endpoint(from);
    std::unique_ptr<std::istream> text;
    if (page && page->kind != Endpoint::Kind::unix_path && !std::filesystem::exists(from, none)) {
        auto got = client::get_page(*page, std::string(proof::kWitnessPath), timeout);
        if (!got) {
            throw Failure(Exit::machine, code::kUnreadableFile,
                          fmt::format("the witness at {} cannot be asked", to_string(*page)),
                          got.error(), "name the --admin of a sni-lab witness, or its log");
        }
        text = std::make_unique<std::istringstream>(std::move(*got));
    } else {
        text = std::make_unique<std::ifstream>(from);
        const int error = std::filesystem::is_directory(from, none) ? EISDIR : errno;
        if (error == EISDIR || !*text) {
            throw Failure(Exit::usage, code::kUnreadableFile,
                          fmt::format("{} cannot be read", printable(from)),
                          std::generic_category().message(error),
                          "name a witness's --log, or HOST:PORT of its --admin");
        }
    }
    auto record = proof::read_witness_record(printable(from), *text);
    if (!record) {
        throw Failure(Exit::usage, code::kUnreadableFile, "this is no record of a witness",
                      record.error(), "sni-lab witness --log FILE writes one");
    }
    return std::move(*record);
}

/// Both sides, or none: a witness's log and a key log have nothing in common.
bool are_key_logs(const WitnessMatchOptions& options) {
    const auto begins_as_one = [](const std::string& from) {
        std::string begin(4096, '\0');
        std::ifstream file(from);
        file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
        return proof::looks_like_key_log(
            std::string_view(begin).substr(0, static_cast<std::size_t>(file.gcount())));
    };
    const bool client = begins_as_one(options.client);
    if (!client && std::ranges::none_of(options.services, begins_as_one)) return false;
    if (!client || options.services.size() != 1 || !options.junit.empty()) {
        refuse("a key log is compared with one other key log, and without --junit",
               "sni-lab match CLIENT.keys BACKEND.keys");
    }
    return true;
}

std::string when(proof::Moment moment) {
    return to_string(std::chrono::floor<std::chrono::seconds>(moment));
}

std::string name_of(const proof::Carried& session) {
    return session.sni.empty() ? "(no SNI)" : printable(session.sni);
}

nlohmann::json to_document(const proof::WitnessRecord& client, const proof::Matching& found,
                           Exit exit) {
    nlohmann::json counts = nlohmann::json::object();
    for (const Fate fate : kFates) {
        counts[std::string(to_string(fate))] = found.count(fate);
    }
    nlohmann::json others = nlohmann::json::array();
    for (const proof::Matched& one : found.sessions) {
        if (one.fate == Fate::passed) continue;
        others.push_back({{"sni", one.session->sni},
                          {"ja4", one.session->ja4},
                          {"peer", one.session->peer},
                          {"began_ms", one.session->began.time_since_epoch().count()},
                          {"fate", to_string(one.fate)},
                          {"why", one.why}});
    }
    return {{"schema", "sni-lab/match/1"},
            {"exit", static_cast<int>(exit)},
            {"connections", found.sessions.size()},
            {"counts", std::move(counts)},
            {"not_tls", client.not_tls},
            {"not_recorded", found.not_recorded},
            {"strangers", found.strangers},
            {"not_passed", std::move(others)}};
}

std::string to_lines(const proof::WitnessRecord& client, const proof::Matching& found,
                     const WitnessMatchOptions& options) {
    std::string text;
    std::size_t listed = 0;
    for (const proof::Matched& one : found.sessions) {
        if (options.quiet || one.fate == Fate::passed || listed == kListed) continue;
        ++listed;
        text += fmt::format("{:<16} {} {} from {}, {}: {}\n", to_string(one.fate),
                            when(one.session->began), name_of(*one.session),
                            printable(one.session->peer),
                            one.session->ja4.empty() ? "JA4 unknown" : printable(one.session->ja4),
                            printable(one.why));
    }
    if (listed == kListed) text += "… --json has them all\n";
    if (listed > 0) text += "\n";
    std::string counts;
    for (const Fate fate : kFates) {
        const std::size_t count = found.count(fate);
        if (count > 0 || fate == Fate::passed)
            counts += fmt::format("{}{} {}", counts.empty() ? "" : " · ", to_string(fate), count);
    }
    text +=
        fmt::format("{} TLS connections at {}: {}\n", found.sessions.size(), client.name, counts);
    if (client.not_tls > 0)
        text += fmt::format("not compared: {} without a ClientHello\n", client.not_tls);
    if (found.not_recorded > 0)
        text += fmt::format("{} more at {} are not in its record, so nothing is known of them\n",
                            found.not_recorded, client.name);
    if (found.strangers > 0)
        text += fmt::format("{} more at the service are none of these\n", found.strangers);
    if (options.expect && found.sessions.size() < *options.expect)
        text += fmt::format("{} were expected\n", *options.expect);
    return text;
}

/// One record on both sides agrees with itself.
void refuse_twins(const WitnessMatchOptions& options) {
    for (const std::string& service : options.services) {
        std::error_code none;
        if (service == options.client ||
            std::filesystem::equivalent(service, options.client, none)) {
            refuse(fmt::format("{} is on both sides", printable(service)),
                   "name the record beside the clients first, then those beside the services");
        }
    }
}

Exit run_witness_match(const WitnessMatchOptions& options, Streams io) {
    refuse_twins(options);
    if (are_key_logs(options)) {
        return run_match_key_logs(
            {options.client, options.services.front(), options.expect, options.json}, io);
    }
    // A day's logs are large, and reading them is what takes time: all at once.
    const auto begin = [&](const std::string& from) {
        return std::async(std::launch::async, read_side, from, options.timeout);
    };
    auto client_side = begin(options.client);
    std::vector<std::future<proof::WitnessRecord>> service_sides;
    std::ranges::transform(options.services, std::back_inserter(service_sides), begin);
    const proof::WitnessRecord client = client_side.get();
    std::vector<proof::WitnessRecord> services;
    std::ranges::transform(service_sides, std::back_inserter(services),
                           [](auto& side) { return side.get(); });
    const proof::Matching found = match(client, services);
    const Exit exit = exit_of(found, options.expect);
    certs::clear_output(options.junit);
    if (options.json) {
        io.out << report::print(to_document(client, found, exit));
    } else if (options.junit != "-") {
        io.out << to_lines(client, found, options);
    }
    io.out.flush();
    if (!options.junit.empty())
        certs::write_output(options.junit, report::to_junit(report::report_of(found, wall_clock(),
                                                                              tool_version())));
    return exit;
}

}  // namespace

void add_match(CLI::App& app, Action& chosen) {
    auto options = std::make_shared<WitnessMatchOptions>();
    CLI::App* cmd = add_command(
        app, "match", "Did what a witness saw of clients reach the service? Another witness tells");
    cmd->add_option("client", options->client,
                    "Log of the witness beside the clients, or HOST:PORT of its --admin; or a key "
                    "log, what SSLKEYLOGFILE makes a client write")
        ->required();
    cmd->add_option("service", options->services,
                    "The same of those beside the service, or the service's key log")
        ->required();
    cmd->add_option("--expect", options->expect,
                    "So many connections must be there to be compared, or the answer is 3")
        ->transform(whole_number(1, 100'000'000));
    add_duration(*cmd, "--timeout", options->timeout, "Give up a page after so long");
    cmd->add_flag("--json", options->json, "One JSON document, schema sni-lab/match/1");
    cmd->add_option("--junit", options->junit,
                    "Write JUnit XML there, too, a test case for each name; - for stdout in place "
                    "of the text");
    cmd->add_flag("-q,--quiet", options->quiet, "Only the sum");
    cmd->footer("Example: sni-lab match clients.log service.log");
    cmd->callback([options, &chosen] {
        chosen = [options](Streams io) { return run_witness_match(*options, io); };
    });
}

}  // namespace sni::cli
