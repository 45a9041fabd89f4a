#include "lab/core/codes.h"

#include <algorithm>
#include <array>

namespace sni::code {

namespace {

constexpr auto kTexts = std::to_array<CodeText>({
#define SNI_CODE(constant, ...) {__VA_ARGS__},
#include "lab/core/codes.def"
#undef SNI_CODE
});
static_assert(std::ranges::adjacent_find(kTexts, std::ranges::greater_equal(), &CodeText::id) ==
                  kTexts.end(),
              "sorted, and no code twice");

}  // namespace

std::span<const CodeText> texts() {
    return kTexts;
}

}  // namespace sni::code
