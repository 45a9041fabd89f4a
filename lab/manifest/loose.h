// Fields of a document that is read without a word about what is wrong in it: of the kinds that are
// left aside, and of other gateways' own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/manifest/words.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest::loose {

/// What stands there, by its keys one below the other; nullptr: nothing.
const yaml::Node* at(const yaml::Node& node, std::initializer_list<std::string_view> keys);

/// A scalar; `otherwise`, at the node itself, where there is none.
Text text(const yaml::Node& node, std::string_view key, std::string_view otherwise = {});

/// Nothing where there is no whole number.
std::optional<Number> number(const yaml::Node& node, std::string_view key);

/// The elements of a list; none where there is no list.
std::vector<const yaml::Node*> items(const yaml::Node& node, std::string_view key);

/// The scalars of a list.
std::vector<Text> texts(const yaml::Node& node, std::string_view key);

/// As Go's strconv.ParseBool reads it.
bool is_true(std::string_view text);

}  // namespace sni::manifest::loose
