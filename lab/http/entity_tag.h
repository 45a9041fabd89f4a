// If-Match and If-None-Match (RFC 9110 §13.1) as httpbin compares them. Pure.
#pragma once

#include <string_view>

namespace sni::http {

/// True when the list `header` names `tag` or is "*". Quotes and W/ make no difference on either
/// side.
bool names_tag(std::string_view header, std::string_view tag);

/// The same by the strong comparison of RFC 9110 §8.8.3.2: a weak tag equals none.
bool names_tag_strongly(std::string_view header, std::string_view tag);

}  // namespace sni::http
