// A shape field by field, and the place where it is wrong. Pure.
#pragma once

#include <string>

#include "lab/torture/shape.h"

namespace sni::torture {

/// A line for each field: where its first byte is sent, its bytes, what it says and where that is
/// written; "^" below the first one that is not as it must be. Records come first, then the message
/// that they make.
std::string explain(const Shape& shape);

}  // namespace sni::torture
