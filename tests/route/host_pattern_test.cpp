#include "lab/route/host_pattern.h"

#include "tests/support/catch.h"

namespace route_host_pattern_test {

using sni::route::HostPattern;

TEST_CASE("a pattern is a host, a suffix or everything", "[route]") {
    CHECK(HostPattern::parse("A.Example.com")->kind() == HostPattern::Kind::exact);
    CHECK(HostPattern::parse("A.Example.com")->name() == "a.example.com");
    CHECK(HostPattern::parse("*.Example.com")->kind() == HostPattern::Kind::suffix);
    CHECK(HostPattern::parse("*.Example.com")->name() == "example.com");
    CHECK(HostPattern::parse("*")->kind() == HostPattern::Kind::any);
    CHECK(HostPattern::parse("*")->name().empty());
}

TEST_CASE("a pattern prints as it parses", "[route]") {
    const std::string text = GENERATE("a.example.com", "*.example.com", "*.com", "*");
    CHECK(HostPattern::parse(text)->text() == text);
}

TEST_CASE("a bad pattern says what is wrong with it", "[route]") {
    CHECK(HostPattern::parse("a.*.com").error() ==
          "\"a.*.com\" is not a host name: a name has letters, digits, '-', '_' and '.'; '*' "
          "stands for the first labels only, as in *.example.com");
    CHECK(HostPattern::parse("example.com.").error() ==
          "\"example.com.\" is not a host name: leave out the dot at its end");
    CHECK(HostPattern::parse("127.0.0.1").error() ==
          "\"127.0.0.1\" is not a host name: clients send no SNI for an IP address; use * for "
          "them");
    CHECK(HostPattern::parse("").error() == "\"\" is not a host name: a name is missing");
    CHECK_FALSE(HostPattern::parse("*."));
    CHECK_FALSE(HostPattern::parse("**"));
    CHECK_FALSE(HostPattern::parse("*.*.com"));
    CHECK_FALSE(HostPattern::parse("*example.com"));
}

}  // namespace route_host_pattern_test
