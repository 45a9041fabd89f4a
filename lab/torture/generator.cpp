#include "lab/torture/generator.h"

#include "lab/torture/shape_builder.h"

namespace sni::torture {

std::vector<Shape> all_shapes(const std::string& sni, std::uint64_t seed) {
    ShapeBuilder shapes(sni, seed);
    for (const auto add : {add_segments, add_records, add_sizes, add_names, add_name_lists,
                           add_extensions, add_offers, add_lengths, add_truncations, add_strangers,
                           add_endings, add_clients, add_around}) {
        add(shapes);
    }
    return shapes.take();
}

Shape ordinary_shape(const std::string& sni, std::uint64_t seed) {
    ShapeBuilder shapes(sni, ~seed);  // the ends know hellos by their bytes
    shapes.add({.name = "ordinary",
                .about = "what a client of today sends, in one piece",
                .source = "RFC 8446 §4.1.2"},
               shapes.wire());
    return shapes.take().front();
}

}  // namespace sni::torture
