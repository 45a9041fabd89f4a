// Labels and names of ports, as the API server takes them (apimachinery, pkg/util/validation).
#include <algorithm>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Of a label's key without its prefix, or a value that is not empty.
bool is_qualified(std::string_view text) {
    constexpr std::size_t kMost = 63;
    return !text.empty() && text.size() <= kMost && is_alphanumeric(text.front()) &&
           is_alphanumeric(text.back()) && std::ranges::all_of(text, [](char c) {
               return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
           });
}

bool is_label_key(std::string_view key) {
    constexpr std::size_t kMostPrefix = 253;
    const std::size_t slash = key.find('/');
    if (slash == std::string_view::npos) return is_qualified(key);
    const std::string_view prefix = key.substr(0, slash);
    return prefix.size() <= kMostPrefix && is_object_name(prefix) &&
           is_qualified(key.substr(slash + 1));
}

}  // namespace

void check_labels(const Labels& labels, Spot at, Reading& in) {
    constexpr std::string_view kWhy =
        "letters, digits, '-', '_' and '.' may stand in one, 63 at most, and it starts and ends "
        "with a letter or digit";
    for (const auto& [key, value] : labels) {
        if (!is_label_key(key)) {
            in.error(code::kValue, at, fmt::format("{} is no key of a label", quote(key)),
                     std::string(kWhy));
        } else if (!value.empty() && !is_qualified(value)) {
            in.error(code::kValue, at,
                     fmt::format("{} is no value of the label {}", quote(value), quote(key)),
                     std::string(kWhy));
        }
    }
}

void check_selector(const Labels& labels, Spot at, Reading& in) {
    for (const auto& [key, value] : labels) {
        if (!key.contains('*') && !value.contains('*')) continue;
        in.error(code::kValue, at,
                 fmt::format("{} has a wildcard, which a selector cannot have",
                             quote(fmt::format("{}={}", key, value))));
    }
}

void check_port_name(const Text& name, Reading& in) {
    constexpr std::size_t kMost = 15;
    const std::string& text = name.value;
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const bool fine = text.size() <= kMost && std::ranges::any_of(text, is_letter) &&
                      text.front() != '-' && text.back() != '-' && !text.contains("--") &&
                      std::ranges::all_of(text, [&](char c) {
                          return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
                      });
    if (text.empty() || fine) return;
    in.error(code::kValue, name.at, fmt::format("{} is no name of a container's port", quote(text)),
             "lower-case letters, digits and '-' may stand in one, 15 at most, and a letter has to "
             "(RFC 6335)");
}

}  // namespace sni::manifest
