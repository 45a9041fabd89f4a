// What the API server wants of fields that nobody here makes anything of: their types, ranges and
// words, as tables.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "lab/yaml/fields.h"

namespace sni::manifest {

struct Shape {
    enum class Type {
        any,
        text,
        boolean,
        number,
        name_or_number,  ///< IntOrString
        texts,
        labels,
        object,
        objects,
    };
    std::string_view key;
    Type type = Type::any;
    std::span<const Shape> fields = {};  ///< of `object` and `objects`
    std::int64_t least = std::numeric_limits<std::int64_t>::min();
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::span<const std::string_view> words = {};  ///< that a text may be; none: any
};

/// Every field that is there is of its type; the caller tells what is in no table, by done().
void check_shape(yaml::Fields& fields, std::span<const Shape> shapes);

}  // namespace sni::manifest
