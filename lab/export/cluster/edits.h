// Places in the text of the manifests where something is put in, so that all else stays as it was
// written, comments included.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/yaml/yaml.h"

namespace sni::exporting {

/// `characters` of the text at `at` go, and `text` comes in their place.
struct Edit {
    yaml::Spot at;
    std::size_t characters = 0;
    std::string text;
    bool operator==(const Edit&) const = default;
};

/// The byte in `text`, whose first line is `first_line` of the file, where `at` is.
std::size_t offset_of(std::string_view text, int first_line, yaml::Spot at);

/// `by` in the place of a scalar of `text`, which is all of its file, quotes and all. Nothing: an
/// alias, an anchor or a tag stands there.
std::optional<Edit> replacement(std::string_view text, const yaml::Node& scalar, std::string by);

/// `text`, the lines `first_line` to `last_line` of `file`, with those of `edits` that are in it.
/// What is put in at one spot comes in the order of `edits`.
std::string edited(std::string_view text, int file, int first_line, int last_line,
                   const std::vector<Edit>& edits);

}  // namespace sni::exporting
