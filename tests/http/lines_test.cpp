#include "lab/http/lines.h"

#include "tests/support/catch.h"

namespace http_lines_test {

using namespace sni::http;

TEST_CASE("a line ends in CRLF, in LF alone, or with the text", "[backend]") {
    std::string_view rest = "one\r\ntwo\n\r\nlast";
    CHECK(take_line(rest) == "one");
    CHECK(take_line(rest) == "two");
    CHECK(take_line(rest).empty());
    CHECK(take_line(rest) == "last");
    CHECK(rest.empty());
}

TEST_CASE("a whole line ends in CRLF, and nothing is taken before that is there", "[backend]") {
    std::string_view rest = "one\ntwo\r\nthree\r";
    CHECK(take_whole_line(rest) == "one\ntwo");
    CHECK_FALSE(take_whole_line(rest));
    CHECK(rest == "three\r");
}

TEST_CASE("spaces and tabs around a word are no part of it", "[backend]") {
    CHECK(trim(" \t a b\t") == "a b");
    CHECK(trim("ab") == "ab");
    CHECK(trim(" \t ").empty());
    CHECK(trim("\n").size() == 1);
}

}  // namespace http_lines_test
