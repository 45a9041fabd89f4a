// The file that --routes names: one "NAME HOST:PORT[*WEIGHT]" a line. Reading it from disk is left
// to the command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/core/diagnostic.h"
#include "lab/route/route_table.h"

namespace sni::route {

/// `routes` is meaningful only when there are no diagnostics.
struct ParsedRoutes {
    std::vector<Route> routes;
    std::vector<Diagnostic> diagnostics;  ///< in file order
};

/// Empty lines are skipped, and everything from a word on that begins with '#'. `file` is the name
/// that diagnostics show. After a hundred mistakes it is not a routes file, and the rest goes
/// unread.
ParsedRoutes parse_routes(std::string_view text, const std::string& file);

}  // namespace sni::route
