// The codes that manifests and what follows from them can report; codes.def says what each means.
#pragma once

#include <string_view>

#include "lab/yaml/codes.h"

namespace sni::manifest::code {

using namespace yaml::code;

#define SNI_CODE(constant, id, ...) inline constexpr std::string_view constant = id;
#include "lab/manifest/codes.def"
#undef SNI_CODE

}  // namespace sni::manifest::code
