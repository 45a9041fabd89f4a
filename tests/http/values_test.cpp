// Small things that handlers are made of.
#include "lab/http/byte_range.h"
#include "lab/http/cookie.h"
#include "lab/http/entity_tag.h"
#include "tests/support/catch.h"

namespace http_values_test {

using namespace sni::http;

TEST_CASE("a byte range is whole, a part, or beyond", "[backend]") {
    CHECK(parse_byte_range("", 10) == RangeAsked(WholeRange()));
    CHECK(parse_byte_range("bytes=0-9", 10) == RangeAsked(WholeRange()));
    CHECK(parse_byte_range("bytes=2-", 10) == RangeAsked(ByteRange{2, 9}));
    CHECK(parse_byte_range("bytes=-2", 10) == RangeAsked(ByteRange{8, 9}));
    CHECK(parse_byte_range("bytes=9-9", 10) == RangeAsked(ByteRange{9, 9}));
    CHECK(parse_byte_range("bytes=9-10", 10) == RangeAsked(UnsatisfiableRange()));
    CHECK(parse_byte_range("bytes=0-0", 1) == RangeAsked(WholeRange()));
    CHECK(parse_byte_range("bytes=18446744073709551615-", 10) == RangeAsked(UnsatisfiableRange()));
    CHECK(parse_byte_range("bytes=1-2-3", 10) == RangeAsked(WholeRange()));
}

TEST_CASE("cookies survive being set and read again", "[backend]") {
    for (const std::string value : {"plain", "with space", "semi;colon,comma", "\"quoted\"",
                                    "back\\slash", "caf\xC3\xA9", "a=b=c", ""}) {
        CAPTURE(value);
        const auto header = set_cookie("k", value, "Secure");
        REQUIRE(header);
        const std::string pair = header->value.substr(0, header->value.find("; Secure; Path=/"));
        CHECK(parse_cookies({{"Cookie", "x=1; " + pair}}) == Fields{{"x", "1"}, {"k", value}});
    }
    CHECK_FALSE(set_cookie("a b", "1"));
    CHECK_FALSE(set_cookie("", "1"));
    CHECK(parse_cookies({{"Cookie", ";;=x; ;a"}}) == Fields{{"a", ""}});
}

TEST_CASE("tags are found in lists, quoted, weak or bare", "[backend]") {
    CHECK(names_tag("a", "a"));
    CHECK(names_tag("\"x\", \"a\"", "a"));
    CHECK(names_tag("W/\"a\"", "\"a\""));
    CHECK(names_tag("*", "a"));
    CHECK(names_tag("\"a, b\"", "a, b"));
    CHECK_FALSE(names_tag("\"a, b\"", "b"));
    CHECK_FALSE(names_tag("ab", "a"));
    CHECK_FALSE(names_tag("", "a"));
}

}  // namespace http_values_test
