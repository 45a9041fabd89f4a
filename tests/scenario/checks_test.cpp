#include "lab/scenario/checks.h"

#include "lab/scenario/catalogue.h"
#include "tests/support/catch.h"

namespace scenario_checks_test {

using namespace sni;

namespace {

std::string read(std::string text) {
    std::string all;
    const auto parsed = scenario::parse_checks({.name = "checks.yaml", .text = std::move(text)});
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
    const auto parsed = scenario::parse_checks(
        {.name = "checks.yaml",
         .text = "teaches: one thing\nchecks:\n"
                 "- name: a\n  sni: null\n  expect: {verdict: not-routed}\n"
                 "- {name: b, sni: h.example.com, request: /get, "
                 "expect: {status: 200, verdict: readable, backend: ns/b}}\n"});
    CHECK(parsed.diagnostics.empty());
    CHECK(parsed.checks ==
          scenario::Checks{.teaches = "one thing",
                           .checks = {{.name = "a",
                                       .sni = {},
                                       .request = "/status/418",
                                       .verdict = proof::Verdict::not_routed,
                                       .status = {},
                                       .backend = {},
                                       .place = {.file = "checks.yaml", .line = 3, .column = 3}},
                                      {.name = "b",
                                       .sni = "h.example.com",
                                       .request = "/get",
                                       .verdict = proof::Verdict::readable,
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
               test::Contains("\"*.b\" cannot be sent as SNI"));
    CHECK_THAT(with("{name: a, sni: \"*.b\", expect: {verdict: proven}}"),
               test::Contains("a name has letters, digits, '-', '_' and '.'"));
    CHECK_THAT(with("{name: a, sni: b.c, request: get, expect: {verdict: proven}}"),
               test::Contains("\"get\" is no path to ask for"));
    CHECK_THAT(with("{name: a, sni: b.c, expect: {verdict: proven, status: 99}}"),
               test::Contains("99 is no HTTP status"));
    CHECK_THAT(with("{name: a, sni: b.c, expect: {verdict: proven, status: '418'}}"),
               test::Contains("must be a number, not the string \"418\""));
    CHECK_THAT(with("{name: a, sni: b.c, expect: {verdict: proven}}\n"
                    "- {name: a, sni: b.c, expect: {verdict: proven}}"),
               test::Contains("two checks are named \"a\""));
    CHECK_THAT(read("checks: []\nteaches: x\n"), test::Contains("checks is empty [X-MISSING]"));
    CHECK_THAT(read("teaches: x\n---\nchecks: y\n"),
               test::Contains("the file has 2 documents, and must have one"));
    CHECK_THAT(read("checks: [\n"), test::Contains("X-YAML-SYNTAX"));
    CHECK_THAT(read(""), test::Contains("the file has 0 documents"));
}

TEST_CASE("a name is sent as it is compared, however it is spelt", "[manifest]") {
    const auto parsed = scenario::parse_checks(
        {.name = "checks.yaml",
         .text = "teaches: x\nchecks:\n- {name: a, sni: Httpbin.Example.COM, expect: {verdict: "
                 "proven}}\n"});
    REQUIRE(parsed.diagnostics.empty());
    CHECK(parsed.checks.checks.front().sni == "httpbin.example.com");
}

TEST_CASE("every verdict has a word", "[manifest]") {
    for (const std::string_view word : {"proven", "terminated", "altered", "report-altered",
                                        "not-routed", "certificate", "inconclusive", "readable"}) {
        CHECK(with("{name: a, sni: b.c, expect: {verdict: " + std::string(word) + "}}").empty());
    }
}

TEST_CASE("a check may have an unusual client, steps, and details to expect", "[manifest]") {
    const auto parsed = scenario::parse_checks(
        {.name = "checks.yaml",
         .text = "teaches: x\nchecks:\n- name: a\n  sni: b.c\n  times: 7\n  streams: 3\n"
                 "  before: [{unplug: n/b}, {apply: f.yaml}]\n"
                 "  client: {tls: '1.2', hello: byte-by-byte, proxy: v2, idle: 2s, alpn: [h2]}\n"
                 "  expect: {verdict: proven, passes: [hello], shares: [{backend: n/b, percent: "
                 "9}], certificate-on-wire: false, within: 1s}\n"
                 "without-fault: {lab: none, steps: false}\n"});
    REQUIRE(parsed.diagnostics.empty());
    const scenario::Check& check = parsed.checks.checks.front();
    CHECK_FALSE(check.ordinary());
    CHECK(check.times == 7);
    CHECK(check.streams == 3);
    CHECK(check.before.size() == 2);
    CHECK(check.before.front().what == scenario::CheckStep::Do::unplug);
    CHECK(check.client.tls == scenario::CheckTls::only_1_2);
    CHECK(check.client.hello == scenario::HelloShape::byte_by_byte);
    CHECK(check.client.proxy == 2);
    CHECK(check.client.idle == std::chrono::seconds(2));
    CHECK(check.details.shares == std::map<std::string, int>{{"n/b", 9}});
    CHECK(check.details.certificate_on_wire == false);
    CHECK(parsed.checks.without_fault ==
          scenario::WithoutFault{.steps = false, .manifests = "", .lab = "none"});

    CHECK_THAT(with("{name: a, sni: b.c, client: {hello: slow}, expect: {verdict: proven}}"),
               test::Contains("there is no shape of a hello \"slow\""));
    CHECK_THAT(with("{name: a, sni: b.c, client: {idle: 2}, expect: {verdict: proven}}"),
               test::Contains("idle"));
    CHECK_THAT(with("{name: a, sni: b.c, before: [{}], expect: {verdict: proven}}"),
               test::Contains("a step does one thing"));
    CHECK_THAT(with("{name: a, sni: b.c, times: 0, expect: {verdict: proven}}"),
               test::Contains("checks[0].times goes from 1 to 1000"));
}

TEST_CASE("the catalogue holds every file below scenarios, byte for byte", "[manifest]") {
    const scenario::CatalogueEntry* entry = scenario::find_scenario("passthrough");
    REQUIRE(entry != nullptr);
    std::vector<std::string> names;
    for (const manifest::File& file : entry->files) {
        names.push_back(file.name);
    }
    CHECK(names == std::vector<std::string>{"passthrough/README.md", "passthrough/checks.yaml",
                                            "passthrough/manifests.yaml"});
    CHECK(scenario::find_scenario("pass") == nullptr);
    CHECK(scenario::find_scenario("") == nullptr);
    CHECK(scenario::scenario_names().front() == scenario::catalogue().front().name);
}

}  // namespace scenario_checks_test
