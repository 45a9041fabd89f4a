// "Did you mean …?": the nearest of the words that would have been right.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sni {

/// The first of `known` that is at most `max_edits` insertions, deletions, replacements or swaps of
/// neighbours away from `word`, and closest to it; nothing when none is.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known,
                                   std::size_t max_edits = 2);

}  // namespace sni
