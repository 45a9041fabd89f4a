#include "cli/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ostream>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "certs/output.h"
#include "cli/state.h"
#include "lab/core/codes.h"
#include "lab/core/dns_name.h"
#include "lab/core/duration.h"
#include "lab/core/encoding.h"
#include "lab/core/host_help.h"
#include "lab/core/shell_quote.h"

namespace sni::cli {

namespace {

bool lacks_port(std::string_view text) {
    return text.ends_with(']') || !text.contains(':');
}

}  // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help) {
    return parent.add_subcommand(name, help);
}

void refuse(std::string message, std::string hint) {
    throw Failure(Exit::usage, code::kUsage, std::move(message), {}, std::move(hint));
}

void refuse_two_on_stdout(std::initializer_list<std::pair<std::string_view, bool>> flags) {
    std::string_view first;
    for (const auto& [flag, given] : flags) {
        if (!given) continue;
        if (!first.empty()) {
            refuse(fmt::format("{} and {} both write a document to stdout", first, flag),
                   "name a file for one of them");
        }
        first = flag;
    }
}

bool is_stdout(const std::filesystem::path& file) {
    return file == "-" || file == "/dev/stdout" || file == "/dev/fd/1" || file == "/proc/self/fd/1";
}

bool any_is_stdout(std::initializer_list<std::filesystem::path> files) {
    return std::ranges::any_of(files, is_stdout);
}

std::string input_file(const std::string& named) {
    return named == "-" ? "/dev/stdin" : named;
}

void print_document(const std::filesystem::path& file, const std::string& document,
                    std::ostream& out) {
    if (is_stdout(file)) {
        out << document << std::flush;
    } else {
        certs::write_output(file, document);
    }
}

Diagnostic usage_mistake(std::string message, std::string hint) {
    return {
        .code = std::string(code::kUsage), .message = std::move(message), .hint = std::move(hint)};
}

Result<Endpoint, Diagnostic> parse_listener(std::string_view flag, const std::string& text) {
    auto endpoint = parse_endpoint(text);
    if (!endpoint)
        return std::unexpected(usage_mistake(fmt::format("{}: {}", flag, endpoint.error())));
    if (endpoint->kind == Endpoint::Kind::unix_path) {
        return std::unexpected(
            usage_mistake(fmt::format("{}: \"{}\" is not ADDRESS:PORT", flag, printable(text)),
                          "only what is dialled can be a Unix socket"));
    }
    // The kernel has no such address for a socket of IPv6 alone.
    if (const Endpoint plain = unmapped(*endpoint); plain != *endpoint) {
        return std::unexpected(usage_mistake(
            fmt::format("{}: \"{}\" is an IPv4 address in IPv6's words", flag, printable(text)),
            fmt::format("write {}", to_string(plain))));
    }
    return std::move(*endpoint);
}

Endpoint listener(std::string_view flag, const std::string& text) {
    auto endpoint = parse_listener(flag, text);
    if (!endpoint) throw Failure(Exit::usage, std::move(endpoint.error()));
    return std::move(*endpoint);
}

std::string name_to_send(const std::string& text) {
    if (const auto name = DnsName::parse(text)) return name->text();
    auto wrong = no_host_name(text, "cannot be sent as SNI");
    throw Failure(Exit::usage, std::move(wrong));
}

Diagnostic no_host_name(const std::string& text, std::string_view then) {
    const auto name = DnsName::parse(text);
    const std::string help = host_help(text);
    return {.code = std::string(code::kUsage),
            .message = fmt::format("--sni \"{}\" {}", printable(text), then),
            .why = name ? "" : std::string(rule_of(name.error())),
            .hint = help.empty() ? "write a host name, such as httpbin.example.com" : help};
}

Result<Endpoint, std::string> parse_gateway(std::string_view text) {
    return parse_endpoint(lacks_port(text) ? fmt::format("{}:443", text) : std::string(text));
}

std::string port_taken(std::string_view text) {
    if (!lacks_port(text) || !parse_gateway(text)) return "";
    return fmt::format("--gateway {}: no port, so 443 it is\n", printable(text));
}

std::string state_flag(const std::filesystem::path& state) {
    return state.lexically_normal() == kDefaultState ? ""
                                                     : " --state " + shell_quoted(state.native());
}

std::filesystem::path default_state() {
    const char* named = std::getenv("SNI_LAB_STATE");
    return named && *named ? named : kDefaultState;
}

CLI::Option* add_state(CLI::App& command, std::filesystem::path& state) {
    state = default_state();
    return command
        .add_option("--state", state, "State folder (default: $SNI_LAB_STATE, else ./.sni-lab)")
        ->type_name("DIR");
}

CLI::Option* one_each(CLI::Option* option) {
    return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_accept_proxy(CLI::App& command, std::vector<std::string>& ranges) {
    one_each(command.add_option("--accept-proxy", ranges,
                                "Peers that are proxies: they must begin with a PROXY header, and "
                                "are believed; may be repeated"))
        ->type_name("CIDR");
}

CLI::Option* add_duration(CLI::App& command, const std::string& name,
                          std::chrono::milliseconds& value, const std::string& help, Zero zero) {
    return command
        .add_option_function<std::string>(
            name,
            [&value, name, zero](const std::string& text) {
                const auto parsed =
                    zero == Zero::allowed ? parse_duration(text) : parse_timeout(text);
                if (!parsed) throw CLI::ValidationError(name, parsed.error());
                value = *parsed;
            },
            zero == Zero::allowed && value == std::chrono::milliseconds(0)
                ? help
                : fmt::format("{} (default: {})", help, to_string(value)))
        ->type_name("DURATION");
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
    return CLI::Validator(
        [least, most](std::string& text) -> std::string {
            std::uint64_t number = 0;
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, number);
            if (error != std::errc{} || stop != end || number < least || number > most) {
                return fmt::format("\"{}\" is not a whole number from {} to {}", printable(text),
                                   least, most);
            }
            text = fmt::format("{}", number);  // without zeros in front
            return {};
        },
        fmt::format("UINT in [{} - {}]", least, most));
}

std::optional<Digest> read_pin(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto pin = digest_from_hex(text);
    if (pin) return pin;
    throw Failure(Exit::usage, code::kUsage,
                  fmt::format("--pin \"{}\" is no SHA-256", printable(text)),
                  "64 hex digits, with or without colons",
                  "openssl x509 -noout -fingerprint -sha256 -in FILE prints one");
}

}  // namespace sni::cli
