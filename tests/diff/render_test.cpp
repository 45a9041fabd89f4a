// A comparison as people, programs and GitHub read it.
#include <nlohmann/json.hpp>

#include "tests/support/diffed.h"

namespace diff_render_test {

using namespace sni;

namespace {

diff::End passed(std::string name, int line, std::string by = {}) {
    return {.kind = diff::End::Kind::passed,
            .backends = {{.name = std::move(name), .port = 443}},
            .rule = routing::Rule{.kind = "TLSRoute", .ns = "ns", .name = "r", .at = {}},
            .place = {.file = "./k8s/a.yaml", .line = line},
            .by = std::move(by)};
}

diff::Change change(diff::Change::Kind kind, diff::End was, diff::End is) {
    return {.kind = kind,
            .name = "a.org",
            .port = 443,
            .gateways = {},
            .was = {std::move(was)},
            .is = {std::move(is)}};
}

const diff::End kNowhere{.why = "no rule takes it"};

}  // namespace

TEST_CASE("the text is a summary and a line for each change, with both places", "[diff]") {
    const diff::Report report{
        .changes = {change(diff::Change::Kind::lost, passed("ns/a", 3), kNowhere),
                    change(diff::Change::Kind::moved, passed("ns/a", 3, "*.org"),
                           passed("ns/bb", 12))},
        .same = 1};
    CHECK(to_text(report) ==
          "2 names change: 1 goes nowhere now, 1 goes elsewhere; 1 name goes where it went\n"
          "  lost        a.org  443  ns/a:443 -> nowhere    ./k8s/a.yaml:3 -> no rule takes it\n"
          "  moved       a.org  443  ns/a:443 -> ns/bb:443  ./k8s/a.yaml:3 by *.org -> "
          "./k8s/a.yaml:12\n");
    CHECK(diff::to_text({.changes = {}, .same = 12}) == "no change: 12 names go where they went\n");
}

TEST_CASE("annotations stand at what decides now, else at what decided", "[diff]") {
    const diff::Report report{
        .changes = {change(diff::Change::Kind::lost, passed("ns/a", 3), kNowhere),
                    change(diff::Change::Kind::moved, passed("ns/a", 3), passed("ns/b", 12))},
        .same = 0};
    CHECK(to_github(report) ==
          "::error title=sni-lab diff%3A lost,file=k8s/a.yaml,line=3::a.org on port 443: ns/a:443 "
          "-> nowhere%0Awhy: ./k8s/a.yaml:3 -> no rule takes it\n"
          "::warning title=sni-lab diff%3A moved,file=k8s/a.yaml,line=12::a.org on port 443: "
          "ns/a:443 -> ns/b:443%0Awhy: ./k8s/a.yaml:3 -> ./k8s/a.yaml:12\n");
    CHECK(diff::to_github({.changes = {}, .same = 1}) ==
          "::notice title=sni-lab diff::no change: 1 name goes where it went\n");
}

TEST_CASE("what was not looked at has a line of its own, wherever people read", "[diff]") {
    const diff::Report report{.changes = {},
                              .same = 0,
                              .aside = {{.place = {.file = "./a|b.yaml", .line = 3},
                                         .object = "Gateway \"ns/in\"",
                                         .what = "all of it",
                                         .why = "no pod\n::error::x"}}};
    CHECK(to_text(report) == "nothing was compared: 1 thing was not looked at\n");
    CHECK(
        to_github(report) ==
        "::warning title=sni-lab diff::nothing was compared: 1 thing was not looked at\n"
        "::notice title=sni-lab diff%3A not looked at,file=a|b.yaml,line=3::Gateway \"ns/in\": all "
        "of it is not looked at: no pod\\x0a::error::x\n");
    CHECK_THAT(to_markdown(report),
               test::StartsWith("## sni-lab diff\n\nnothing was compared: 1 thing was not looked "
                                "at\n\n- ./a&#124;b.yaml:3: Gateway"));
    diff::Report partly = report;
    partly.same = 1;
    CHECK_THAT(to_markdown(partly),
               test::Contains("\n1 thing was not looked at\n\n- ./a&#124;b.yaml:3: Gateway"));
    CHECK(to_json(report)["not_looked_at"][0]["why"] == "no pod\n::error::x");
}

TEST_CASE("no text of a file ends a cell or starts a command", "[diff]") {
    diff::Change evil =
        change(diff::Change::Kind::moved, passed("a|b\n::error::x", 1), passed("ns/b", 2));
    evil.name = "x|y\n::stop-commands::t";
    evil.is.front().place.file = "a,b:c\r\n::error::y";
    const diff::Report report{.changes = {evil}, .same = 0};
    const std::string markdown = to_markdown(report);
    CHECK(std::ranges::count(markdown, '|') == 7 * 3);
    const std::string github = to_github(report);
    CHECK(std::ranges::count(github, '\n') == 1);
    CHECK(std::ranges::count(to_text(report), '\n') == 2);
    CHECK_THAT(github, test::Contains("file=a%2Cb%3Ac"));
}

TEST_CASE("a comment that would be too long for GitHub is cut, and says so", "[diff]") {
    diff::Report report;
    for (int i = 0; i < 5'000; ++i) {
        report.changes.push_back(
            change(diff::Change::Kind::moved, passed("ns/a", i), passed("ns/b", i)));
    }
    const std::string markdown = to_markdown(report);
    CHECK(markdown.size() < 65'536);
    CHECK_THAT(markdown, test::Contains("5000 names change") && test::Contains(" more\n"));
}

}  // namespace diff_render_test
