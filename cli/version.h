// What --version prints: ours, and every package's, since their traps differ by version.
#pragma once

#include <string>

namespace sni::cli {

std::string version_text();

}  // namespace sni::cli
