#include "lab/torture/render.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace torture_render_test {

using namespace sni;
using torture::Finding;
using torture::Rule;
using torture::Run;
using torture::Shape;
using torture::Verdict;

namespace {

Run asked() {
    const auto shape = [](const char* name, Rule rule) {
        return Shape{.name = name,
                     .about = "two records <here>",
                     .source = "RFC 8446 §5.1",
                     .rule = rule,
                     .segments = {}};
    };
    return {.gateway = "127.0.0.1:9443",
            .sni = "a.test",
            .seed = 1,
            .command = "sni-lab torture --gateway 127.0.0.1:9443",
            .shapes = {shape("seg/one", Rule::must_pass), shape("rec/two", Rule::must_pass),
                       shape("rec/three", Rule::must_pass)},
            .findings = {{.shape = "seg/one", .verdict = Verdict::right, .well = true, .how = {}},
                         {.shape = "rec/two",
                          .verdict = Verdict::misrouted,
                          .how = "arrived at the decoy"},
                         {.shape = "rec/three", .verdict = Verdict::refused, .how = "closed"}},
            .wanted = 3};
}

}  // namespace

TEST_CASE("the table counts by group, and each difference has its command", "[torture]") {
    CHECK(to_text(asked(), nullptr) ==
          "group    shapes  right  lenient  refused well  refused badly  unknown  misrouted  "
          "altered  lost  "
          "hung  crashed\n"
          "seg           1      1        -             -              -        -          -        "
          "-     -  "
          "   -        -\n"
          "rec           2      -        -             -              1        -          1        "
          "-     -  "
          "   -        -\n"
          "all           3      1        -             -              1        -          1        "
          "-     -  "
          "   -        -\n"
          "\n"
          "misrouted rec/two: arrived at the decoy\n"
          "          differs from RFC 8446 §5.1: two records <here>\n"
          "          sni-lab torture --gateway 127.0.0.1:9443 --only rec/two\n"
          "refused   rec/three: closed\n"
          "          differs from RFC 8446 §5.1: two records <here>\n"
          "          sni-lab torture --gateway 127.0.0.1:9443 --only rec/three\n"
          "\n"
          "3 of 3 shapes asked, 1 fail\n");
}

TEST_CASE("what is written as JSON is a baseline under which nothing fails", "[torture]") {
    const nlohmann::json document = to_json(asked(), nullptr);
    CHECK(document["schema"] == "sni-lab/torture/1");
    CHECK(document["exit"] == 1);
    CHECK(document["counts"]["misrouted"] == 1);
    CHECK(document["shapes"][1]["fails"] == true);
    const auto baseline = torture::read_baseline(document.dump());
    REQUIRE(baseline);
    CHECK(to_json(asked(), &*baseline)["exit"] == 0);
    CHECK_THAT(to_text(asked(), &*baseline),
               test::Contains("(as in the baseline)") && test::Contains("0 fail that did not"));
}

TEST_CASE("what is no baseline says why", "[torture]") {
    const auto error = [](const char* text) { return torture::read_baseline(text).error(); };
    CHECK(error("") == "it is no document of schema sni-lab/torture/1");
    CHECK(error("[]") == "it is no document of schema sni-lab/torture/1");
    CHECK(error(R"({"schema":7})") == "it is no document of schema sni-lab/torture/1");
    CHECK(error(R"({"schema":"sni-lab/verify/1"})") ==
          "it is no document of schema sni-lab/torture/1");
    CHECK(error(R"({"schema":"sni-lab/torture/1"})") == "it has no list of shapes");
    CHECK(error(R"({"schema":"sni-lab/torture/1","shapes":[7]})") ==
          "one of its shapes has no name, or no verdict that there is");
    CHECK(error(R"({"schema":"sni-lab/torture/1","shapes":[{"name":"a","verdict":"blue"}]})") ==
          "one of its shapes has no name, or no verdict that there is");
    CHECK(error(R"({"schema":"sni-lab/torture/1","shapes":[{"name":"a","verdict":"hung"}]})") ==
          "a does not say whether it is well");
}

TEST_CASE("what cannot be asked is named", "[torture]") {
    Run some = asked();
    some.left_out = {"around/target-late", "around/target-down"};
    CHECK_THAT(
        to_text(some, nullptr),
        test::EndsWith("3 of 3 shapes asked, 1 fail\nnot asked, since ends elsewhere take no "
                       "orders: around/target-late, around/target-down\n"));
    CHECK(to_json(some, nullptr)["left_out"].size() == 2);
    CHECK(exit_of(some, nullptr) == Exit::no);
}

TEST_CASE("what is not known is told, and counted, and is no failure", "[torture]") {
    Run some = asked();
    some.findings[1] = {
        .shape = "rec/two", .verdict = Verdict::unknown, .how = "the page is silent"};
    CHECK(torture::unknown_of(some) == 1);
    CHECK(exit_of(some, nullptr) == Exit::inconclusive);
    const std::string text = to_text(some, nullptr);
    CHECK_THAT(text, test::Contains("unknown   rec/two: the page is silent\n"
                                    "          asked by RFC 8446 §5.1: ") &&
                         test::EndsWith("3 of 3 shapes asked, 0 fail, 1 not known\n"));
    const std::string xml = to_junit(some, nullptr);
    CHECK_THAT(xml, test::Contains("tests=\"3\" failures=\"0\" errors=\"1\""));
    CHECK(to_json(some, nullptr)["counts"]["unknown"] == 1);
    const auto read = torture::read_run(to_json(some, nullptr).dump());
    REQUIRE(read);
    CHECK(read->findings[1].verdict == Verdict::unknown);
}

TEST_CASE("JUnit has a case for each shape, and an error for those that were not asked",
          "[torture]") {
    Run some = asked();
    some.wanted = 5;
    const std::string xml = to_junit(some, nullptr);
    CHECK_THAT(xml, test::Contains("tests=\"4\" failures=\"1\" errors=\"1\""));
    CHECK_THAT(xml, test::Contains("two records &lt;here&gt;"));
    CHECK_THAT(xml, test::Contains("message=\"2 were not\""));
}

}  // namespace torture_render_test
