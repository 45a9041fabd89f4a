// Queries, form bodies and percent escapes as httpbin reads them (facts differ from what most
// libraries do: only '&' separates, and the first '=' does).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sni::http {

/// %XX becomes the byte; an escape that is none stays as it is.
std::string percent_decode(std::string_view text);

/// In the order of the text, decoded, '+' as a space; duplicates and empty keys are kept, empty
/// pieces are not. Values may hold any bytes.
using Fields = std::vector<std::pair<std::string, std::string>>;
Fields parse_query(std::string_view query);

/// The first value of `name`; null when there is none.
const std::string* find_field(const Fields& fields, std::string_view name);

}  // namespace sni::http
