#include "cli/app.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <iterator>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/terminal.h"
#include "cli/version.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"
#include "lab/core/suggest.h"

namespace sni::cli {

namespace {

Exit report(const Failure& failure, std::ostream& err) {
    for (const Diagnostic& diagnostic : failure.diagnostics()) {
        err << render(diagnostic);
    }
    return failure.exit();
}

const CLI::App* chosen_command(const CLI::App& app, const std::vector<std::string>& args) {
    const auto word =
        std::ranges::find_if(args, [](const std::string& arg) { return !arg.starts_with('-'); });
    if (word == args.end()) return nullptr;
    const auto named =
        app.get_subcommands([&](const CLI::App* c) { return c->get_name() == *word; });
    return named.empty() ? nullptr : named.front();
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

std::vector<std::string> flag_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    return names;
}

/// CLI11's own messages name neither the remedy nor the nearest right word.
Diagnostic explain(const CLI::ParseError& error, const CLI::App& app,
                   const std::vector<std::string>& args) {
    Diagnostic d{.code = std::string(code::kUsage), .message = printable(error.what())};
    const CLI::App* command = chosen_command(app, args);
    d.hint = fmt::format("see sni-lab{}{} --help", command ? " " : "",
                         command ? command->get_name() : "");
    const auto word =
        std::ranges::find_if(args, [](const std::string& arg) { return !arg.starts_with('-'); });
    if (!command && word != args.end()) {
        d.message = fmt::format("there is no command \"{}\"", printable(*word));
        if (const auto near = nearest(*word, command_names(app)))
            d.hint = fmt::format("did you mean sni-lab {}?", *near);
        return d;
    }
    std::vector<std::string> known = flag_names(command ? *command : app);
    if (command) {
        for (const CLI::App* below :
             command->get_subcommands([](const CLI::App*) { return true; })) {
            std::ranges::move(flag_names(*below), std::back_inserter(known));
        }
    }
    for (const std::string& arg : args) {
        const std::string flag = arg.substr(0, arg.find('='));
        if (!flag.starts_with("--") || std::ranges::find(known, flag) != known.end()) continue;
        d.message = fmt::format("there is no flag {}{}{}", printable(flag),
                                command ? " for sni-lab " : "", command ? command->get_name() : "");
        if (const auto near = nearest(flag, known)) d.hint = fmt::format("did you mean {}?", *near);
        break;
    }
    return d;
}

/// An empty value is a variable that somebody forgot to set; taking it for "not given" would look
/// at another lab.
void refuse_empty_values(const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
        if (option->count() == 0 ||
            std::ranges::find(option->results(), "") == option->results().end())
            continue;
        throw Failure(Exit::usage, code::kUsage, fmt::format("{} is empty", option->get_name()), {},
                      "was a variable not set? Leave the flag out, or give it a value");
    }
}

Exit run_checked(const std::vector<std::string>& all, Streams io) {
    // What stands behind "--" is somebody else's command line.
    const auto dashes = std::ranges::find(all, "--");
    const std::vector<std::string> args(all.begin(), dashes);
    const std::vector<std::string> trailing(dashes == all.end() ? dashes : dashes + 1, all.end());
    CLI::App app(
        "Istio's TLS passthrough tutorial on one machine, and the proof that it is passthrough",
        "sni-lab");
    app.require_subcommand(1);
    app.set_version_flag("--version", version_text());
    app.footer("Start with: sni-lab demo");
    Action chosen;
    add_demo(app, chosen);
    add_certgen(app, chosen);
    add_up(app, chosen, trailing);
    add_verify(app, chosen);
    add_proof(app, chosen);
    add_match_keylogs(app, chosen);
    add_explain(app, chosen);
    add_get(app, chosen);
    add_router(app, chosen);
    add_backend(app, chosen);
    add_analyze(app, chosen);
    add_route(app, chosen);
    add_export(app, chosen);
    add_scenario(app, chosen);
    add_bench(app, chosen);
    try {
        app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    } catch (const CLI::Success& success) {  // --help, --version
        app.exit(success, io.out, io.err);
        return Exit::yes;
    } catch (const CLI::ParseError& error) {
        if (args.empty()) {
            io.err << app.help();
            return Exit::usage;
        }
        return report(Failure(Exit::usage, explain(error, app, args)), io.err);
    }
    refuse_empty_values(*chosen_command(app, args));
    if (!trailing.empty() && chosen_command(app, args)->get_name() != "up") {
        throw Failure(Exit::usage, code::kUsage, "only sni-lab up --once takes a command behind --",
                      {}, "leave out what stands behind --");
    }
    return chosen(io);
}

}  // namespace

int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err) {
    std::signal(SIGPIPE, SIG_IGN);
    set_up_logging(false, false);
    Exit exit = Exit::machine;
    try {
        exit = run_checked(args, Streams{out, err});
    } catch (const Failure& failure) {
        exit = report(failure, err);
    } catch (const std::exception& error) {
        exit = report(Failure(Exit::machine, code::kUnexpected, error.what()), err);
    }
    if (!out.flush()) {
        exit = report(
            Failure(Exit::machine, code::kCannotWrite, "the answer could not be written to stdout",
                    {}, "is the disk full, or the other end of the pipe gone?"),
            err);
    }
    return static_cast<int>(exit);
}

}  // namespace sni::cli
