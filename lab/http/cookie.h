// Cookies as values: the Cookie header read, Set-Cookie written. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lab/http/message.h"
#include "lab/http/query.h"

namespace sni::http {

/// Of all Cookie headers, in order; the first of a name counts. A value may hold '='; quotes around
/// it and the escapes inside are removed, percent escapes stay.
Fields parse_cookies(const Headers& headers);

/// "name=value; attributes; Path=/", or another path; a value with special characters is quoted,
/// with octal escapes. Nothing when `name` is no token.
std::optional<Header> set_cookie(std::string_view name, std::string_view value,
                                 std::string_view attributes = {}, std::string_view path = "/");

}  // namespace sni::http
