// Scenarios at a gateway that is not ours: it is judged by what a gateway must do.
#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_foreign_gateway_test {

using namespace sni::test;
using nlohmann::json;

namespace {

/// The lab with its backends, and HAProxy before them, which refuses without a word.
class Foreign {
  public:
    explicit Foreign(const std::string& scenario) : port(free_port()) {
        std::vector<std::string> up = {"up", scenario, "--detach"};
        const Finished first = folder.run({"up", scenario, "--detach", "--listen",
                                           "443=127.0.0.1:0", "--listen", "8443=127.0.0.1:0"});
        if (first.status != 0) {
            const Finished second =
                folder.run({"up", scenario, "--detach", "--listen", "443=127.0.0.1:0"});
            INFO(second.err);
            REQUIRE(second.status == 0);
        }
        const Finished exported = folder.run({"export", scenario, "--api", "haproxy", "--listen",
                                              "443=127.0.0.1:" + port, "--out", "haproxy.cfg"});
        INFO(exported.err);
        REQUIRE(exported.status == 0);
        haproxy.emplace(std::vector<std::string>{"/usr/sbin/haproxy", "-f",
                                                 (folder / "haproxy.cfg").string(), "-db", "-q"});
        // Until it listens.
        CHECK(folder
                  .run({"verify", "--gateway", "127.0.0.1:" + port, "--sni", "httpbin.example.com",
                        "--identity", ".sni-lab/identity.key.pub", "--wait", "20s"})
                  .status != 2);
    }

    json played(const std::string& scenario, std::vector<std::string> more = {}) const {
        std::vector<std::string> words = {
            "scenario", "run", scenario, "--gateway", "443=127.0.0.1:" + port, "--json"};
        words.insert(words.end(), more.begin(), more.end());
        const Finished run = folder.run(words);
        INFO(run.err);
        json document = json::parse(run.out);
        document["exit"] = run.status;
        return document;
    }

    LabFolder folder;
    std::string port;
    std::optional<Background> haproxy;
};

}  // namespace

TEST_CASE("a gateway that refuses without our words is right all the same", "[e2e]") {
    if (!have("haproxy")) return;
    const Foreign foreign("unknown-sni");
    const json run = foreign.played("unknown-sni");
    INFO(run.dump(2));
    CHECK(run["exit"] == 0);
    CHECK(run.dump().find("its words for a refusal are its own") != std::string::npos);
}

TEST_CASE("what a check needs and nobody gave leaves it undecided, and the rest runs", "[e2e]") {
    if (!have("haproxy")) return;
    const Foreign foreign("cn-and-san");
    const json run = foreign.played("cn-and-san");
    INFO(run.dump(2));
    CHECK(run["exit"] == 3);
    CHECK(run.dump().find("add --trust cn-and-san/httpbin-credential=FILE") != std::string::npos);
    bool decided = false;
    for (const json& check : run["scenarios"][0]["checks"]) {
        decided = decided || check["met"] == true;
    }
    CHECK(decided);
}

TEST_CASE("a Gateway port without an address is asked nowhere", "[e2e]") {
    if (!have("haproxy")) return;
    const Foreign foreign("no-sni");
    const json run = foreign.played("no-sni");
    INFO(run.dump(2));
    CHECK(run["exit"] == 3);
    CHECK(run.dump().find("add --gateway 8443=HOST:PORT") != std::string::npos);
    const Finished wrong = foreign.folder.run(
        {"scenario", "run", "no-sni", "--gateway", "444=127.0.0.1:" + foreign.port});
    CHECK(wrong.status == 2);
    CHECK(wrong.err.find("no Gateway has a port 444") != std::string::npos);
}

}  // namespace e2e_foreign_gateway_test
