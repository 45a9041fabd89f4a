// JSON from the other side, read strictly: what nlohmann-json forgives is an error here.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "lab/core/document_error.h"
#include "lab/core/result.h"

namespace sni {

/// One JSON document in UTF-8, nothing behind it, no key twice in one object, at most 32 levels
/// deep; else not_json or duplicate_key.
Result<nlohmann::json, DocumentError> parse_strict_json(std::string_view text);

}  // namespace sni
