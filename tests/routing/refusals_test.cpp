#include "lab/routing/listeners/envoy.h"
#include "tests/support/catch.h"

namespace routing_refusals_test {

using namespace sni::routing;
using Kind = Refusal::Kind;

namespace {

FilterChain chain(const std::string& rule, const std::vector<std::string>& names) {
    FilterChain chain;
    chain.rule = {.kind = "VirtualService", .ns = "apps", .name = rule, .at = {}};
    for (const std::string& name : names) {
        chain.names.push_back({name, {}});
    }
    return chain;
}

}  // namespace

TEST_CASE("Envoy takes chains whose names differ", "[routing]") {
    CHECK(
        refusals({chain("one", {"a.org", "*.a.org"}), chain("two", {"b.org"}), chain("all", {"*"})})
            .empty());
}

TEST_CASE("Envoy refuses a name in two chains, in whatever letter case", "[routing]") {
    const std::vector<FilterChain> chains = {chain("one", {"a.org"}),
                                             chain("two", {"b.org", "A.org"})};
    const auto refused = refusals(chains);
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().kind == Kind::same_name);
    CHECK(refused.front().chain == 1);
    CHECK(refused.front().first == 0);
    CHECK(
        refused.front().text(chains) ==
        "two filter chains have the name \"A.org\", one of VirtualService \"apps/one\" and one of "
        "VirtualService \"apps/two\"");
}

TEST_CASE("Envoy refuses a name twice in one chain", "[routing]") {
    const std::vector<FilterChain> chains = {chain("one", {"a.org", "a.org"})};
    const auto refused = refusals(chains);
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().text(chains) ==
          "VirtualService \"apps/one\" asks for \"a.org\" twice in one filter chain");
}

TEST_CASE("Envoy knows no wildcard that is not a whole label", "[routing]") {
    const std::vector<FilterChain> chains = {chain("one", {"*a.org"})};
    const auto refused = refusals(chains);
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().kind == Kind::partial_wildcard);
    CHECK(refused.front().text(chains) ==
          "Envoy knows no wildcard like \"*a.org\", which VirtualService \"apps/one\" asks for");
}

TEST_CASE("to Envoy two chains for every name are the same", "[routing]") {
    CHECK(refusals({chain("one", {"*"}), chain("two", {"*"})}).size() == 1);
}

}  // namespace routing_refusals_test
