// A JSON document as httpbin's echoes show it: parsed, keys sorted, the last of equal keys kept.
// Its numbers and strings stay as they were written, so that no integer is rounded and no lone
// surrogate is lost. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "lab/httpbin/json/json_tree.h"
#include "lab/httpbin/json/large_json.h"

namespace sni::httpbin {

struct JsonEcho {
    /// With two spaces for each level, as it stands inside a document at `indent`; null: it is no
    /// JSON (RFC 8259), no UTF-8, or deeper than the limit.
    std::unique_ptr<JsonPart> part;
    /// It has more values than the limit. Whether it is JSON was not looked at.
    bool too_many = false;
    bool too_deep = false;  ///< the same of its levels
};

/// `document` has less than 4 GiB.
JsonEcho echo_json(std::shared_ptr<const std::string> document, std::size_t indent,
                   const JsonLimits& limits = {});

}  // namespace sni::httpbin
