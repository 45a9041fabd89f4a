#include "lab/httpbin/json/json_escape.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace httpbin_json_escape_test {

using namespace sni;

namespace {

std::string as_nlohmann_writes(const std::string& text) {
    constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
    const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, kReplace);
    return quoted.substr(1, quoted.size() - 2);
}

std::string escaped(const std::string& text) {
    std::string written;
    httpbin::write_escaped(text, 0, text.size(), written);
    return written;
}

}  // namespace

TEST_CASE("whatever bytes come are escaped as nlohmann escapes them", "[httpbin]") {
    // Both sides of every border that UTF-8 has, and what JSON escapes.
    static constexpr std::string_view kBytes =
        "\x01\x1F "
        "\"\\az\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xE1\xEC\xED\xEE\xEF\xF0\xF1"
        "\xF3\xF4\xF5\xFF";
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text(1, static_cast<char>(byte));
        if (escaped(text) != as_nlohmann_writes(text)) FAIL("byte " << byte);
    }
    for (const char a : kBytes) {
        for (const char b : kBytes) {
            for (const char c : kBytes) {
                std::string text{a, b, c};
                if (escaped(text) != as_nlohmann_writes(text)) {
                    FAIL(int(a) << " " << int(b) << " " << int(c));
                }
                text.insert(0, "\xF1\x80");
                if (escaped(text) != as_nlohmann_writes(text)) {
                    FAIL("four bytes " << int(a) << " " << int(b) << " " << int(c));
                }
            }
        }
    }
}

TEST_CASE("a piece of a text ends where a character does", "[httpbin]") {
    std::string written;
    CHECK(httpbin::write_escaped("ab\xE2\x82\xAC", 0, 4, written) == 2);
    CHECK(written == "ab");
    CHECK(httpbin::write_escaped("ab\xE2\x82\xAC", 2, 4, written) == 5);
    CHECK(written == "ab\xE2\x82\xAC");
}

}  // namespace httpbin_json_escape_test
