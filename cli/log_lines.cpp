#include "cli/log_lines.h"

#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"

namespace sni::cli {

namespace {

using nlohmann::json;

/// The text of a field; empty when it is absent, null or something else.
std::string text_in(const json& line, const char* field) {
    const auto found = line.find(field);
    return found != line.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

/// Only a word that says so is one.
bool is_false(const json& line, const char* field) {
    const auto found = line.find(field);
    return found != line.end() && *found == false;
}

double number_in(const json& line, const char* field) {
    const auto found = line.find(field);
    return found != line.end() && found->is_number() ? found->get<double>() : 0;
}

/// Without parts of a second: the order of the lines tells more.
std::string time_of(const json& line) {
    std::string time = text_in(line, "time");
    const std::size_t point = time.find('.');
    return point == std::string::npos ? time : time.substr(0, point) + "Z";
}

std::string name_of(const json& line) {
    const std::string name = text_in(line, "sni");
    return name.empty() ? "(no SNI)" : name;
}

/// ", WORD VALUE" where there is a value.
std::string also(const json& line, const char* field, std::string_view word) {
    const std::string value = text_in(line, field);
    return value.empty() ? "" : fmt::format(", {}{}", word, value);
}

std::string connection(const json& line) {
    std::string what = text_in(line, "outcome");
    if (!text_in(line, "backend").empty()) {
        const std::string address = text_in(line, "address");
        what += " to " + (address.empty() ? text_in(line, "backend") : address);
    }
    if (number_in(line, "tries") > 1) what += fmt::format(", {} tries", number_in(line, "tries"));
    return fmt::format("{} {:<10} {}: {}{}{}, {} B up, {} B down, {:.1f} ms, from {}",
                       time_of(line), "connection", name_of(line), what,
                       also(line, "error", "error: "), also(line, "saw", "saw "),
                       number_in(line, "bytes_up"), number_in(line, "bytes_down"),
                       number_in(line, "ended_us") / 1000, text_in(line, "client"));
}

std::string request(const json& line) {
    return fmt::format("{} {:<10} {}: {} {} → {}{}{}, {} B, {:.1f} ms, from {}", time_of(line),
                       "request", name_of(line), text_in(line, "method"), text_in(line, "target"),
                       number_in(line, "status"), is_false(line, "whole") ? " (broken off)" : "",
                       also(line, "reason", ""), number_in(line, "bytes"), number_in(line, "ms"),
                       text_in(line, "peer"));
}

std::string failed_handshake(const json& line) {
    return fmt::format("{} {:<10} {}: failed at the backend{}{}, from {}", time_of(line),
                       "handshake", name_of(line), also(line, "reason", ""),
                       also(line, "saw", "saw "), text_in(line, "peer"));
}

}  // namespace

std::string readable_line(std::string_view line) {
    const json parsed = json::parse(line, nullptr, false);
    if (!parsed.is_object()) return printable(line);
    if (!text_in(parsed, "outcome").empty()) return connection(parsed);
    if (text_in(parsed, "handshake") == "failed") return failed_handshake(parsed);
    if (!text_in(parsed, "method").empty()) return request(parsed);
    return printable(line);
}

std::string ReadableLines::add(std::string_view more) {
    rest_ += more;
    std::string lines;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = rest_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
        lines += readable_line(std::string_view(rest_).substr(begin, end - begin)) + "\n";
    }
    rest_.erase(0, begin);
    return lines;
}

std::string ReadableLines::finish() {
    return rest_.empty() ? "" : readable_line(std::exchange(rest_, {})) + "\n";
}

}  // namespace sni::cli
