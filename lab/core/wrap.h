// Text in lines of a certain width, for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sni {

/// The words of `text` in lines of at most `width` bytes, all but the first behind `indent`; no end
/// behind the last. A word that is longer stands alone.
std::string wrapped(std::string_view text, std::size_t width, std::string_view indent);

}  // namespace sni
