// Flags that several commands have, spelled and checked the same everywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/endpoint.h"
#include "lab/core/result.h"

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace sni::cli {

/// A command below `parent`, which owns it. The only place that makes one: CLI11 is all headers,
/// and a file that makes an App compiles the whole parser with it.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help);

/// The command line cannot be used as it is: exit 2.
[[noreturn]] void refuse(std::string message, std::string hint = {});

/// Refuses flags of which more than one is a document on stdout: each with whether it is there. A
/// file may be "-".
void refuse_two_on_stdout(std::initializer_list<std::pair<std::string_view, bool>> flags);
bool is_stdout(const std::filesystem::path& file);
/// One of them is a document on stdout, beside which no text stands.
bool any_is_stdout(std::initializer_list<std::filesystem::path> files);
/// Where what the user named is read from: "-" is whatever stdin was redirected from.
std::string input_file(const std::string& named);
/// What is meant for stdout goes to `out`, like every other answer: so a reader that leaves is no
/// failure, and one that is slow is waited for.
void print_document(const std::filesystem::path& file, const std::string& document,
                    std::ostream& out);

/// What refuse() throws, for commands that gather mistakes before they stop.
Diagnostic usage_mistake(std::string message, std::string hint = {});

/// ADDRESS:PORT to listen on, the value of `flag`; a Unix socket is none, nor is an IPv4 address
/// that is written as an IPv6 one (::ffff:127.0.0.1).
Result<Endpoint, Diagnostic> parse_listener(std::string_view flag, const std::string& text);

/// The same; throws Failure(Exit::usage) for what is none.
Endpoint listener(std::string_view flag, const std::string& text);

/// The value of --sni as it is sent, in lower case. Throws Failure(Exit::usage) for what is no host
/// name.
std::string name_to_send(const std::string& text);
/// That the value of --sni, which is no host name, `then`: "cannot be sent as SNI".
Diagnostic no_host_name(const std::string& text, std::string_view then);

/// HOST:PORT of a gateway to ask, or HOST alone for port 443, as curl takes https://HOST. The error
/// is a sentence.
Result<Endpoint, std::string> parse_gateway(std::string_view text);

/// A line that says which port parse_gateway() takes for `text`; empty when the port stands there.
std::string port_taken(std::string_view text);

/// $SNI_LAB_STATE, else ./.sni-lab.
std::filesystem::path default_state();
/// " --state DIR" for a command line that shall speak of `state`; empty where that is ./.sni-lab.
std::string state_flag(const std::filesystem::path& state);

/// --state DIR: the flag, else SNI_LAB_STATE, else ./.sni-lab.
CLI::Option* add_state(CLI::App& command, std::filesystem::path& state);

/// A flag that may come again is given once for each value, so that a stray word is not taken for
/// another one.
CLI::Option* one_each(CLI::Option* option);

/// --accept-proxy CIDR, of everything that listens; `ranges` is parsed by whoever uses it.
void add_accept_proxy(CLI::App& command, std::vector<std::string>& ranges);

/// What --pin takes; nothing for nothing. Throws Failure(Exit::usage).
std::optional<Digest> read_pin(const std::string& text);

/// What 0 is for a duration flag: nothing that one could mean, or something that its help tells.
enum class Zero { refused, allowed };

/// A duration flag such as --timeout 5s (lab/core/duration.h); `value` keeps its default without
/// the flag.
CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::chrono::milliseconds& value, const std::string& help,
                          Zero zero = Zero::refused);

/// For ->transform() of every flag that takes a whole number: decimal digits alone, from `least` to
/// `most`. CLI11 by itself takes "-1" for the largest number there is, cuts one that is too large
/// down to that, and reads "010" as 8.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

}  // namespace sni::cli
