#include "lab/route/host_match.h"

#include <limits>

namespace sni::route {

bool takes(std::string_view pattern, std::optional<std::string_view> name) {
    if (pattern == "*") return true;
    if (!name) return false;
    if (!pattern.starts_with("*.")) return pattern == *name;
    const std::string_view suffix = pattern.substr(1);
    return name->ends_with(suffix) && name->size() > suffix.size();
}

std::size_t narrowness(std::string_view pattern) {
    if (pattern == "*") return 1;
    return pattern.starts_with("*.") ? pattern.size() : std::numeric_limits<std::size_t>::max();
}

std::optional<std::string_view> common(std::string_view one, std::string_view other) {
    if (takes(one, other)) return other;
    if (takes(other, one)) return one;
    return std::nullopt;
}

}  // namespace sni::route
