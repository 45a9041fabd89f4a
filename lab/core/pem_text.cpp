#include "lab/core/pem_text.h"

#include <cstddef>

namespace sni {

int pem_line(std::string_view text) {
    for (int line = 1;; ++line) {
        if (text.starts_with(kPemBegin)) return line;
        const std::size_t newline = text.find('\n');
        if (newline == std::string_view::npos) return 0;
        text.remove_prefix(newline + 1);
    }
}

}  // namespace sni
