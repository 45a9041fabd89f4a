#include "lab/manifest/checks.h"

#include "lab/manifest/catalogue.h"
#include "tests/support/catch.h"

using namespace sni;

namespace {

std::string read(std::string text) {
    std::string all;
    const auto parsed = manifest::parse_checks({.name = "checks.yaml", .text = std::move(text)});
    for (const Diagnostic& d : parsed.diagnostics) {
        all += render(d);
    }
    return all;
}

std::string with(std::string_view check) {
    return read("teaches: x\nchecks:\n- " + std::string(check) + "\n");
}

}  // namespace

TEST_CASE("checks say what to send and what must come of it", "[manifest]") {
    const auto parsed = manifest::parse_checks(
        {.name = "checks.yaml",
         .text = "teaches: one thing\nchecks:\n"
                 "- name: a\n  sni: null\n  expect: {verdict: not-routed}\n"
                 "- {name: b, sni: h.example.com, request: /get, "
                 "expect: {status: 200, verdict: readable, backend: ns/b}}\n"});
    CHECK(parsed.diagnostics.empty());
    CHECK(parsed.checks ==
          manifest::Checks{.teaches = "one thing",
                           .checks = {{.name = "a",
                                       .sni = {},
                                       .request = "/status/418",
                                       .verdict = manifest::ExpectedVerdict::not_routed,
                                       .status = {},
                                       .backend = {},
                                       .place = {.file = "checks.yaml", .line = 3, .column = 3}},
                                      {.name = "b",
                                       .sni = "h.example.com",
                                       .request = "/get",
                                       .verdict = manifest::ExpectedVerdict::readable,
                                       .status = 200,
                                       .backend = "ns/b",
                                       .place = {.file = "checks.yaml", .line = 6, .column = 3}}}});
}

TEST_CASE("a mistake in checks is an error with its place", "[manifest]") {
    CHECK(with("{name: a, sni: null, expect: {verdict: prooven}}") ==
          "checks.yaml:3:42: error: there is no verdict \"prooven\" [X-VALUE]\n"
          "    3 | - {name: a, sni: null, expect: {verdict: prooven}}\n"
          "      |                                          ^^^^^^^\nhint: did you mean proven?\n");
    CHECK(with("{name: a, sni: null, expects: {verdict: proven}}") ==
          "checks.yaml:3:3: error: checks[0].expect is missing [X-MISSING]\n"
          "    3 | - {name: a, sni: null, expects: {verdict: proven}}\n      |   ^^^^^\n"
          "checks.yaml:3:24: error: field checks[0].expects is not understood [X-UNKNOWN-FIELD]\n"
          "    3 | - {name: a, sni: null, expects: {verdict: proven}}\n"
          "      |                        ^^^^^^^\nhint: did you mean expect?\n");
    CHECK(with("{name: a, expect: {verdict: proven}}") ==
          "checks.yaml:3:3: error: checks[0].sni is missing [X-MISSING]\n"
          "    3 | - {name: a, expect: {verdict: proven}}\n      |   ^^^^^\n"
          "hint: write sni: null for a client that sends none\n");
    CHECK_THAT(with("{name: a, sni: '*.b', expect: {verdict: proven}}"),
               Catch::Matchers::Contains("\"*.b\" cannot be sent as SNI"));
    CHECK_THAT(with("{name: a, sni: b.c, request: get, expect: {verdict: proven}}"),
               Catch::Matchers::Contains("\"get\" is no path to ask for"));
    CHECK_THAT(with("{name: a, sni: b.c, expect: {verdict: proven, status: 99}}"),
               Catch::Matchers::Contains("99 is no HTTP status"));
    CHECK_THAT(with("{name: a, sni: b.c, expect: {verdict: proven, status: '418'}}"),
               Catch::Matchers::Contains("must be a number, not the string \"418\""));
    CHECK_THAT(with("{name: a, sni: b.c, expect: {verdict: proven}}\n"
                    "- {name: a, sni: b.c, expect: {verdict: proven}}"),
               Catch::Matchers::Contains("two checks are named \"a\""));
    CHECK_THAT(read("checks: []\nteaches: x\n"),
               Catch::Matchers::Contains("checks is empty [X-MISSING]"));
    CHECK_THAT(read("teaches: x\n---\nchecks: y\n"),
               Catch::Matchers::Contains("the file has 2 documents, and must have one"));
    CHECK_THAT(read("checks: [\n"), Catch::Matchers::Contains("X-YAML-SYNTAX"));
    CHECK_THAT(read(""), Catch::Matchers::Contains("the file has 0 documents"));
}

TEST_CASE("every verdict has a word", "[manifest]") {
    for (const std::string_view word :
         {"proven", "terminated", "not-routed", "certificate", "inconclusive", "readable"}) {
        CHECK(with("{name: a, sni: b.c, expect: {verdict: " + std::string(word) + "}}").empty());
    }
}

TEST_CASE("the catalogue holds every file below scenarios, byte for byte", "[manifest]") {
    const manifest::CatalogueEntry* entry = manifest::find_scenario("passthrough");
    REQUIRE(entry != nullptr);
    std::vector<std::string> names;
    for (const manifest::File& file : entry->files) {
        names.push_back(file.name);
    }
    CHECK(names == std::vector<std::string>{"passthrough/README.md", "passthrough/checks.yaml",
                                            "passthrough/manifests.yaml"});
    CHECK(manifest::find_scenario("pass") == nullptr);
    CHECK(manifest::find_scenario("") == nullptr);
    CHECK(manifest::scenario_names().front() == manifest::catalogue().front().name);
}
