// The codes that reading YAML into values can report; codes.def says what each means.
#pragma once

#include <string_view>

namespace sni::yaml::code {

#define SNI_CODE(constant, id, ...) inline constexpr std::string_view constant = id;
#include "lab/yaml/codes.def"
#undef SNI_CODE

}  // namespace sni::yaml::code
