#include "lab/analyze/render.h"

#include <nlohmann/json.hpp>

#include "lab/analyze/paths.h"
#include "lab/report/json.h"
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_render_test {

using namespace sni;
using namespace sni::analyze;
using nlohmann::json;

namespace {

/// One finding of each level, with all that a shape has to escape.
analyze::Report three() {
    analyze::Report made{.findings = {}, .documents = 2};
    made.findings.push_back(
        {.diagnostic = {.level = Level::error,
                        .code = "X-CASE",
                        .place = {.file = "a b,c:d%.yaml", .line = 3, .column = 5},
                        .message = "50% of \"x\"",
                        .why = "first\r\nsecond",
                        .hint = "try: this, or that",
                        .source = "    abc",
                        .width = 3},
         .object = {.kind = "Gateway", .ns = "ns", .name = "gw"}});
    made.findings.push_back({.diagnostic = {.level = Level::warning,
                                            .code = "IST0106",
                                            .place = {.file = "/abs/b.yaml"},
                                            .message = "about the file"},
                             .object = {}});
    made.findings.push_back({.diagnostic = {.level = Level::info,
                                            .code = "X-CASE",
                                            .place = {.file = "b.yaml", .line = 1, .column = 1},
                                            .message = "a note"},
                             .object = {.kind = "Namespace", .ns = "", .name = "ns"}});
    return made;
}

}  // namespace

TEST_CASE("the text has the compiler's shape and counts at the end", "[analyze]") {
    CHECK(to_text(three()) ==
          "a b,c:d%.yaml:3:5: error: 50% of \"x\" [X-CASE]\n"
          "    3 |     abc\n"
          "      |     ^^^\n"
          "why: first\r\nsecond\n"
          "hint: try: this, or that\n"
          "\n"
          "/abs/b.yaml: warning: about the file [IST0106]\n"
          "\n"
          "b.yaml:1:1: info: a note [X-CASE]\n"
          "\n"
          "1 error, 1 warning, 1 note in 2 documents\n");
    CHECK(to_text({.findings = {}, .documents = 1}) == "Nothing found in 1 document\n");
    CHECK(to_text({.findings = {}, .documents = 1, .all_looked_up = false}) ==
          "A document could not be read, so nothing is said about names that may be in it.\n"
          "Nothing found in 1 document\n");
}

TEST_CASE("a file's name cannot speak to the terminal", "[analyze]") {
    analyze::Report made{.findings = {}, .documents = 1};
    made.findings.push_back(
        {.diagnostic = {.code = "X-CASE", .place = {.file = "\x1b[2J"}, .message = "m"},
         .object = {}});
    CHECK(to_text(made).starts_with("\\x1b[2J: error: m"));
}

TEST_CASE("the JSON has exactly the promised keys", "[analyze]") {
    CHECK(to_json(three()) == json::parse(R"({
        "schema": "sni-lab/analyze/1", "documents": 2, "allLookedUp": true, "suppressed": 0,
        "known": 0,
        "findings": [
          {"code": "X-CASE", "level": "error", "kind": "Gateway", "namespace": "ns", "name": "gw",
           "file": "a b,c:d%.yaml", "line": 3, "column": 5, "message": "50% of \"x\"",
           "why": "first\r\nsecond", "hint": "try: this, or that"},
          {"code": "IST0106", "level": "warning", "kind": "", "namespace": "", "name": "",
           "file": "/abs/b.yaml", "line": 0, "column": 0, "message": "about the file", "why": "",
           "hint": ""},
          {"code": "X-CASE", "level": "info", "kind": "Namespace", "namespace": "", "name": "ns",
           "file": "b.yaml", "line": 1, "column": 1, "message": "a note", "why": "",
           "hint": ""}]})"));
    CHECK(to_json({})["findings"] == json::array());
}

TEST_CASE("the SARIF has each rule once and every place as a region", "[analyze]") {
    const json sarif = to_sarif(three(), "1.2.3");
    CHECK(sarif["version"] == "2.1.0");
    CHECK(sarif["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json");
    const json& run = sarif["runs"][0];
    CHECK(run["tool"]["driver"]["name"] == "sni-lab");
    CHECK(run["tool"]["driver"]["version"] == "1.2.3");
    CHECK(run["columnKind"] == "unicodeCodePoints");
    const json& rules = run["tool"]["driver"]["rules"];
    REQUIRE(rules.size() == 2);
    CHECK(rules[0]["id"] == "X-CASE");
    CHECK(rules[1]["name"] == "SchemaValidationError");
    CHECK(rules[1]["shortDescription"]["text"] == "Istio's webhook refuses this resource.");

    // What GitHub's rules for code scanning ask for.
    for (const json& rule : rules) {
        CHECK_FALSE(rule["fullDescription"]["text"].get<std::string>().empty());
        CHECK(rule["help"]["text"].get<std::string>().find("sni-lab explain") != std::string::npos);
    }
    CHECK(rules[1]["helpUri"] == "https://istio.io/latest/docs/reference/config/analysis/ist0106/");

    const json& results = run["results"];
    REQUIRE(results.size() == 3);
    CHECK(results[0] == json::parse(R"({
        "ruleId": "X-CASE", "ruleIndex": 0, "level": "error",
        "message": {"text": "50% of \"x\": first\r\nsecond. Hint: try: this, or that"},
        "locations": [{
          "physicalLocation": {
            "artifactLocation": {"uri": "./a%20b%2Cc%3Ad%25.yaml"},
            "region": {"startLine": 3, "startColumn": 5, "endColumn": 8}},
          "logicalLocations": [
            {"kind": "resource", "name": "gw", "fullyQualifiedName": "Gateway/ns/gw"}]}]})"));
    CHECK(results[1]["level"] == "warning");
    CHECK(results[1]["ruleIndex"] == 1);
    CHECK(results[1]["locations"][0] ==
          json::parse(
              R"({"physicalLocation": {"artifactLocation": {"uri": "file:///abs/b.yaml"}}})"));
    CHECK(results[2]["level"] == "note");
    CHECK(results[2]["ruleIndex"] == 0);
    CHECK(results[2]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] ==
          "Namespace/ns");
    CHECK(to_sarif({}, "1")["runs"][0]["results"] == json::array());
    // A note about what is no file of ours has no place.
    analyze::Report placeless{.findings = {}, .documents = 1};
    placeless.findings.push_back(
        {.diagnostic = {.level = Level::info, .code = "X-LEFT-ASIDE", .message = "a folder"},
         .object = {}});
    CHECK(to_sarif(placeless, "1")["runs"][0]["results"] == json::array());
    CHECK(to_sarif(placeless, "1")["runs"][0]["tool"]["driver"]["rules"] == json::array());
    CHECK_THAT(to_text(placeless), test::Contains("a folder"));
}

TEST_CASE("one file has one address, however it was spelled", "[analyze]") {
    using analyze::normal_path;
    for (const std::string_view path : {"k8s/a.yaml", "./k8s/a.yaml", "k8s//a.yaml", "k8s/./a.yaml",
                                        "x/../k8s/a.yaml", "./x/./../k8s/a.yaml"}) {
        CAPTURE(path);
        CHECK(normal_path(path) == "k8s/a.yaml");
        analyze::Report made{.findings = {}, .documents = 1};
        made.findings.push_back(
            {.diagnostic = {.code = "X-CASE", .place = {.file = std::string(path)}, .message = "m"},
             .object = {}});
        CHECK(to_sarif(made, "1")["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
                                 ["artifactLocation"]["uri"] == "k8s/a.yaml");
        CHECK(to_github(made).find("file=k8s/a.yaml:") != std::string::npos);
    }
    CHECK(normal_path("../a.yaml") == "../a.yaml");
    CHECK(normal_path("a/../../b.yaml") == "../b.yaml");
    CHECK(normal_path("/a/../../b.yaml") == "/b.yaml");
    CHECK(normal_path("stdin") == "stdin");
}

TEST_CASE("workflow commands escape what would end them", "[analyze]") {
    CHECK(to_github(three()) ==
          "::error title=X-CASE,file=a b%2Cc%3Ad%25.yaml,line=3,col=5,endColumn=8::"
          "50%25 of \"x\"%0Awhy: first%0D%0Asecond%0Ahint: try: this, or that\n"
          "::warning title=IST0106,file=/abs/b.yaml::about the file\n"
          "::notice title=X-CASE,file=b.yaml,line=1,col=1,endColumn=2::a note\n");
    CHECK(to_github({}).empty());
}

}  // namespace analyze_render_test
