// Where the fields of a right ClientHello stand, by name: for whoever cuts it there, or makes one
// of its lengths lie.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lab/core/bytes.h"

namespace sni::torture {

/// A place between two bytes: where the field of this name ends.
struct Border {
    std::string name;  ///< "session-id-length", "mid-sni"
    std::size_t at = 0;
};

/// A length field.
struct LengthField {
    std::string name;  ///< "sni-list"
    std::size_t at = 0;
    std::size_t width = 0;  ///< in bytes
    /// A reader that only forwards the hello has to look at it.
    bool framing = true;

    /// What it says in the hello that was laid out, or in one with the same layout.
    std::size_t value(Bytes wire) const;
};

struct Layout {
    std::vector<Border> borders;  ///< in order; the end of the hello is none
    std::vector<LengthField> lengths;
};

/// Of a right hello in one record, from its first byte on.
Layout layout_of(Bytes wire);

}  // namespace sni::torture
