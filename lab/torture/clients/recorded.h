// Hellos as real clients make them: what was recorded of each, made again for another name. What is
// random in them is random here, too.
#pragma once

#include <span>
#include <string_view>

#include "lab/torture/shape_builder.h"

namespace sni::torture {

struct RecordedClient {
    std::string_view name;   ///< "chromium-156"
    std::string_view about;  ///< one sentence's end
    std::string_view ja4;
    std::string_view versions;  ///< clients.def says how these three are written
    std::string_view suites;
    std::string_view extensions;
};

std::span<const RecordedClient> recorded_clients();

/// Its hello in one record.
Buffer hello_as(ShapeBuilder& shapes, const RecordedClient& client);

}  // namespace sni::torture
