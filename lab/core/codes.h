// Every SL code, as constants and as a table: both come from codes.def. Istio's IST… and our X-…
// codes belong to lab/yaml, lab/manifest and lab/analyze.
#pragma once

#include <span>
#include <string_view>

#include "lab/core/code_text.h"

namespace sni::code {

#define SNI_CODE(constant, id, ...) inline constexpr std::string_view constant = id;
#include "lab/core/codes.def"
#undef SNI_CODE

/// All of them, sorted by code.
std::span<const CodeText> texts();

}  // namespace sni::code
