// What a document says, for whoever compares two that nobody reads.
#pragma once

#include <string>
#include <string_view>

#include "lab/yaml/yaml.h"

namespace sni::manifest {

/// A text that two documents share where they say the same, in whatever order and layout. Comments
/// are no part of it, nor is what the API server adds to an object.
std::string said_by(const yaml::Node& document);
/// Whether one of the values in it is this text.
bool does_say(std::string_view said, const std::string& text);

}  // namespace sni::manifest
