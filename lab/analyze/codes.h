// Every code that analyze can report: those of reading and routing, and its own of codes.def.
#pragma once

#include <span>
#include <string_view>

#include "lab/core/code_text.h"

namespace sni::analyze {

namespace code {

#define SNI_CODE(constant, id, ...) inline constexpr std::string_view constant = id;
#include "lab/analyze/codes.def"
#undef SNI_CODE

}  // namespace code

/// All of them, sorted by code.
std::span<const CodeText> codes();
/// nullptr for what is no code of analyze.
const CodeText* find_code(std::string_view id);

}  // namespace sni::analyze
