// Flags that several commands have, spelled and checked the same everywhere.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sni::cli {

/// A command below `parent`, which owns it. The only place that makes one: CLI11 is all headers,
/// and a file that makes an App compiles the whole parser with it.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help);

/// The command line cannot be used as it is: exit 2.
[[noreturn]] void refuse(std::string message, std::string hint = {});

/// $SNI_LAB_STATE, else ./.sni-lab.
std::filesystem::path default_state();

/// --state DIR: the flag, else SNI_LAB_STATE, else ./.sni-lab.
CLI::Option* add_state(CLI::App& command, std::filesystem::path& state);

/// A duration flag such as --timeout 5s (lab/core/duration.h); `value` keeps its default without
/// the flag.
CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::chrono::milliseconds& value, const std::string& help);

}  // namespace sni::cli
