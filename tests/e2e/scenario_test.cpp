// The catalogue, played as users play it.
#include <algorithm>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "lab/scenario/catalogue.h"
#include "lab/scenario/checks.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_scenario_test {

using namespace sni::test;
using namespace sni;
using nlohmann::json;

namespace {

std::string read(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

scenario::Checks checks_of(const scenario::CatalogueEntry& entry) {
    for (const manifest::File& file : entry.files) {
        if (file.name.ends_with("/checks.yaml")) return scenario::parse_checks(file).checks;
    }
    return {};
}

bool has_lab_file(const scenario::CatalogueEntry& entry) {
    return std::ranges::any_of(
        entry.files, [](const manifest::File& file) { return file.name.ends_with("/lab.yaml"); });
}

}  // namespace

TEST_CASE("every scenario of the catalogue comes out as its checks say", "[e2e]") {
    const LabFolder folder;
    const Finished all =
        run_program(folder.command({"scenario", "run", "--all", "--junit", "all.xml"}), {},
                    std::chrono::minutes(5));
    INFO(all.out << all.err);
    CHECK(all.status == 0);
    const std::string junit = read(folder / "all.xml");
    for (const std::string& name : scenario::scenario_names()) {
        CHECK_THAT(junit, test::Contains("<testsuite name=\"" + name + "\""));
    }
    CHECK_FALSE(junit.contains("<failure"));
    // A lab of its own leaves nothing behind.
    CHECK_FALSE(std::filesystem::exists(folder / ".sni-lab"));
}

TEST_CASE("a scenario whose fault is taken out passes when a check notices", "[e2e]") {
    const LabFolder folder;
    for (const scenario::CatalogueEntry& entry : scenario::catalogue()) {
        if (!checks_of(entry).without_fault) continue;
        const Finished run =
            folder.run({"scenario", "run", entry.name, "--without-fault", "--json"});
        INFO(entry.name << run.out << run.err);
        CHECK(run.status == 0);
        const json document = json::parse(run.out);
        CHECK(document["result"] == "passed");
        const json& checks = document["scenarios"][0]["checks"];
        CHECK(std::ranges::any_of(checks, [](const json& check) { return !check["met"]; }));
    }
}

TEST_CASE("a scenario without a fault to notice fails when it is taken out", "[e2e]") {
    const LabFolder folder;
    REQUIRE(folder.run({"scenario", "new", "idle"}).status == 0);
    std::ofstream(folder / "idle/checks.yaml", std::ios::app) << "without-fault: {lab: none}\n";
    const Finished run =
        folder.run({"scenario", "run", "./idle", "--without-fault", "--junit", "idle.xml"});
    INFO(run.out << run.err);
    CHECK(run.status == 1);
    CHECK_THAT(run.out, test::Contains("no check noticed: they prove nothing\n"));
    CHECK_THAT(read(folder / "idle.xml"),
               test::Contains("name=\"some check notices that the fault is gone\"") &&
                   test::Contains("<failure"));
    const Finished noticed =
        folder.run({"scenario", "run", "wrong-name", "--without-fault", "--junit", "noticed.xml"});
    CHECK(noticed.status == 0);
    CHECK_THAT(noticed.out, test::Contains("the checks noticed: they can fail\n") &&
                                !test::Contains("Not as expected"));
    CHECK_FALSE(read(folder / "noticed.xml").contains("<failure"));
}

TEST_CASE("every scenario that shows a fault can be played without it", "[e2e]") {
    for (const scenario::CatalogueEntry& entry : scenario::catalogue()) {
        const scenario::Checks checks = checks_of(entry);
        bool fault = has_lab_file(entry) && entry.name != "alpn-h2";  // two protocols, no fault
        for (const scenario::Check& check : checks.checks) {
            using enum proof::Verdict;
            const bool harmless =
                check.verdict == proven || check.verdict == not_routed || check.verdict == readable;
            fault = fault || (!harmless && entry.name != "alpn-h2");
        }
        INFO(entry.name);
        CHECK((!fault || checks.without_fault));
    }
}

TEST_CASE("the catalogue is listed with what each scenario teaches", "[e2e]") {
    const LabFolder folder;
    const json list = json::parse(folder.run({"scenario", "list", "--json"}).out);
    CHECK(list["scenarios"].size() == scenario::scenario_names().size());
    for (const json& scenario : list["scenarios"]) {
        CHECK_FALSE(scenario["teaches"].get<std::string>().empty());
    }
    const Finished shown = folder.run({"scenario", "show", "wildcard"});
    CHECK_THAT(shown.out, test::StartsWith("# wildcard\n"));
    const Finished file = folder.run({"scenario", "show", "wildcard", "checks.yaml"});
    CHECK_THAT(file.out, test::StartsWith("teaches: "));
    const Finished unknown = folder.run({"scenario", "show", "wildcart"});
    CHECK(unknown.status == 2);
    CHECK_THAT(unknown.err, test::Contains("did you mean wildcard?"));
}

TEST_CASE("a new scenario passes as it is, and nothing is ever written over", "[e2e]") {
    const LabFolder folder;
    const Finished made = folder.run({"scenario", "new", "my-lesson"});
    INFO(made.err);
    REQUIRE(made.status == 0);
    const Finished run = folder.run({"scenario", "run", "./my-lesson"});
    INFO(run.out << run.err);
    CHECK(run.status == 0);
    std::ofstream(folder / "my-lesson/README.md") << "mine";
    CHECK(folder.run({"scenario", "new", "my-lesson"}).status == 2);
    CHECK(read(folder / "my-lesson/README.md") == "mine");
    for (const char* bad : {"../up", "A", "a.b", ""}) {
        CHECK(folder.run({"scenario", "new", bad}).status == 2);
    }
}

TEST_CASE("a check that is not met is told with what was found", "[e2e]") {
    const LabFolder folder;
    REQUIRE(folder.run({"scenario", "new", "mine"}).status == 0);
    std::ofstream(folder / "mine/checks.yaml")
        << "teaches: x\nchecks:\n- name: it ends TLS\n  sni: httpbin.example.com\n"
           "  expect: {verdict: terminated, code: SL2307}\n";
    const Finished run = folder.run({"scenario", "run", "./mine", "--junit", "mine.xml"});
    CHECK(run.status == 1);
    CHECK_THAT(run.out, test::Contains("NOT MET") &&
                            test::Contains("expected terminated, found proven") &&
                            test::Contains("no line says SL2307"));
    CHECK_THAT(read(folder / "mine.xml"),
               test::Contains("<failure type=\"proven\" "
                              "message=\"expected terminated, found proven\">"));
}

TEST_CASE("up says loudly that a server ends TLS, and verify shows it", "[e2e]") {
    const LabFolder folder;
    const Finished up =
        folder.run({"up", "negative-simple", "--detach", "--listen", "127.0.0.1:" + free_port()});
    INFO(up.err);
    REQUIRE(up.status == 0);
    CHECK_THAT(up.out, test::Contains("ENDS TLS for ended.example.com") &&
                           test::Contains("reads everything"));
    const Finished ended = folder.run({"verify", "--running", "--sni", "ended.example.com"});
    INFO(ended.out);
    CHECK(ended.status == 1);
    CHECK_THAT(ended.out, test::Contains("TERMINATED"));
    CHECK(folder.run({"verify", "--running", "--sni", "passed.example.com"}).status == 0);
    CHECK(folder.run({"down"}).status == 0);
}

TEST_CASE("a scenario is played at somebody's gateway, too", "[e2e]") {
    const LabFolder folder;
    const std::string port = free_port();
    REQUIRE(
        folder.run({"up", "hello-shapes", "--detach", "--listen", "127.0.0.1:" + port}).status ==
        0);
    const Finished run =
        folder.run({"scenario", "run", "hello-shapes", "--gateway", "127.0.0.1:" + port});
    INFO(run.out << run.err);
    CHECK(run.status == 0);
    // Its steps would change a lab that is not ours.
    const Finished steps =
        folder.run({"scenario", "run", "unplug", "--gateway", "127.0.0.1:" + port, "--json"});
    CHECK(steps.status != 0);
    CHECK(json::parse(steps.out)["scenarios"][0]["checks"][1]["undecided"] == true);
}

}  // namespace e2e_scenario_test
