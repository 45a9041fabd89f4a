// One field of a scenario's files that holds one of a few words.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/scenario/words.h"
#include "lab/yaml/fields.h"

namespace sni::scenario {

/// A word, and what it stands for.
template <class Value, std::size_t count>
using Words = std::array<std::pair<std::string_view, Value>, count>;

/// Says that `text` is none of `words`, with the nearest one. `what` it should have been: "kind of
/// client".
void report_no_word(yaml::Fields& fields, const Text& text, std::string_view what,
                    const std::vector<std::string>& words);

/// What the word in `key` stands for. Nothing where there is no such field, and where its word is
/// none of `words`, which is reported.
template <class Value, std::size_t count>
std::optional<Value> read_word(yaml::Fields& fields, std::string_view key, std::string_view what,
                               const Words<Value, count>& words) {
    const auto text = fields.text(key);
    if (!text) return std::nullopt;
    std::vector<std::string> spelled;
    spelled.reserve(count);
    for (const auto& [word, value] : words) {
        if (word == text->value) return value;
        spelled.emplace_back(word);
    }
    report_no_word(fields, *text, what, spelled);
    return std::nullopt;
}

/// "v1" and "v2" of the PROXY protocol.
inline constexpr Words<int, 2> kProxyVersions = {{{"v1", 1}, {"v2", 2}}};

}  // namespace sni::scenario
