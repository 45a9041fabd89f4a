// Answers for programs from commands whose text is for learners.
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/run_cli.h"

namespace cli_json_answers_test {

using namespace sni::test;
using nlohmann::json;

TEST_CASE("demo tells programs how both gateways fared", "[cli]") {
    const Ran ran = run({"demo", "--json"});
    CAPTURE(ran.err);
    CHECK(ran.status == 0);
    const json document = json::parse(ran.out);
    CHECK(document["schema"] == "sni-lab/demo/1");
    CHECK(document["caught"] == true);
    CHECK(document["exit"] == 0);
    CHECK(document["router"]["verdict"] == "proven");
    CHECK(document["cheating_gateway"]["verdict"] == "terminated");
}

TEST_CASE("scenario show gives programs a lesson's files, or the one that they name", "[cli]") {
    const json lesson = json::parse(run({"scenario", "show", "wildcard", "--json"}).out);
    CHECK(lesson["schema"] == "sni-lab/lesson/1");
    CHECK(lesson["name"] == "wildcard");
    CHECK_FALSE(lesson["teaches"].get<std::string>().empty());
    CHECK(lesson["files"].size() >= 3);
    const json one =
        json::parse(run({"scenario", "show", "wildcard", "manifests.yaml", "--json"}).out);
    REQUIRE(one["files"].size() == 1);
    CHECK(one["files"][0]["name"] == "manifests.yaml");
    CHECK(one["files"][0]["text"] == run({"scenario", "show", "wildcard", "manifests.yaml"}).out);
}

}  // namespace cli_json_answers_test
