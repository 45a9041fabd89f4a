#include "lab/manifest/readers/shape.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sni::manifest {

namespace {

using yaml::Fields;

void check_number(Fields& fields, const Shape& shape) {
    const auto number = fields.number(shape.key);
    if (!number || (number->value >= shape.least && number->value <= shape.most)) return;
    const std::string range = shape.most == std::numeric_limits<std::int64_t>::max()
                                  ? fmt::format("{} at least", shape.least)
                                  : fmt::format("from {} to {}", shape.least, shape.most);
    fields.in().error(
        yaml::code::kValue, number->at,
        fmt::format("{} is {}, and must be {}", fields.path_of(shape.key), number->value, range));
}

void check_text(Fields& fields, const Shape& shape) {
    const auto text = fields.text(shape.key);
    if (!text || shape.words.empty() || std::ranges::count(shape.words, text->value) > 0) return;
    fields.in().error(yaml::code::kValue, text->at,
                      fmt::format("{} is {}, and must be one of {}", fields.path_of(shape.key),
                                  yaml::quote(text->value), fmt::join(shape.words, ", ")));
}

void check_name_or_number(Fields& fields, std::string_view key) {
    const yaml::Node* node = fields.raw(key);
    if (!node || node->is_null()) return;
    const bool scalar = node->kind() == yaml::Kind::scalar;
    if (scalar && yaml::scalar_type(*node) == yaml::ScalarType::number) {
        (void)fields.number(key);
    } else {
        (void)fields.text(key);
    }
}

void check(Fields& fields, const Shape& shape) {
    const auto below = [&](Fields& inner) { check_shape(inner, shape.fields); };
    switch (shape.type) {
        case Shape::Type::any:
            fields.ignore({shape.key});
            return;
        case Shape::Type::text:
            return check_text(fields, shape);
        case Shape::Type::boolean:
            (void)fields.boolean(shape.key);
            return;
        case Shape::Type::number:
            return check_number(fields, shape);
        case Shape::Type::name_or_number:
            return check_name_or_number(fields, shape.key);
        case Shape::Type::texts:
            (void)fields.texts(shape.key);
            return;
        case Shape::Type::labels:
            (void)fields.labels(shape.key);
            return;
        case Shape::Type::object:
            fields.object(shape.key, below);
            return;
        case Shape::Type::objects:
            return fields.objects(shape.key, below);
    }
}

}  // namespace

void check_shape(Fields& fields, std::span<const Shape> shapes) {
    for (const Shape& shape : shapes) {
        check(fields, shape);
    }
}

}  // namespace sni::manifest
