#include "cli/open_door.h"

#include <string>

#include <fmt/format.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"

namespace sni::cli {

void warn_if_open(const Endpoint& listening, std::ostream& err) {
    if (is_loopback(listening)) return;
    err << render(
        {.level = Level::warning,
         .code = std::string(code::kNotOnlyLocal),
         .message = fmt::format("{} can be reached from other machines", to_string(listening)),
         .hint = "listen on 127.0.0.1 to keep it to this one"});
}

}  // namespace sni::cli
