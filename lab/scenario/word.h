// One field of a scenario's files that holds one of a few words.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/scenario/words.h"
#include "lab/yaml/fields.h"

namespace sni::scenario {

/// A word, and what it stands for.
template <class Value, std::size_t count>
using Words = std::array<std::pair<std::string_view, Value>, count>;

/// What the word in `key` stands for. Nothing where there is no such field, and where its word is
/// none of `words`: that is reported, with the nearest one. `what` it should have been: "kind of
/// client".
template <class Value, std::size_t count>
std::optional<Value> read_word(yaml::Fields& fields, std::string_view key, std::string_view what,
                               const Words<Value, count>& words) {
    const auto text = fields.text(key);
    if (!text) return std::nullopt;
    std::vector<std::string> spelled;
    for (const auto& [word, value] : words) {
        if (word == text->value) return value;
        spelled.emplace_back(word);
    }
    const auto near = nearest(text->value.substr(0, 64), spelled);
    fields.in().error(code::kValue, text->at,
                      fmt::format("there is no {} {}", what, quote(text->value)), {},
                      near ? fmt::format("did you mean {}?", *near)
                           : fmt::format("write one of {}", fmt::join(spelled, ", ")));
    return std::nullopt;
}

/// "v1" and "v2" of the PROXY protocol.
inline constexpr Words<int, 2> kProxyVersions = {{{"v1", 1}, {"v2", 2}}};

}  // namespace sni::scenario
