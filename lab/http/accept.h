// The Accept header (RFC 9110 §12.5.1): how much a client likes a type. Pure.
#pragma once

#include <string_view>

namespace sni::http {

struct Acceptance {
    /// The range that decides, the closest one: "*/*", "text/*" or the type itself.
    enum class By { none, anything, kind, name };
    By by = By::none;
    double weight = 0;  ///< from 0, not at all, to 1
    bool operator==(const Acceptance&) const = default;
};

/// What the list `accept` says of `type`, "text/html" and the like. A weight that is none is 0.
Acceptance acceptance(std::string_view accept, std::string_view type);

}  // namespace sni::http
