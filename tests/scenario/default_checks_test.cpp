#include "lab/scenario/default_checks.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace scenario_default_checks_test {

using namespace sni;
using Names = std::vector<std::string>;

namespace {

/// What a scenario of the catalogue would be asked without its checks.yaml.
std::vector<scenario::Check> asked(std::string_view name) {
    const scenario::CatalogueEntry* entry = scenario::find_scenario(name);
    REQUIRE(entry);
    const auto file = std::ranges::find_if(entry->files, [](const manifest::File& one) {
        return one.name.ends_with("/manifests.yaml");
    });
    REQUIRE(file != entry->files.end());
    return scenario::default_checks(test::read_files({*file}).scenario);
}

Names names(const std::vector<scenario::Check>& checks) {
    Names all;
    for (const scenario::Check& check : checks) {
        all.push_back(check.name + ": " + check.sni.value_or("no SNI"));
    }
    return all;
}

}  // namespace

TEST_CASE("a name whose TLS the gateway ends is asked as one that it passes", "[manifest]") {
    const std::vector<scenario::Check> checks = asked("mixed-modes");
    CHECK(names(checks) == Names{"pass.example.com at port 443: pass.example.com",
                                 "*.example.com at port 443: sni-lab-probe.example.com"});
    for (const scenario::Check& check : checks) {
        CAPTURE(check.name);
        CHECK(check.verdict == proof::Verdict::proven);
        CHECK(check.status == 418);
    }
    REQUIRE(checks.size() == 2);
    CHECK(checks[0].backend == "mixed-modes/passed");
}

TEST_CASE("a pattern is asked by a name that it takes, at its own port", "[manifest]") {
    CHECK(names(asked("wildcard")).front() ==
          "*.example.com at port 443: sni-lab-probe.example.com");
    scenario::Scenario scenario;
    scenario.backends = {{.name = "ns/a"}, {.name = "ns/b"}};
    scenario.routes = {{.pattern = *route::HostPattern::parse("*"),
                        .destinations = {{.backend = 0}, {.backend = 1}},
                        .gateway_port = 8443}};
    const std::vector<scenario::Check> any = scenario::default_checks(scenario);
    CHECK(names(any) == Names{"* at port 8443: no SNI"});
    CHECK(any.front().port == 8443);
    CHECK_FALSE(any.front().backend);  // either may answer
}

}  // namespace scenario_default_checks_test
