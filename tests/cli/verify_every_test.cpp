// verify --every, as users run it.
#include <fstream>

#include <fmt/format.h>

#include "lab/client/page.h"
#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

using namespace sni;
using namespace sni::test;

namespace {

std::string page_of(const Endpoint& admin, const std::string& target) {
    const auto page = client::get_page(admin, target, std::chrono::seconds(20));
    return page ? *page : page.error();
}

}  // namespace

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
    CHECK(page_of(admin, "/probe?target=192.0.2.1:443&sni=x").find("answers 404") !=
          std::string::npos);
    REQUIRE(folder.run({"down"}).status == 0);
    CHECK(watch.line().find("verdict proven → not_routed") != std::string::npos);
    CHECK(watch.end(0) == 4);  // by itself, when its hook has run
    std::ifstream changes(folder / "changes");
    std::string first;
    std::getline(changes, first);
    CHECK(first == "verdict proven not_routed");
}
