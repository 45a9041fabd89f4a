#include "lab/core/shell_quote.h"

#include "lab/core/encoding.h"

namespace sni {

std::string shell_quoted(std::string_view text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_+=:,./-";
    if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
        return std::string(text);
    }
    const bool harmless = printable(text) == text;
    std::string word = harmless ? "'" : "$'";
    for (const char c : text) {
        if (c == '\'') {
            word += harmless ? "'\\''" : "\\'";
        } else if (c == '\\' && !harmless) {
            word += "\\\\";
        } else {
            word += harmless ? std::string(1, c) : printable(std::string_view(&c, 1));
        }
    }
    return word + "'";
}

}  // namespace sni
