#include "lab/route/host_match.h"

#include "lab/route/route_table.h"
#include "tests/support/catch.h"

namespace route_host_match_test {

using namespace sni;
using route::common;
using route::narrowness;
using route::takes;

TEST_CASE("a pattern takes itself, what is below its wildcard, or everything", "[route]") {
    CHECK(takes("a.org", "a.org"));
    CHECK_FALSE(takes("a.org", "b.a.org"));
    CHECK(takes("*.a.org", "b.a.org"));
    CHECK(takes("*.a.org", "c.b.a.org"));
    CHECK_FALSE(takes("*.a.org", "a.org"));
    CHECK_FALSE(takes("*.a.org", "ba.org"));
    CHECK_FALSE(takes("*.a.org", ".a.org"));
    CHECK(takes("*", "a.org"));
    CHECK(takes("*", std::nullopt));
    CHECK_FALSE(takes("*.a.org", std::nullopt));
    CHECK_FALSE(takes("*a.org", "ba.org"));
}

TEST_CASE("a wildcard takes the narrower wildcards below it", "[route]") {
    CHECK(takes("*.org", "*.a.org"));
    CHECK_FALSE(takes("*.a.org", "*.org"));
    CHECK(takes("*", "*.org"));
}

TEST_CASE("what two patterns have in common is the narrower one of them", "[route]") {
    CHECK(common("*.a.org", "b.a.org") == "b.a.org");
    CHECK(common("b.a.org", "*.a.org") == "b.a.org");
    CHECK(common("*.org", "*.a.org") == "*.a.org");
    CHECK(common("a.org", "a.org") == "a.org");
    CHECK(common("*", "a.org") == "a.org");
    CHECK(common("*.a.org", "a.org") == std::nullopt);
    CHECK(common("*.a.org", "*.b.org") == std::nullopt);
}

TEST_CASE("the narrowest pattern that takes a name is the one that the router's table finds",
          "[route]") {
    const std::vector<std::string> patterns = {"*", "*.org", "*.a.org", "*.b.a.org", "b.a.org"};
    std::vector<route::Route> routes;
    for (const std::string& pattern : patterns) {
        routes.push_back(*route::parse_route(pattern + "=127.0.0.1:1"));
    }
    const route::RouteTable table(std::move(routes));
    for (const std::string name : {"b.a.org", "c.b.a.org", "x.a.org", "a.org", "org", "a.net"}) {
        std::string narrowest;
        for (const std::string& pattern : patterns) {
            const bool better = narrowest.empty() || narrowness(pattern) > narrowness(narrowest);
            if (takes(pattern, name) && better) narrowest = pattern;
        }
        CAPTURE(name);
        REQUIRE(table.find(name));
        CHECK(table.find(name)->pattern.text() == narrowest);
    }
}

}  // namespace route_host_match_test
