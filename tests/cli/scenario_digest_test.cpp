#include "cli/scenario_digest.h"

#include <nlohmann/json.hpp>

#include "cli/lab_record.h"
#include "cli/manifest_files.h"
#include "cli/state.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace cli_scenario_digest_test {

using namespace sni;

TEST_CASE("a scenario is told by what its files hold and resolve to, not by where it lies",
          "[cli]") {
    const test::TempFolder folder;
    const std::string text = cli::load_scenario("mixed-modes").manifest.files.at(0).text;
    const auto written = [&](const std::string& name, const std::string& content) {
        std::filesystem::create_directories(folder / name);
        test::spill(folder / (name + "/m.yaml"), content);
        return (folder / name).string();
    };
    const std::string path = written("a/k8s", text);
    const auto first = cli::load_scenario(path);
    CHECK(first.origin == path);
    CHECK(cli::load_scenario(written("b/k8s", text)).digest == first.digest);
    CHECK(cli::load_scenario(written("b/k8s", text + "# more\n")).digest != first.digest);

    // Flags that change nothing are nothing; those of other gateways are.
    CHECK(cli::load_scenario(path, "default", {.istio = "1.28"}).digest == first.digest);
    CHECK(cli::load_scenario(path, "default", {.gateway_labels = {"istio=other"}}).digest !=
          first.digest);
    CHECK(cli::load_scenario("mixed-modes").origin == "mixed-modes");
    CHECK(cli::load_scenario(path + "/m.yaml").origin == path + "/m.yaml");
}

TEST_CASE("a record says what starts its lab again, and an older one is read as it was", "[cli]") {
    const test::TempFolder state;
    cli::LabRecord record{.pid = 4711, .process_start = "1", .scenario = "wildcard"};
    CHECK(record.scenario_word() == "wildcard");  // an older one's, of the catalogue
    record.digest = Digest{};
    CHECK(record.scenario_word().empty());  // from stdin
    record.origin = "/my lab/wildcard";
    CHECK(record.scenario_word() == "'/my lab/wildcard'");
    test::spill(cli::lab_record(state.path()), cli::encode(record));
    CHECK(cli::read_record(state.path()) == record);

    auto document = nlohmann::json::parse(cli::encode(record));
    document.erase("origin");
    document.erase("digest");
    test::spill(cli::lab_record(state.path()), document.dump());
    const auto older = cli::read_record(state.path());
    REQUIRE(older);
    CHECK_FALSE(older->origin);
    CHECK_FALSE(older->digest);
}

}  // namespace cli_scenario_digest_test
