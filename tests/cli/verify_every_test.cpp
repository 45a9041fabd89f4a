// verify --every, as users run it.
#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/client/page.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"

namespace cli_verify_every_test {

using namespace sni;
using namespace sni::test;

namespace {

std::string page_of(const Endpoint& admin, const std::string& target) {
    const auto page = client::get_page(admin, target, std::chrono::seconds(20));
    return page ? *page : page.error();
}

}  // namespace

TEST_CASE("a watch whose page's port is taken names its own flag", "[cli]") {
    const LabFolder folder;
    const Stub other([](Peer) {});
    const Finished ran =
        folder.run({"verify", "--gateway", "127.0.0.1:1", "--sni", "a.example", "--every", "1s",
                    "--identity", "x", "--admin", to_string(other.endpoint())});
    const Finished without = folder.run(
        {"verify", "--running", "--every", "1s", "--admin", to_string(other.endpoint())});
    CHECK(ran.status == 2);  // there is no x
    CHECK(without.status == 7);
    CHECK(without.err.find("choose another address with --admin") != std::string::npos);
}

TEST_CASE("a watch that nobody reads any more ends", "[cli][e2e]") {
    const LabFolder folder;
    REQUIRE(folder.run({"up", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    const Finished ran = folder.run_other(
        {"sh", "-c", "\"$0\" verify --running --every 50ms | head -1", SNI_LAB_BINARY});
    CHECK(ran.status == 0);
    CHECK_FALSE(ran.out.empty());
}

TEST_CASE("other clients ask for the names of the lab that runs", "[cli][e2e]") {
    if (!installed("curl")) return;
    const LabFolder folder;
    REQUIRE(folder.run({"up", "--detach", "--listen", "127.0.0.1:0"}).status == 0);
    const Finished ran = folder.run({"verify", "--running", "--clients", "curl", "--json"});
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
    const auto checks = nlohmann::json::parse(ran.out)["checks"];
    REQUIRE_FALSE(checks.empty());
    for (const auto& check : checks) {
        CHECK(check["name"].get<std::string>().ends_with(" by curl"));
        CHECK(check["verdict"] == "proven");
    }
}

TEST_CASE("a client that was not run has no row in the table", "[cli][e2e]") {
    if (!installed("curl")) return;
    const LabFolder folder;
    const Finished ran = folder.run({"verify", "--running", "--clients", "curl"});
    INFO(ran.out << ran.err);
    CHECK(ran.status == 4);
    CHECK(ran.out.find("JA4") == std::string::npos);
    CHECK(ran.out.find("\n   lab on record") == std::string::npos);
}

TEST_CASE("a watch goes on, shows its figures, and says what changed", "[cli][e2e]") {
    const LabFolder folder;
    const std::string port = free_port();
    REQUIRE(folder.run({"up", "--detach", "--listen", "443=127.0.0.1:" + port}).status == 0);
    Background watch(
        folder.command({"verify", "--gateway", "127.0.0.1:" + port, "--sni", "httpbin.example.com",
                        "--every", "50ms", "--admin", "127.0.0.1:0", "--on-change",
                        "echo \"$SNI_LAB_CHANGE $SNI_LAB_FROM $SNI_LAB_TO\" >> changes",
                        "--exit-on-change", "--timeout", "20s"}));
    const std::string line = watch.line();
    REQUIRE(line.starts_with("admin "));
    const Endpoint admin = parse_endpoint(line.substr(6)).value();
    CHECK(watch.line() == "httpbin.example.com: PASSTHROUGH PROVEN");
    const std::string metrics = page_of(admin, "/metrics");
    CHECK(metrics.find("sni_lab_passthrough{gateway=\"127.0.0.1:" + port +
                       "\",sni=\"httpbin.example.com\"") != std::string::npos);
    CHECK(page_of(admin, fmt::format("/probe?target=127.0.0.1:{}&sni=httpbin.example.com", port))
              .find("probe_success 1\n") != std::string::npos);
    const std::string probe = page_of(admin, "/probe?target=127.0.0.1:" + port);
    CHECK(probe.find("probe_success 1\n") != std::string::npos);
    CHECK(probe.find("\nprobe_ssl_earliest_cert_expiry ") != std::string::npos);
    CHECK(probe.find("\nsni_lab_passthrough_stale 0\n") != std::string::npos);
    CHECK(page_of(admin, "/probe?target=192.0.2.1:443&sni=x").find("answers 404") !=
          std::string::npos);
    REQUIRE(folder.run({"down"}).status == 0);
    CHECK(watch.line().find("verdict proven -> not_routed") != std::string::npos);
    CHECK(watch.end(0) == 4);  // by itself, when its hook has run
    std::ifstream changes(folder / "changes");
    std::string first;
    std::getline(changes, first);
    CHECK(first == "verdict proven not_routed");
}

TEST_CASE("a hook that cannot be started is told, and the watch goes on", "[cli][e2e]") {
    const LabFolder folder;
    const std::string port = free_port();
    REQUIRE(folder.run({"up", "--detach", "--listen", "443=127.0.0.1:" + port}).status == 0);
    std::vector<std::string> command =
        folder.command({"verify", "--gateway", "127.0.0.1:" + port, "--sni", "httpbin.example.com",
                        "--every", "50ms", "--on-change", "true", "--timeout", "20s"});
    command.insert(std::ranges::find(command, SNI_LAB_BINARY), {"/usr/bin/env", "PATH=/nowhere"});
    Background watch(command);
    CHECK(watch.line() == "httpbin.example.com: PASSTHROUGH PROVEN");
    REQUIRE(folder.run({"down"}).status == 0);
    CHECK(watch.line().find("verdict proven -> not_routed") != std::string::npos);
    REQUIRE(folder.run({"up", "--detach", "--listen", "443=127.0.0.1:" + port}).status == 0);
    std::string line;
    do {
        line = watch.line();
    } while (!line.empty() && line.find("not_routed -> proven") == std::string::npos);
    CHECK_FALSE(line.empty());
    CHECK(watch.end(SIGTERM) == 0);
}

}  // namespace cli_verify_every_test
