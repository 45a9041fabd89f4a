#include "lab/torture/show/page.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace torture_show_page_test {

using namespace sni;
using torture::Finding;
using torture::Rule;
using torture::Run;
using torture::Shape;
using torture::Verdict;

namespace {

Run run_of(std::string product, std::vector<Finding> findings) {
    Run run{.gateway = "127.0.0.1:9443",
            .product = std::move(product),
            .version = "1.2.3",
            .config = "guide",
            .sni = "a.test",
            .wanted = findings.size()};
    for (const Finding& finding : findings) {
        run.shapes.push_back({.name = finding.shape,
                              .about = "two records",
                              .source = "RFC 8446 §5.1",
                              .segments = {}});
    }
    run.findings = std::move(findings);
    return run;
}

const Finding kRight{.shape = "rec/one", .verdict = Verdict::right, .well = true, .how = {}};
const Finding kWrong{
    .shape = "rec/one", .verdict = Verdict::misrouted, .how = "arrived at the decoy"};
const Finding kOther{.shape = "seg/two", .verdict = Verdict::right, .well = true, .how = {}};

}  // namespace

TEST_CASE("a page shows each shape at each gateway, and says from what one differs", "[torture]") {
    const std::string page =
        torture::to_html({run_of("nginx", {kRight, kOther}), run_of("haproxy", {kWrong})});
    CHECK_THAT(page, test::StartsWith("<!doctype html>"));
    CHECK_THAT(page, test::Contains("nginx 1.2.3 (guide)"));
    CHECK_THAT(page, test::Contains("<td class=\"pass\">✓</td><td title=\"misrouted: arrived at "
                                    "the decoy\"><b class=\"fail\">✗</b></td>"));
    CHECK_THAT(page, test::Contains("differs from RFC 8446 §5.1: two records"));
    CHECK_THAT(page, test::Contains("mended by: req.ssl_sni reads one record"));
    CHECK_THAT(page, test::Contains("<td class=\"dim\" title=\"not asked\"></td>"));
    CHECK_THAT(page, test::Contains("nothing amiss"));
    for (const char* outside : {"<script", "http://", "https://", "@import", "url("}) {
        CHECK_FALSE(page.contains(outside));
    }
}

TEST_CASE("what gateways and files say is escaped on the page", "[torture]") {
    const std::string hostile = "<script>alert(1)</script>\"'&\x1b[2J";
    Run run = run_of(hostile, {kWrong});
    run.version = run.config = hostile;
    run.shapes.front() = {
        .name = "rec/" + hostile, .about = hostile, .source = hostile, .segments = {}};
    run.findings.front().shape = "rec/" + hostile;
    run.findings.front().how = hostile;
    for (const std::string& text :
         {torture::to_html({run}), torture::to_markdown({run}), torture::to_text({run, run})}) {
        CHECK_FALSE(text.contains('\x1b'));
    }
    CHECK_FALSE(torture::to_html({run}).contains("<script"));
    CHECK_FALSE(torture::to_html({run}).contains("\"'&"));
    CHECK_FALSE(torture::to_markdown({run}).contains("<script"));
}

TEST_CASE("a table has a row for each gateway, and a pipe in a name is no border", "[torture]") {
    const std::string table = torture::to_markdown({run_of("a|b", {kWrong, kOther})});
    CHECK(table ==
          "| gateway | shapes | right | lenient | refused well | refused badly | unknown | "
          "misrouted | altered | lost | hung | crashed |\n"
          "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | "
          "---: |\n"
          "| a\\|b 1.2.3 (guide) | 2 | 1 | - | - | - | - | 1 | - | - | - | - |\n");
}

TEST_CASE("as text, only what not all take alike is told", "[torture]") {
    CHECK(torture::to_text(
              {run_of("nginx", {kRight, kOther}), run_of("haproxy", {kWrong, kOther})}) ==
          " 1  nginx 1.2.3 (guide): 2 shapes, 0 red, 0 refused badly\n"
          " 2  haproxy 1.2.3 (guide): 2 shapes, 1 red, 0 refused badly\n"
          "\n"
          "rec/one (RFC 8446 §5.1)\n"
          " 1  right: \n"
          " 2  misrouted: arrived at the decoy\n");
}

TEST_CASE("a gateway that nobody named is called by its address", "[torture]") {
    Run run = run_of("", {kRight});
    CHECK(torture::heading(run) == "127.0.0.1:9443");
}

TEST_CASE("one that was not started for the run has its address beside its name", "[torture]") {
    Run run = run_of("haproxy", {kRight});
    CHECK(torture::heading(run) == "haproxy 1.2.3 (guide)");
    run.version.clear();
    run.config.clear();
    CHECK(torture::heading(run) == "haproxy at 127.0.0.1:9443");
    CHECK_THAT(torture::to_html({run}), test::Contains("haproxy at 127.0.0.1:9443"));
}

TEST_CASE("a run is read back from its document as it was", "[torture]") {
    const Run run = run_of("haproxy", {kWrong, kOther});
    const auto read = torture::read_run(to_json(run, nullptr).dump());
    REQUIRE(read);
    CHECK(heading(*read) == heading(run));
    CHECK(read->findings == run.findings);
    CHECK(read->shapes == run.shapes);
    CHECK(torture::to_html({*read}) == torture::to_html({run}));
}

}  // namespace torture_show_page_test
