// Registers the commands, and is the one place that turns errors into messages and exit codes.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "lab/core/diagnostic.h"

namespace CLI {
class App;
}

namespace sni::cli {

/// Answers go to `out`, talk goes to `err`.
struct Streams {
    std::ostream& out;
    std::ostream& err;
};

/// What the parsed flags ask for; returns the exit code. Failure may escape, run() renders it.
using Action = std::function<Exit(Streams)>;

/// `args` without the program's name. Never throws; never calls exit().
int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);

// Each adds its subcommand to `app` and sets `chosen` in the subcommand's
// callback.
void add_certgen(CLI::App& app, Action& chosen);
void add_router(CLI::App& app, Action& chosen);
void add_witness(CLI::App& app, Action& chosen);
void add_backend(CLI::App& app, Action& chosen);
/// up, down, status and logs; `trailing` is what the command line has behind "--".
void add_up(CLI::App& app, Action& chosen, const std::vector<std::string>& trailing);
/// `trailing` as above.
void add_verify(CLI::App& app, Action& chosen, const std::vector<std::string>& trailing);
void add_get(CLI::App& app, Action& chosen);
void add_analyze(CLI::App& app, Action& chosen);
void add_route(CLI::App& app, Action& chosen);
void add_diff(CLI::App& app, Action& chosen);
void add_export(CLI::App& app, Action& chosen);
void add_scenario(CLI::App& app, Action& chosen);
void add_bench(CLI::App& app, Action& chosen);
void add_torture(CLI::App& app, Action& chosen);
void add_hello_command(CLI::App& app, Action& chosen);
void add_explain(CLI::App& app, Action& chosen);
void add_match(CLI::App& app, Action& chosen);
void add_match_keylogs(CLI::App& app, Action& chosen);
void add_proof(CLI::App& app, Action& chosen);
void add_demo(CLI::App& app, Action& chosen);
/// completion and man; `app` must be whole when they run.
void add_completion(CLI::App& app, Action& chosen);

}  // namespace sni::cli
