// What an Authorization header holds for a scheme with parameters (RFC 9110 §11.4). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "lab/http/query.h"

namespace sni::http {

/// The name="value" pairs behind `scheme`, which is read in any letter case: names in lower case,
/// values without quotes and the escapes inside. There may be white space around each "=" (RFC 9110
/// §11.2). Nothing for another scheme or a broken list.
std::optional<Fields> parse_credentials(std::string_view header, std::string_view scheme);

}  // namespace sni::http
