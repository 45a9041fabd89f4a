// sni-lab completion and man: what shells and man(1) read.
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "certs/store.h"
#include "cli/app.h"
#include "cli/command_tree.h"
#include "cli/flags.h"
#include "lab/core/codes.h"
#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

struct ManOptions {
    std::vector<std::string> command;
    std::filesystem::path out;
};

Exit run_completion(const CommandInfo& root, const std::string& shell, Streams io) {
    if (shell == "bash") {
        io.out << bash_completion(root);
    } else if (shell == "zsh") {
        io.out << zsh_completion(root);
    } else if (shell == "fish") {
        io.out << fish_completion(root);
    } else {
        refuse(fmt::format("there is no completion for \"{}\"", printable(shell)),
               "bash, zsh and fish are known");
    }
    return Exit::yes;
}

Exit run_man(const CommandInfo& root, const ManOptions& options, Streams io) {
    if (!options.out.empty()) {
        std::error_code failed;
        std::filesystem::create_directories(options.out, failed);
        if (failed) {
            throw Failure(
                Exit::machine, code::kCannotWrite,
                fmt::format("the folder {} could not be made", printable(options.out.native())),
                failed.message(), "choose another with --out");
        }
        for (const CommandInfo* command : all_commands(root)) {
            certs::write_file(options.out / man_file(*command), man_page(root, *command), 0644);
        }
        return Exit::yes;
    }
    const CommandInfo* command = find_command(root, options.command);
    if (!command) {
        refuse(fmt::format("there is no command \"{}\"",
                           printable(fmt::format("{}", fmt::join(options.command, " ")))),
               "sni-lab --help has them all");
    }
    io.out << man_page(root, *command);
    return Exit::yes;
}

}  // namespace

void add_completion(CLI::App& app, Action& chosen) {
    auto shell = std::make_shared<std::string>();
    CLI::App* completion =
        add_command(app, "completion", "What bash, zsh or fish read to complete command lines");
    completion->add_option("shell", *shell, "bash, zsh or fish")->required();
    completion->footer("Example: source <(sni-lab completion bash)");
    completion->callback([shell, &app, &chosen] {
        chosen = [shell, root = describe(app)](Streams io) {
            return run_completion(root, *shell, io);
        };
    });

    auto options = std::make_shared<ManOptions>();
    CLI::App* man = add_command(app, "man", "The manual page, or a command's, for man(1)");
    man->add_option("command", options->command, "As in scenario run (default: the whole program)");
    man->add_option("--out", options->out, "Write every page into this folder")->type_name("DIR");
    man->footer("Example: sni-lab man verify | man -l -");
    man->callback([options, &app, &chosen] {
        chosen = [options, root = describe(app)](Streams io) {
            return run_man(root, *options, io);
        };
    });
}

}  // namespace sni::cli
