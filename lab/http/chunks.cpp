#include "lab/http/chunks.h"

#include <fmt/format.h>

namespace sni::http {

std::string chunk(std::string_view bytes) {
    if (bytes.empty()) return {};
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string last_chunk(const Headers& trailers) {
    std::string end = "0\r\n";
    for (const Header& trailer : trailers) {
        end += fmt::format("{}: {}\r\n", trailer.name, trailer.value);
    }
    return end + "\r\n";
}

}  // namespace sni::http
