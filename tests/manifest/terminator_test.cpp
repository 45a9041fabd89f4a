// Servers and listeners that end TLS: which of them the lab runs, and to where.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace manifest_terminator_test {

using namespace sni;
using Codes = std::vector<std::string>;

namespace {

std::string scenario_text(std::string_view name, std::string_view file) {
    const auto* entry = scenario::find_scenario(name);
    if (entry == nullptr) return {};
    for (const manifest::File& f : entry->files) {
        if (f.name == std::string(name) + "/" + std::string(file)) return f.text;
    }
    return {};
}

test::Read simple_with(std::string_view from, std::string_view to) {
    return test::read_text(
        test::replaced(scenario_text("negative-simple", "manifests.yaml"), from, to));
}

}  // namespace

TEST_CASE("a server with mode SIMPLE becomes a terminator with the gateway's own Secret",
          "[manifest]") {
    const test::Read read = test::read_text(scenario_text("negative-simple", "manifests.yaml"));
    CHECK(read.errors().empty());
    REQUIRE(read.scenario.terminators.size() == 1);
    const scenario::TerminatorSpec& terminator = read.scenario.terminators.front();
    CHECK(terminator.patterns.front().text() == "ended.example.com");
    CHECK(terminator.secret.ns == "istio-system");
    CHECK(terminator.secret.name == "ended-credential");
    CHECK(terminator.secret.names == Codes{"ended.example.com"});
    CHECK(read.scenario.backends.at(terminator.backend).name == "negative-simple/ended");
    CHECK_FALSE(read.scenario.backends.at(terminator.backend).secret);
    CHECK_FALSE(terminator.encrypts);
    CHECK(read.scenario.routes.size() == 1);
    CHECK(read.scenario.gateway_ports == std::vector<std::uint16_t>{443});
}

TEST_CASE("a DestinationRule makes a terminator encrypt again", "[manifest]") {
    const test::Read read = test::read_text(scenario_text("negative-reencrypt", "manifests.yaml"));
    CHECK(read.errors().empty());
    REQUIRE(read.scenario.terminators.size() == 1);
    CHECK(read.scenario.terminators.front().encrypts);
    const auto& backend = read.scenario.backends.at(read.scenario.terminators.front().backend);
    REQUIRE(backend.secret);
    CHECK(backend.secret->names == Codes{"httpbin.example.com"});
}

TEST_CASE("what the lab's terminator does not do is refused by name", "[manifest]") {
    CHECK(simple_with("mode: SIMPLE", "mode: MUTUAL").errors() == Codes{"X-UNSUPPORTED"});
    // Nobody says where it goes on.
    CHECK(simple_with("  http:\n", "  tcp:\n").errors() == Codes{"X-UNSUPPORTED"});
    CHECK_THAT(simple_with("  - route:", "  - match: [{uri: {prefix: /a}}]\n    route:")
                   .text("X-UNSUPPORTED"),
               test::Contains("one http rule with one route"));
    CHECK(simple_with("        host: ended", "        host: nobody").errors() == Codes{"IST0101"});
}

TEST_CASE("a listener with mode Terminate and a TLSRoute becomes a terminator", "[manifest]") {
    using namespace sni::test::k8s;
    const std::string listener =
        "{name: l, port: 443, protocol: TLS, hostname: a.example.com, "
        "tls: {mode: Terminate, certificateRefs: [{name: gw-credential}]}}";
    const test::Read read =
        test::read_text(workload("a") + api_gateway("gw", listener) +
                        tls_route("r", "{name: gw}", "a.example.com", "{name: a, port: 443}"));
    CHECK(read.errors().empty());
    REQUIRE(read.scenario.terminators.size() == 1);
    CHECK(read.scenario.terminators.front().secret.name == "gw-credential");
    CHECK(read.scenario.terminators.front().patterns.front().text() == "a.example.com");
    CHECK(read.scenario.routes.empty());
}

}  // namespace manifest_terminator_test
