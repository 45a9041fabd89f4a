// Rules of a VirtualService that others leave nothing to, of every kind.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_rule_matches_test {

using namespace sni;

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kRoute = "route: [{destination: {host: a}}]";

/// IST0130 and IST0131 of these rules, as "code[.code…]" in the order of the file.
std::string said(std::string_view kind, const std::vector<std::string>& matches) {
    std::string rules = "  " + std::string(kind) + ":\n";
    for (const std::string& match : matches) {
        rules += "  - {" + (match.empty() ? "" : "match: [" + match + "], ") + std::string(kRoute) +
                 "}\n";
    }
    std::string all;
    for (const auto& finding :
         test::analyzed(test::virtual_service("v", {.rules = rules})).findings) {
        const std::string& code = finding.diagnostic.code;
        if (code == "IST0130" || code == "IST0131") all += (all.empty() ? "" : " ") + code;
    }
    return all;
}

}  // namespace

TEST_CASE("a match that an earlier rule has is not used, and a rule of such matches neither",
          "[analyze]") {
    for (const std::string kind : {"http", "tcp"}) {
        CAPTURE(kind);
        CHECK(said(kind, {"{port: 1}", "{port: 2}"}).empty());
        CHECK(said(kind, {"{port: 1}", "{port: 1}, {port: 2}"}) == "IST0131");
        CHECK(said(kind, {"{port: 1}", "{port: 1}"}) == "IST0130 IST0131");
    }
    CHECK(said("tls", {"{sniHosts: [a.example.com], port: 1}",
                       "{port: 1, sniHosts: "
                       "[a.example.com]}"}) == "IST0130 IST0131");
    CHECK(said("tls", {"{sniHosts: [a.example.com], destinationSubnets: [10.0.0.0/8]}",
                       "{sniHosts: [a.example.com], destinationSubnets: [10.1.0.0/8]}"})
              .empty());
}

TEST_CASE("matches are the same whatever they are called, and with what is left out", "[analyze]") {
    CHECK(said("http", {"{name: one, uri: {exact: /a}}", "{uri: {exact: /a}, name: two}"}) ==
          "IST0130 IST0131");
    CHECK(said("http", {"{uri: {exact: /a}}",
                        "{uri: {exact: /a}, ignoreUriCase: false, headers: "
                        "{}}"}) == "IST0130 IST0131");
    CHECK(said("http", {"{headers: {x: {}}}", "{headers: {y: {}}}"}).empty());
    CHECK(said("http", {"{uri: {exact: /a}}", "{uri: {prefix: /a}}"}).empty());
}

TEST_CASE("behind a rule without a match there is nothing left", "[analyze]") {
    CHECK(said("http", {"{port: 1}", ""}).empty());
    CHECK(said("http", {"", "{port: 1}"}) == "IST0130");
    CHECK(said("tcp", {"", ""}) == "IST0130");
    CHECK(said("tcp", {"", "", "{port: 1}"}) == "IST0130 IST0130");
}

TEST_CASE("a path is covered by a shorter prefix where the rest of the match is the same",
          "[analyze]") {
    CHECK(said("http", {"{uri: {prefix: /a}}", "{uri: {prefix: /ab}}"}) == "IST0131");
    CHECK(said("http", {"{uri: {prefix: /ab}}", "{uri: {prefix: /a}}"}).empty());
    CHECK(said("http", {"{uri: {prefix: /a}, port: 1}", "{port: 1, uri: {prefix: /ab}}"}) ==
          "IST0131");
    // Here the second one takes what the first leaves, whatever Istio says.
    CHECK(said("http", {"{uri: {prefix: /a}, method: {exact: PUT}}", "{uri: {prefix: /ab}}"})
              .empty());
    CHECK(said("http", {"{uri: {prefix: /a}, authority: {exact: b}}", "{uri: {prefix: /ab}}"})
              .empty());
}

TEST_CASE("what is refused for something else is told of its repeated matches, too", "[analyze]") {
    CHECK(said("tls", {"{sniHosts: [elsewhere.org]}", "{sniHosts: [elsewhere.org]}"}) ==
          "IST0130 IST0131");
}

}  // namespace analyze_rule_matches_test
