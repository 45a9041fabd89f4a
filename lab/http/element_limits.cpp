#include "lab/http/element_limits.h"

#include <algorithm>

#include <fmt/format.h>

namespace sni::http {

namespace {

/// Pieces between separators; an empty one is none.
std::size_t pieces(std::string_view text, char separator) {
    std::size_t count = 0;
    char before = separator;
    for (const char c : text) {
        count += c != separator && before == separator ? 1 : 0;
        before = c;
    }
    return count;
}

}  // namespace

std::optional<Refusal> too_many_elements(const Request& request, const ElementLimits& limits) {
    if (pieces(request.query, '&') > limits.query_parameters) {
        return Refusal{
            414, fmt::format("the query has more than {} parameters", limits.query_parameters)};
    }
    std::size_t cookies = 0;
    for (const Header& header : request.headers) {
        if (same_ignoring_case(header.name, "Cookie")) cookies += pieces(header.value, ';');
    }
    if (cookies > limits.cookies) {
        return Refusal{431, fmt::format("more than {} cookies", limits.cookies)};
    }
    return std::nullopt;
}

std::optional<Refusal> too_many_fields(const Request& request, const ElementLimits& limits) {
    if (pieces(request.body, '&') <= limits.form_fields) return std::nullopt;
    return Refusal{413, fmt::format("the form has more than {} fields", limits.form_fields)};
}

}  // namespace sni::http
