// What a command line that cannot be taken says: the wrong word, the nearest right one.
#pragma once

#include <string>
#include <vector>

#include "lab/core/diagnostic.h"

namespace CLI {
class App;
}

namespace sni::cli {

/// The command that `args` name, as deep as their first words lead; nullptr when they name none.
const CLI::App* command_in(const CLI::App& app, const std::vector<std::string>& args);

/// A word stands where a command should, and is none: sni-lab help nothing.
bool names_no_command(const CLI::App& app, const std::vector<std::string>& args);

/// Throws Failure(Exit::usage) where a flag was given "": a variable that somebody forgot to set.
/// Taking it for "not given" would look at another lab.
void refuse_empty_values(const CLI::App& command);

/// Throws where `args` give a flag that only is there or not (--detach) a value other than true or
/// false. CLI11 takes what begins with a digit, and nothing at all, for true.
void refuse_values_of_switches(const CLI::App& command, const std::vector<std::string>& args);

/// Throws where `trailing`, what stands behind "--", begins with no command: a variable that was
/// not set, most likely. What would run without one is not what was meant: verify's own client,
/// which a gateway may spare.
void refuse_no_command(const std::vector<std::string>& trailing);

/// CLI11's own messages (`what`) name neither the remedy nor the nearest right word.
Diagnostic explain_usage(const std::string& what, const CLI::App& app,
                         const std::vector<std::string>& args);

}  // namespace sni::cli
