#include <fstream>
#include <sstream>

#include "lab/scenario/checks.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_tutorial_test {

using namespace sni;

namespace {

void check_is_the_tutorial(const test::Read& read) {
    CHECK(read.all().empty());
    const scenario::Scenario& scenario = read.scenario;
    REQUIRE(scenario.backends.size() == 1);
    const scenario::BackendSpec& backend = scenario.backends.front();
    CHECK(backend.name == "passthrough-test/httpbin");
    CHECK(backend.target_port == 8443);
    REQUIRE(backend.secret.has_value());
    CHECK(backend.secret->ns == "passthrough-test");
    CHECK(backend.secret->name == "httpbin-credential");
    CHECK_FALSE(backend.secret->cert_pem.has_value());
    CHECK(backend.secret->names == std::vector<std::string>{"httpbin.example.com"});
    REQUIRE(scenario.routes.size() == 1);
    const scenario::RouteSpec& route = scenario.routes.front();
    CHECK(route.pattern == *route::HostPattern::parse("httpbin.example.com"));
    CHECK(route.destinations == std::vector<scenario::RouteSpec::Destination>{{0, 1}});
    CHECK(route.gateway_port == 443);
    CHECK(scenario.gateway_ports == std::vector<std::uint16_t>{443});
}

std::string data_file(const std::string& path) {
    std::ifstream in(std::string(SNI_LAB_SOURCE_DIR) + "/tests/data/manifest/" + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("the tutorial's manifests resolve to one backend behind one name", "[manifest]") {
    const test::Read read = test::read_text(test::tutorial());
    check_is_the_tutorial(read);
    CHECK(read.scenario.routes.front().place == Place{.file = "a.yaml", .line = 91, .column = 9});
}

TEST_CASE("the tutorial's own text runs in the namespace that the command line gives",
          "[manifest]") {
    const std::string text = data_file("tutorial.yaml");
    REQUIRE_FALSE(text.empty());
    check_is_the_tutorial(test::read_text(text, "passthrough-test"));
}

TEST_CASE("the tutorial's destination is in no other namespace", "[manifest]") {
    const test::Read read = test::read_text(data_file("tutorial.yaml"), "default");
    CHECK(read.errors() == std::vector<std::string>{"IST0101"});
}

TEST_CASE("the tutorial's checks are read", "[manifest]") {
    const auto* entry = scenario::find_scenario("passthrough");
    REQUIRE(entry != nullptr);
    const auto file =
        std::ranges::find(entry->files, "passthrough/checks.yaml", &manifest::File::name);
    REQUIRE(file != entry->files.end());
    const scenario::ParsedChecks parsed = scenario::parse_checks(*file);
    CHECK(parsed.diagnostics.empty());
    REQUIRE(parsed.checks.checks.size() == 3);
    const scenario::Check& first = parsed.checks.checks.front();
    CHECK(first.sni == "httpbin.example.com");
    CHECK(first.request == "/status/418");
    CHECK(first.verdict == proof::Verdict::proven);
    CHECK(first.status == 418);
    CHECK(first.backend == "passthrough-test/httpbin");
    CHECK_FALSE(parsed.checks.checks.back().sni.has_value());
}

}  // namespace manifest_tutorial_test
