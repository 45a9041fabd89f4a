// The lessons on Envoy, as scenarios/README.md tells of them.
#include <fstream>
#include <map>
#include <regex>

#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/tls_client.h"

namespace e2e_envoy_scenarios_test {

using namespace sni::test;
using nlohmann::json;

namespace {

struct Row {
    std::size_t checks = 0;  ///< that a lesson has, and the lab's router meets
    std::size_t on_envoy = 0;
    bool explained = false;
};

std::map<std::string, Row> rows() {
    std::map<std::string, Row> all;
    std::ifstream file(std::string(SNI_LAB_SOURCE_DIR) + "/scenarios/README.md");
    const std::regex row(
        R"(\| \[([a-z0-9-]+)\]\(.*\) \| (\d+) of (\d+) \| (\d+) of (\d+) \| ?([^|]*)\|.*)");
    std::smatch found;
    for (std::string line; std::getline(file, line);) {
        if (!std::regex_match(line, found, row)) continue;
        CHECK(found[2] == found[3]);
        CHECK(found[3] == found[5]);
        all[found[1]] = {std::stoul(found[3]), std::stoul(found[4]), found[6].length() > 0};
    }
    return all;
}

/// Where the Gateway's ports are served: a lesson has 443 alone, or 8443 beside it.
class OnEnvoy {
  public:
    OnEnvoy(const std::string& envoy, const std::string& scenario)
        : port_(free_port()), other_(free_port()) {
        const bool both = start(scenario, true);
        REQUIRE((both || start(scenario, false)));
        envoy_.emplace(std::vector<std::string>{envoy, "-c", (folder_ / "envoy.yaml").string(),
                                                "-l", "off", "--concurrency", "1",
                                                "--disable-hot-restart"});
        while (!listens()) {
        }
        std::vector<std::string> words = {"scenario", "run",       scenario,
                                          "--json",   "--gateway", "443=127.0.0.1:" + port_};
        if (both) words.insert(words.end(), {"--gateway", "8443=127.0.0.1:" + other_});
        const Finished run = folder_.run(words);
        INFO(run.err);
        checks = json::parse(run.out)["scenarios"][0]["checks"];
    }

    json checks;

  private:
    bool start(const std::string& scenario, bool both) {
        std::vector<std::string> up = {"up", scenario, "--detach", "--listen", "443=127.0.0.1:0"};
        std::vector<std::string> out = {"export", scenario,    "--api",
                                        "envoy",  "--listen",  "443=127.0.0.1:" + port_,
                                        "--out",  "envoy.yaml"};
        if (both) {
            up.insert(up.end(), {"--listen", "8443=127.0.0.1:0"});
            out.insert(out.end(), {"--listen", "8443=127.0.0.1:" + other_});
        }
        return folder_.run(up).status == 0 && folder_.run(out).status == 0;
    }

    bool listens() const {
        try {
            const TcpClient client(sni::parse_endpoint("127.0.0.1:" + port_).value());
            return true;
        } catch (const std::runtime_error&) {
            return false;  // refused, as yet
        }
    }

    LabFolder folder_;
    const std::string port_;
    const std::string other_;
    std::optional<Background> envoy_;
};

}  // namespace

TEST_CASE("every lesson comes out on Envoy as the table of the scenarios says", "[e2e]") {
    const std::string envoy = have_envoy();
    if (envoy.empty()) return;
    const auto told = rows();
    const LabFolder folder;
    const json all = json::parse(folder.run({"scenario", "list", "--json"}).out)["scenarios"];
    CHECK(told.size() == all.size());
    for (const json& scenario : all) {
        const std::string name = scenario["name"];
        CAPTURE(name);
        REQUIRE(told.contains(name));
        const OnEnvoy played(envoy, name);
        INFO(played.checks.dump(1));
        CHECK(played.checks.size() == told.at(name).checks);
        const auto met = std::ranges::count_if(
            played.checks, [](const json& check) { return check["met"] == true; });
        CHECK(static_cast<std::size_t>(met) == told.at(name).on_envoy);
        CHECK(told.at(name).explained == (told.at(name).on_envoy < told.at(name).checks));
    }
}

}  // namespace e2e_envoy_scenarios_test
