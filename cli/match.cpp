// sni-lab match: what two witnesses recorded, beside the clients and beside the service.
#include "lab/proof/match/match.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <system_error>
#include <type_traits>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "certs/output.h"
#include "cli/app.h"
#include "cli/flags.h"
#include "cli/match_keylogs.h"
#include "cli/patient_input.h"
#include "cli/terminal.h"
#include "cli/verify.h"
#include "lab/client/page.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/proof/key_logs.h"
#include "lab/proof/match/twin.h"
#include "lab/report/json.h"
#include "lab/report/junit.h"
#include "lab/report/matched.h"
#include "lab/report/text.h"

namespace sni::cli {

namespace {

struct WitnessMatchOptions {
    std::string client;
    std::vector<std::string> services;
    std::optional<std::size_t> expect;
    std::chrono::milliseconds since{0};  ///< 0: from the begin
    std::chrono::milliseconds timeout{5'000};
    bool json = false;
    std::filesystem::path junit;
    bool quiet = false;
};

/// What one side is read from: a file or a pipe, or the page of a witness that runs.
struct Side {
    std::string from;
    std::unique_ptr<PatientInput> input;
    proof::LooksLike looks = proof::LooksLike::other;
};

Side open_side(const std::string& from, std::chrono::milliseconds timeout) {
    std::error_code none;
    Side side{.from = from};
    const auto page = parse_endpoint(from);
    if (page && page->kind != Endpoint::Kind::unix_path && !std::filesystem::exists(from, none)) {
        auto got = client::get_page(*page, std::string(proof::kWitnessPath), timeout,
                                    proof::kLargestWitnessPage);
        if (!got) {
            throw Failure(Exit::machine, code::kUnreadableFile,
                          fmt::format("the witness at {} cannot be asked", to_string(*page)),
                          got.error(), "name the --admin of a sni-lab witness, or its log");
        }
        side.input = std::make_unique<PatientInput>(std::move(*got));
        return side;
    }
    side.input = std::make_unique<PatientInput>(
        from, timeout, "name a witness's --log, or HOST:PORT of its --admin");
    side.looks = proof::looks_like(side.input->begin());
    return side;
}

proof::WitnessRecord read_side(Side& side) {
    auto record = proof::read_witness_record(printable(side.from), side.input->text());
    side.input->check();
    if (!record) {
        throw Failure(Exit::usage, code::kUnreadableFile, "this is no record of a witness",
                      record.error(), "sni-lab witness --log FILE writes one");
    }
    return std::move(*record);
}

/// Both sides, or none: a witness's log and a key log have nothing in common. One that nobody wrote
/// to is what the other one is.
bool are_key_logs(const std::vector<Side>& sides, const WitnessMatchOptions& options) {
    if (std::ranges::count(sides, proof::LooksLike::key_log, &Side::looks) == 0) return false;
    const bool others = std::ranges::count(sides, proof::LooksLike::other, &Side::looks) > 0;
    if (others || sides.size() != 2 || !options.junit.empty() || options.since.count() > 0) {
        refuse("a key log is compared with one other key log, without --junit and --since",
               "sni-lab match CLIENT.keys BACKEND.keys");
    }
    return true;
}

/// A day's logs are large, and reading them is what takes time.
auto all_at_once(auto& sides, auto what) {
    using Answer = std::invoke_result_t<decltype(what), decltype(sides.front())>;
    std::vector<std::future<Answer>> begun;
    begun.reserve(sides.size());
    for (auto& side : sides) {
        begun.push_back(std::async(std::launch::async, what, std::ref(side)));
    }
    std::vector<Answer> made;
    std::ranges::transform(begun, std::back_inserter(made), [](auto& one) { return one.get(); });
    return made;
}

constexpr const char* kWhichRecords =
    "name the record beside the clients first, then those of the witnesses beside the services";

void refuse_twins(const WitnessMatchOptions& options) {
    const auto stdins = std::ranges::count(options.services, "-") + (options.client == "-" ? 1 : 0);
    if (stdins > 1) refuse("standard input can be one record only", "name files for the others");
    for (const std::string& service : options.services) {
        refuse_both_sides(options.client, service, kWhichRecords);
    }
}

/// Also as a copy, or under another name.
void refuse_twins(std::span<const proof::WitnessRecord> records) {
    const proof::WitnessRecord& client = records.front();
    for (const proof::WitnessRecord& service : records.subspan(1)) {
        if (!is_twin(client, service)) continue;
        refuse(fmt::format("{} and {} are what one witness saw, {}, so that they agree whatever "
                           "became of it",
                           client.name, service.name, printable(client.witness)),
               kWhichRecords);
    }
}

Exit run_witness_match(const WitnessMatchOptions& options, Streams io) {
    refuse_two_on_stdout({{"--json", options.json}, {"--junit", is_stdout(options.junit)}});
    refuse_twins(options);
    // Whatever comes of it, an older report must not be taken for this one's.
    certs::clear_output(options.junit);
    std::vector<std::string> from = {options.client};
    from.insert(from.end(), options.services.begin(), options.services.end());
    std::vector<Side> sides =
        all_at_once(from, [&](const std::string& one) { return open_side(one, options.timeout); });
    if (are_key_logs(sides, options)) {
        const std::string client = sides.front().input->read(kLargestKeyLog);
        return run_match_key_logs(client, sides.back().input->read(kLargestKeyLog),
                                  {options.expect, options.json, options.quiet}, io);
    }
    std::vector<proof::WitnessRecord> records = all_at_once(sides, read_side);
    refuse_twins(records);
    if (options.since.count() > 0) leave_out_before(records.front(), wall_clock() - options.since);
    const proof::WitnessRecord& client = records.front();
    const proof::Matching found = match(client, std::span(records).subspan(1));
    if (options.json) {
        io.out << report::print(report::to_document(client, found, options.expect));
    } else if (!is_stdout(options.junit)) {
        io.out << report::shown(report::to_text(client, found, options.expect, options.quiet),
                                style_of(io.out));
    }
    io.out.flush();
    if (!options.junit.empty()) {
        const report::Report told =
            report::report_of(found, options.expect, wall_clock(), tool_version());
        print_document(options.junit, report::to_junit(told, "match"), io.out);
    }
    return exit_of(found, options.expect);
}

}  // namespace

void add_match(CLI::App& app, Action& chosen) {
    auto options = std::make_shared<WitnessMatchOptions>();
    CLI::App* cmd = add_command(
        app, "match", "Did what a witness saw of clients reach the service? Another witness tells");
    cmd->add_option("client", options->client,
                    "Log of the witness beside the clients, or HOST:PORT of its --admin; or a key "
                    "log, what SSLKEYLOGFILE makes a client write; - for standard input")
        ->required();
    cmd->add_option("service", options->services,
                    "The same of those beside the service, or the service's key log")
        ->required();
    cmd->add_option("--expect", options->expect,
                    "So many connections must be there to be compared, or the answer is 3")
        ->type_name("N")
        ->transform(whole_number(1, 100'000'000));
    add_duration(*cmd, "--since", options->since,
                 "Compare only what clients began so long ago at most, as where their log is kept "
                 "from run to run; 0: all",
                 Zero::allowed);
    add_duration(*cmd, "--timeout", options->timeout,
                 "Give up a page after so long, and a pipe from which nothing comes for so long");
    cmd->add_flag("--json", options->json, "One JSON document, schema sni-lab/match/1");
    cmd->add_option("--junit", options->junit,
                    "Write JUnit XML there, too, a test case for each name; - for stdout in place "
                    "of the text")
        ->type_name("FILE");
    cmd->add_flag("-q,--quiet", options->quiet, "Only the sum");
    cmd->footer("Example: sni-lab match clients.log service.log");
    cmd->callback([options, &chosen] {
        chosen = [options](Streams io) { return run_witness_match(*options, io); };
    });
}

}  // namespace sni::cli
