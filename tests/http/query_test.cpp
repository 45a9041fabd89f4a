#include "lab/http/query.h"

#include "tests/support/catch.h"

namespace http_query_test {

using namespace sni::http;

TEST_CASE("a query is split at '&' and at the first '='", "[backend]") {
    CHECK(parse_query("a=1&b=2") == Fields{{"a", "1"}, {"b", "2"}});
    CHECK(parse_query("a=b=c") == Fields{{"a", "b=c"}});
    CHECK(parse_query("=x") == Fields{{"", "x"}});
    CHECK(parse_query("a") == Fields{{"a", ""}});
    CHECK(parse_query("a=") == Fields{{"a", ""}});
    CHECK(parse_query("&&a=1&") == Fields{{"a", "1"}});
    CHECK(parse_query("a=1;b=2") == Fields{{"a", "1;b=2"}});
    CHECK(parse_query("a=1&a=2&b=3&a=1") == Fields{{"a", "1"}, {"a", "2"}, {"b", "3"}, {"a", "1"}});
    CHECK(parse_query("").empty());
}

TEST_CASE("'+' is a space in a query and %2B a plus", "[backend]") {
    CHECK(parse_query("a+b=c+d%2B") == Fields{{"a b", "c d+"}});
    CHECK(percent_decode("a+b") == "a+b");
}

TEST_CASE("a percent escape that is none stays as it is", "[backend]") {
    CHECK(percent_decode("%41%6a%6A") == "Ajj");
    CHECK(percent_decode("100%") == "100%");
    CHECK(percent_decode("%4") == "%4");
    CHECK(percent_decode("%zz%4z") == "%zz%4z");
    CHECK(percent_decode("%:1") == "%:1");
    CHECK(percent_decode("%00") == std::string(1, '\0'));
}

}  // namespace http_query_test
