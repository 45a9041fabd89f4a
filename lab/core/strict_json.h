// JSON from the other side, read strictly: what nlohmann-json forgives is an error here.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "lab/core/result.h"

namespace sni {

enum class JsonError { not_json, duplicate_key };

/// One JSON document in UTF-8, nothing behind it, no key twice in one object, at most 32 levels
/// deep.
Result<nlohmann::json, JsonError> parse_strict_json(std::string_view text);

}  // namespace sni
