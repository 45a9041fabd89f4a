#include "lab/log/json_line.h"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace log_json_line_test {

using namespace sni;
using log::JsonLine;

TEST_CASE("every byte of a peer's makes a line that is JSON and moves no terminal", "[log]") {
    for (int first = 0; first < 256; ++first) {
        for (const std::string& rest : {std::string(), std::string("\xa9"), std::string("\"\\")}) {
            const std::string bytes = static_cast<char>(first) + rest;
            CAPTURE(first, rest.size());
            const std::string line =
                JsonLine().raw("[").quoted(bytes).raw(",").exact(bytes).raw("]").take();
            CHECK(std::ranges::none_of(line, [](char c) {
                const auto byte = static_cast<unsigned char>(c);
                return byte < 0x20 || byte == 0x7F;
            }));
            CHECK(nlohmann::json::parse(line).size() == 2);
        }
    }
}

TEST_CASE("what is exact is read back as it was", "[log]") {
    for (const std::string text : {"", "plain", "a \"b\" \\c", "line\nline\t", "caf\xc3\xa9",
                                   "\xf0\x9f\xab\x96", "\x7f\x01"}) {
        const std::string line = JsonLine().exact(text).take();
        CHECK(nlohmann::json::parse(line).get<std::string>() == text);
    }
    const std::string broken = JsonLine()
                                   .exact(
                                       "a\xff"
                                       "b")
                                   .take();
    CHECK(nlohmann::json::parse(broken).get<std::string>() ==
          "a\xef\xbf\xbd"
          "b");
}

TEST_CASE("numbers are whole, whatever their type", "[log]") {
    JsonLine line;
    line.number(std::int8_t{-7}).raw(" ").number(std::uint64_t{18'446'744'073'709'551'615u});
    line.raw(" ").null().raw(" ").word("own");
    CHECK(line.take() == "-7 18446744073709551615 null \"own\"");
}

}  // namespace log_json_line_test
