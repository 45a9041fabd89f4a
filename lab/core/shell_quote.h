// Text as one word of a shell, for the commands that the program prints for copying.
#pragma once

#include <string>
#include <string_view>

namespace sni {

/// Unchanged when a shell would not touch it. Control bytes come out as bash's $'\x1b', so that
/// what is printed is harmless to the terminal and still the same word.
std::string shell_quoted(std::string_view text);

}  // namespace sni
