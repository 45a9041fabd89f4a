#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "tests/support/catch.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_match_keylogs_test {

using namespace sni;
using namespace sni::test;

TEST_CASE("match-keylogs says yes, no or that nothing was shown, and never a secret", "[cli]") {
    const TempFolder folder;
    const std::string random(64, '1');
    const std::string secret(64, 'a');
    const std::string log = "EXPORTER_SECRET " + random + " " + secret + "\n";
    spill(folder / "client.log", log);
    const auto run = [&](const std::string& backend) {
        spill(folder / "backend.log", backend);
        std::ostringstream out;
        std::ostringstream err;
        const int status = cli::run(
            {"match-keylogs", (folder / "client.log").string(), (folder / "backend.log").string()},
            out, err);
        CHECK((out.str() + err.str()).find(secret.substr(0, 8)) == std::string::npos);
        return status;
    };
    CHECK(run(log) == 0);
    CHECK(run("EXPORTER_SECRET " + random + " " + std::string(64, 'b') + "\n") == 1);
    CHECK(run("EXPORTER_SECRET " + std::string(64, '2') + " " + secret + "\n") == 1);
    CHECK(run("") == 3);
    CHECK(run("CLIENT_TRAFFIC_SECRET_0 " + random + " " + secret + "\n") == 3);
    CHECK(run("nonsense\n") == 2);
}

TEST_CASE("match-keylogs is told how many of the client's sessions were for this backend",
          "[cli]") {
    const TempFolder folder;
    const auto session = [](char random) {
        return "EXPORTER_SECRET " + std::string(64, random) + " " + std::string(64, 'a') + "\n";
    };
    spill(folder / "client.log", session('1') + session('2'));
    spill(folder / "backend.log", session('2'));
    const auto run = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"match-keylogs", (folder / "client.log").string(),
                                   (folder / "backend.log").string(), "--json"});
        std::ostringstream out;
        std::ostringstream err;
        const int status = cli::run(more, out, err);
        return std::pair(status, out.str());
    };
    const auto [unsaid, said] = run({});
    CHECK(unsaid == 3);
    CHECK_THAT(nlohmann::json::parse(said)["why"].get<std::string>(), Contains("--expect N"));
    const auto [status, out] = run({"--expect", "1"});
    CHECK(status == 0);
    CHECK(nlohmann::json::parse(out)["expected"] == 1);
    CHECK(run({"--expect", "2"}).first == 1);
    CHECK(run({"--expect", "3"}).first == 3);
    CHECK(run({"--expect", "0"}).first == 2);
}

TEST_CASE("match-keylogs compares no log with itself", "[cli]") {
    const TempFolder folder;
    spill(folder / "client.log",
          "EXPORTER_SECRET " + std::string(64, '1') + " " + std::string(64, 'a') + "\n");
    std::filesystem::create_symlink("client.log", folder / "link.log");
    const std::string log = (folder / "client.log").string();
    for (const std::string& other :
         {log, (folder / "." / "client.log").string(), (folder / "link.log").string()}) {
        const Ran ran = test::run({"match-keylogs", log, other});
        CHECK(ran.status == 2);
        CHECK_THAT(ran.err, Contains("is on both sides"));
    }
}

}  // namespace cli_match_keylogs_test
