#include "cli/manifest_files.h"

#include <filesystem>
#include <sstream>

#include "cli/scenario_secrets.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace cli_manifest_files_test {

using namespace sni;
namespace fs = std::filesystem;

namespace {

const std::string kScenarios = std::string(SNI_LAB_SOURCE_DIR) + "/scenarios";

/// Where tests put files by name.
class Folder {
  public:
    std::string write(std::string_view name, std::string_view text) const {
        test::spill(folder_ / name, text);
        return (folder_ / name).string();
    }
    std::string path() const { return folder_.path().string(); }

  private:
    test::TempFolder folder_;
};

std::string failure(const std::string& name) {
    try {
        (void)cli::load_scenario(name);
    } catch (const Failure& failed) {
        CHECK(failed.exit() == Exit::usage);
        return render(failed.diagnostics().at(0));
    }
    return {};
}

const std::string kNamespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";

}  // namespace

TEST_CASE("the passthrough scenario is the same from the binary, its folder and its file",
          "[cli]") {
    const auto embedded = cli::load_scenario("passthrough");
    CHECK(embedded.diagnostics.empty());
    REQUIRE(embedded.checks.has_value());
    CHECK(embedded.checks->checks.size() == 3);
    CHECK(embedded.name == "passthrough");
    REQUIRE(embedded.scenario.backends.size() == 1);

    const auto folder = cli::load_scenario(kScenarios + "/passthrough/");
    CHECK(folder.name == "passthrough");
    CHECK(folder.diagnostics.empty());
    REQUIRE(folder.checks.has_value());
    CHECK(folder.scenario.backends.at(0).name == embedded.scenario.backends[0].name);
    CHECK(folder.scenario.routes.at(0).pattern == embedded.scenario.routes.at(0).pattern);

    const auto file = cli::load_scenario(kScenarios + "/passthrough/manifests.yaml");
    CHECK(file.name == "manifests");
    CHECK_FALSE(file.checks.has_value());
    CHECK(file.scenario.backends.at(0).name == embedded.scenario.backends[0].name);
}

TEST_CASE("the Secret that the tutorial makes by hand is asked for with its name", "[cli]") {
    std::ostringstream err;
    CHECK(cli::secrets_of_scenario("passthrough", err) ==
          std::vector<cli::SecretWish>{{.ns = "passthrough-test",
                                        .name = "httpbin-credential",
                                        .names = {"httpbin.example.com"}}});
    CHECK_THROWS_AS(cli::secrets_of_scenario("nothing", err), Failure);
    CHECK(cli::secrets_of_scenario("expired", err).empty());  // its lab.yaml makes it
}

TEST_CASE("a folder without manifests.yaml gives all its manifests, sorted", "[cli]") {
    const Folder folder;
    folder.write("b.yml", kNamespace);
    folder.write("a.yaml", "a: [\n");
    folder.write("c.json", "{\"apiVersion\": \"v1\"}");
    folder.write("notes.txt", "a: [\n");
    folder.write(".hidden.yaml", "a: [\n");
    folder.write("checks.yaml", "teaches: 1\nchecks: []\n");
    const auto loaded = cli::load_scenario(folder.path());
    std::vector<std::string> found;
    for (const Diagnostic& d : loaded.diagnostics) {
        found.push_back(fs::path(d.place.file).filename().string() + " " + d.code);
    }
    CHECK(found == std::vector<std::string>{"a.yaml X-YAML-SYNTAX", "c.json X-MISSING",
                                            " X-LEFT-ASIDE", "checks.yaml X-TYPE",
                                            "checks.yaml X-MISSING"});
    // With it, it is the only one.
    folder.write("manifests.yaml", kNamespace);
    CHECK(cli::load_scenario(folder.path()).manifest.files.size() == 1);
    // What it does not understand, it says, and goes on to the next file.
    folder.write("lab.yaml", "listen: x\n");
    CHECK(cli::load_scenario(folder.path()).diagnostics.back().code == "X-UNKNOWN-FIELD");
}

TEST_CASE("what cannot be read is refused with the reason", "[cli]") {
    const Folder folder;
    CHECK(failure("passthruogh") ==
          "sni-lab: error: there is no scenario \"passthruogh\" [SL1001]\n"
          "why: and no file or folder of that name\nhint: did you mean passthrough?\n");
    CHECK(failure("./nowhere.yaml") ==
          "sni-lab: error: cannot read \"./nowhere.yaml\" [SL1002]\n"
          "why: there is no such file or folder\n");
    CHECK_THAT(failure(folder.path()),
               test::Contains("why: the folder has no *.yaml, *.yml or *.json\n"));
    const std::string big = folder.write("big.yaml", std::string(33u << 20, '#'));
    CHECK_THAT(failure(big),
               test::Contains("why: it has more than the 32 MiB that a manifest may have\n"));
    CHECK_FALSE(failure("").empty());
    CHECK_FALSE(failure(std::string("a\0b", 3)).empty());
    CHECK_FALSE(failure(std::string(10'000, 'x')).empty());
    CHECK_FALSE(failure("/dev/zero").empty());
}

TEST_CASE("only an error stops a scenario, and only what is unsupported can be allowed", "[cli]") {
    const Folder folder;
    const std::string tutorial = cli::load_scenario("passthrough").manifest.files.at(0).text;
    auto fine = cli::load_scenario("passthrough");
    CHECK_NOTHROW(cli::require_runnable(fine, false));
    const std::string path =
        folder.write("x.yaml", tutorial +
                                   "---\napiVersion: networking.istio.io/v1alpha3\n"
                                   "kind: EnvoyFilter\nmetadata: {name: a}\n");
    auto unknown = cli::load_scenario(path);
    CHECK_THROWS_AS(cli::require_runnable(unknown, false), Failure);
    CHECK_NOTHROW(cli::require_runnable(unknown, true));
    CHECK(unknown.diagnostics.at(0).level == Level::warning);
    auto broken = cli::load_scenario(folder.write("y.yaml", tutorial + "---\na: [\n"));
    CHECK_THROWS_AS(cli::require_runnable(broken, true), Failure);
}

TEST_CASE("a small file takes no more memory than it is long", "[cli]") {
    const Folder folder;
    for (int i = 0; i < 10; ++i) {
        folder.write(std::to_string(i) + ".yaml", kNamespace);
    }
    for (const manifest::File& file : cli::read_manifests({folder.path()}).files) {
        CHECK(file.text.capacity() < kNamespace.size() + 64);
    }
}

}  // namespace cli_manifest_files_test
