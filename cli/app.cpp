#include "cli/app.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include "cli/caught.h"
#include "cli/command_tree.h"
#include "cli/flags.h"
#include "cli/help_text.h"
#include "cli/kept_inputs.h"
#include "cli/standard_streams.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/version.h"
#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/report/json.h"

namespace sni::cli {

namespace {

/// Of --json=WORD CLI11 takes any of these for no, and every other that it takes for yes.
constexpr auto kNo =
    std::to_array<std::string_view>({"false", "off", "no", "disable", "0", "n", "f", "-"});

bool asks_for_json(std::string_view word) {
    constexpr std::string_view kFlag = "--json";
    if (!word.starts_with(kFlag)) return false;
    word.remove_prefix(kFlag.size());
    if (word.empty()) return true;
    return word.starts_with('=') &&
           std::ranges::find(kNo, to_lower_ascii(word.substr(1))) == kNo.end();
}

/// Whoever asked for --json gets one document on stdout: the command's own, or else this one.
class JsonAnswer {
  public:
    JsonAnswer(const std::vector<std::string>& args, std::ostream& out) : out_(out) {
        const auto command_line = std::ranges::find(args, "--");
        wanted_ = std::any_of(args.begin(), command_line, asks_for_json);
        if (wanted_) begin_ = out.tellp();
    }
    void tell(const Failure& failure) {
        if (wanted_ && out_ && out_.tellp() == begin_)
            out_ << report::print(report::failure_json(failure));
    }

  private:
    std::ostream& out_;
    bool wanted_ = false;
    std::ostream::pos_type begin_;
};

/// sni-lab help CMD is sni-lab CMD --help, and sni-lab version is sni-lab --version.
std::vector<std::string> in_long(std::vector<std::string> args) {
    if (args.empty()) return args;
    if (args.front() == "help") {
        args.erase(args.begin());
        args.emplace_back("--help");
    } else if (args.front() == "version" && args.size() == 1) {
        args.front() = "--version";
    }
    return args;
}

/// For --help and completions; in_long() has taken their words already.
void add_help(CLI::App& app) {
    add_command(app, "help", "How a command is used: sni-lab help verify")
        ->footer("Example: sni-lab help scenario run");
    add_command(app, "version", "The versions of sni-lab and of the libraries it runs with")
        ->footer("Example: sni-lab version");
}

void add_commands(CLI::App& app, Action& chosen, const std::vector<std::string>& trailing) {
    app.name("sni-lab");
    app.description(
        "Istio's TLS passthrough tutorial on one machine, and the proof that it is passthrough");
    app.require_subcommand(1);
    app.set_version_flag("-V,--version", version_text());
    app.footer("Start with: sni-lab demo");
    app.formatter(std::make_shared<HelpFormatter>());
    add_demo(app, chosen);
    add_certgen(app, chosen);
    add_up(app, chosen, trailing);
    add_verify(app, chosen, trailing);
    add_proof(app, chosen);
    add_match(app, chosen);
    add_match_keylogs(app, chosen);
    add_explain(app, chosen);
    add_get(app, chosen);
    add_router(app, chosen);
    add_witness(app, chosen);
    add_backend(app, chosen);
    add_analyze(app, chosen);
    add_route(app, chosen);
    add_diff(app, chosen);
    add_export(app, chosen);
    add_scenario(app, chosen);
    add_bench(app, chosen);
    add_torture(app, chosen);
    add_hello_command(app, chosen);
    add_completion(app, chosen);
    add_help(app);
}

/// Only some commands run another, which must then be there.
void check_trailing(const CLI::App& command, bool dashes,
                    const std::vector<std::string>& trailing) {
    const bool takes_one = command.get_name() == "up" || command.get_name() == "verify";
    if (takes_one && dashes) refuse_no_command(trailing);
    if (trailing.empty() || takes_one) return;
    throw Failure(Exit::usage, code::kUsage,
                  "only sni-lab up --once and sni-lab verify take a command behind --", {},
                  "leave out what stands behind --");
}

/// What the command line asks for. What reads it is gone by then: a router or a backend should not
/// hold its memory for as long as it runs. --help and --version are answered here.
Action read_command_line(const std::vector<std::string>& all, Streams io) {
    // What stands behind "--" is somebody else's command line.
    const auto dashes = std::ranges::find(all, "--");
    const std::vector<std::string> args = in_long({all.begin(), dashes});
    const std::vector<std::string> trailing(dashes == all.end() ? dashes : dashes + 1, all.end());
    CLI::App app;
    Action chosen;
    add_commands(app, chosen, trailing);
    try {
        app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    } catch (const CLI::Success& success) {  // --help, --version
        if (names_no_command(app, args))
            throw Failure(Exit::usage, explain_usage(success.what(), app, args));
        app.exit(success, io.out, io.err);
        return [](Streams) { return Exit::yes; };
    } catch (const CLI::ParseError& error) {
        if (args.empty()) {
            io.err << app.help();
            return [](Streams) { return Exit::usage; };
        }
        if (const CLI::App* command = command_in(app, args)) {
            refuse_values_of_switches(*command, args);
        }
        throw Failure(Exit::usage, explain_usage(error.what(), app, args));
    }
    const CLI::App* command = command_in(app, args);
    refuse_empty_values(*command);
    refuse_values_of_switches(*command, args);
    keep_inputs(*command);
    check_trailing(*command, dashes != all.end(), trailing);
    return chosen;
}

}  // namespace

CommandInfo every_command() {
    const std::vector<std::string> no_trailing;
    CLI::App app;
    Action none;
    add_commands(app, none, no_trailing);
    return describe(app);
}

int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file at the limit (ulimit -f) is a full disk, EFBIG
    // Whoever ignores his children's ends hands that on (execve(2)), and then they leave no status.
    std::signal(SIGCHLD, SIG_DFL);
    set_up_logging(false, false);
    JsonAnswer answer(args, out);
    Exit exit = Exit::machine;
    try {
        const Streams io{out, err};
        exit = read_command_line(args, io)(io);
    } catch (...) {
        const Failure failure = caught();
        tell(failure, err);
        answer.tell(failure);
        exit = failure.exit();
    }
    if (!out.flush()) {
        if (reader_left(out)) return kReaderLeft;
        const Failure failure(Exit::machine, code::kCannotWrite,
                              "the answer could not be written to stdout", {}, "is the disk full?");
        tell(failure, err);
        exit = failure.exit();
    }
    return static_cast<int>(exit);
}

}  // namespace sni::cli
