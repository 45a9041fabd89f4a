#include "cli/terminal.h"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "lab/core/dns_name.h"

namespace sni::cli {

namespace {

/// It is a terminal, and NO_COLOR is unset or empty.
bool wants_color(const std::ostream& stream) {
    const char* no_color = std::getenv("NO_COLOR");
    return (!no_color || !*no_color) && can_write_over(stream);
}

}  // namespace

bool is_terminal(const std::ostream& stream) {
    const bool out = &stream == &std::cout && isatty(STDOUT_FILENO);
    const bool err = &stream == &std::cerr && isatty(STDERR_FILENO);
    return out || err;
}

bool can_write_over(const std::ostream& stream) {
    const char* term = std::getenv("TERM");
    const bool dumb = term && std::string_view(term) == "dumb";
    return !dumb && is_terminal(stream);
}

report::Style style_of(const std::ostream& stream) {
    std::string_view locale;
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (!locale.empty() || !value) continue;
        locale = value;
    }
    const std::string lower = to_lower_ascii(locale);
    const bool utf8 = lower.contains("utf-8") || lower.contains("utf8");
    return {.color = wants_color(stream), .unicode = utf8};
}

void set_up_logging(bool verbose, bool quiet) {
    const auto mode =
        wants_color(std::cerr) ? spdlog::color_mode::automatic : spdlog::color_mode::never;
    auto logger = std::make_shared<spdlog::logger>(
        "sni-lab", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(mode));
    logger->set_pattern("%H:%M:%S %^%l%$ %v");
    logger->set_level(verbose ? spdlog::level::debug
                      : quiet ? spdlog::level::warn
                              : spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace sni::cli
