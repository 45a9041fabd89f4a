#include "lab/yaml/separator.h"

namespace sni::yaml {

bool is_separator(std::string_view line) {
    constexpr std::string_view kDashes = "---";
    if (!line.starts_with(kDashes)) return false;
    line.remove_prefix(kDashes.size());
    return line.empty() || line.find_first_of(" \t\r\n") == 0;
}

}  // namespace sni::yaml
