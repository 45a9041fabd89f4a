#include "lab/analyze/codes.h"

#include <algorithm>
#include <array>

namespace sni::analyze {

namespace {

constexpr auto kCodes = [] {
    auto codes = std::to_array<CodeText>({
#define SNI_CODE(constant, ...) {__VA_ARGS__},
#include "lab/analyze/codes.def"
#include "lab/manifest/codes.def"
#include "lab/yaml/codes.def"
#undef SNI_CODE
    });
    std::ranges::sort(codes, {}, &CodeText::id);
    return codes;
}();
static_assert(std::ranges::adjacent_find(kCodes, {}, &CodeText::id) == kCodes.end(),
              "no code has two meanings");

}  // namespace

std::span<const CodeText> codes() {
    return kCodes;
}

const CodeText* find_code(std::string_view id) {
    const auto found = std::ranges::lower_bound(kCodes, id, {}, &CodeText::id);
    return found != kCodes.end() && found->id == id ? &*found : nullptr;
}

}  // namespace sni::analyze
