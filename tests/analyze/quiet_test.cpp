// Findings that are not said, and that they are counted.
#include "lab/analyze/quiet.h"

#include <nlohmann/json.hpp>

#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_quiet_test {

using namespace sni;
using test::Lab;

namespace {

/// One error of VirtualService ns/vs, and what follows at the Gateway.
const std::string kWrong = test::text_of({.destination = "host: aa"});

analyze::Report with(analyze::Quiet quiet, const std::string& text = kWrong) {
    analyze::Options options = test::analyze_options();
    options.quiet = std::move(quiet);
    return test::analyzed(text, options);
}

}  // namespace

TEST_CASE("a rule takes a code away, everywhere or for one object", "[analyze]") {
    REQUIRE(with({}).findings.size() == 1);
    for (const std::string_view rule :
         {"IST0101", "IST*", "IST0101=VirtualService ns/vs", "IST0101=VirtualService vs.ns",
          "IST0101=ns/vs", "IST0101=vs", "IST0101=*/vs", "*=VirtualService *"}) {
        CAPTURE(rule);
        const auto report = with({.rules = {std::string(rule)}, .baseline = {}});
        CHECK(report.findings.empty());
        CHECK(report.suppressed == 1);
        CHECK_FALSE(report.has(Level::info));
        CHECK(to_text(report) == "Nothing found in 4 documents; 1 suppressed\n");
        CHECK(to_json(report)["suppressed"] == 1);
    }
    for (const std::string_view rule :
         {"IST0102", "IST0101=other/vs", "IST0101=Gateway ns/vs", "X-NO-ROUTE", "IST0101=ns/v"}) {
        CAPTURE(rule);
        CHECK(with({.rules = {std::string(rule)}, .baseline = {}}).findings.size() == 1);
    }
}

TEST_CASE("an object's annotation silences codes about it, as with istioctl", "[analyze]") {
    const auto annotated = [](std::string_view codes) {
        return test::analyzed(test::replaced(
            kWrong, "name: vs, namespace: ns",
            "name: vs, namespace: ns, annotations: {galley.istio.io/analyze-suppress: \"" +
                std::string(codes) + "\"}"));
    };
    for (const std::string_view codes : {"IST0101", "IST0102, IST0101", "*"}) {
        CAPTURE(codes);
        CHECK(annotated(codes).findings.empty());
        CHECK(annotated(codes).suppressed == 1);
    }
    CHECK(annotated("IST0102").findings.size() == 1);
    CHECK(annotated("").findings.size() == 1);
}

TEST_CASE("what is in the baseline is known, wherever it stands by now", "[analyze]") {
    const std::string known = fingerprint(with({}).findings.at(0));
    CHECK(known == "IST0101 VirtualService ns/vs: no Service has the host \"aa\"");
    const auto moved = with({.rules = {}, .baseline = {known}}, "# a line\n\n" + kWrong);
    CHECK(moved.findings.empty());
    CHECK(moved.known == 1);
    CHECK(to_text(moved) == "Nothing found in 4 documents; 1 known from the baseline\n");
    // Another thing wrong with the same object is new, and so is the same thing once more.
    CHECK(with({.rules = {}, .baseline = {known}}, test::text_of({.destination = "host: b"}))
              .findings.size() == 1);
    const std::string twice = test::text_of(
        {.rules = "  tls:\n  - match: [{sniHosts: [a.example.com]}]\n    route: [{destination: "
                  "{host: aa}, weight: 1}, {destination: {host: aa}, weight: 1}]\n"});
    REQUIRE(with({}, twice).findings.size() == 2);
    CHECK(with({.rules = {}, .baseline = {known}}, twice).findings.size() == 1);
}

TEST_CASE("wildcards cost no more than the product of both texts", "[analyze]") {
    CHECK(analyze::fits("abc", "a*c"));
    CHECK(analyze::fits("abc", "a?c"));
    CHECK_FALSE(analyze::fits("abc", "a?"));
    CHECK(analyze::fits("", "*"));
    CHECK_FALSE(analyze::fits("", "?"));
    std::string pattern;
    for (int i = 0; i < 200; ++i) {
        pattern += "a*";
    }
    CHECK_FALSE(analyze::fits(std::string(5'000, 'a'), pattern + "b"));
}

}  // namespace analyze_quiet_test
