// Which names a pattern takes: the one answer to it. Patterns and names are text in lower case, as
// HostPattern prints them; what HostPattern refuses takes itself and nothing else.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sni::route {

/// "*" takes everything, "*.example.com" what ends in ".example.com" and is longer. `name` may be a
/// wildcard itself: "*.a.example.com" is taken by "*.example.com". Nothing is a client without SNI.
bool takes(std::string_view pattern, std::optional<std::string_view> name);

/// Of two patterns that take one name the narrower one gets it: the one with more of this. At least
/// 1, for "*"; then suffixes by their length; a name of its own has most.
std::size_t narrowness(std::string_view pattern);

/// The pattern for the names that both take; nothing: there is none.
std::optional<std::string_view> common(std::string_view one, std::string_view other);

}  // namespace sni::route
