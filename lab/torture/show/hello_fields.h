// The fields of a ClientHello, as far as they can be read, and the first that is not as it must be.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lab/core/bytes.h"

namespace sni::torture {

struct Field {
    std::size_t at = 0;  ///< where its first byte is sent
    Bytes bytes;
    int depth = 0;
    std::string text;    ///< printable, whatever a client chose
    std::string source;  ///< "RFC 8446 §4.1.2"; empty: as the one above
    std::string fault;   ///< empty: none
};

/// `message`: from its type on, whole or not; places[i] is where byte i was sent. Both must outlive
/// the fields. What stands behind the first fault is not read.
std::vector<Field> fields_of(Bytes message, const std::vector<std::size_t>& places);

}  // namespace sni::torture
