// --istio and --gateway-api, wherever a cluster's flags are.
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_cluster_versions_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Contains;

namespace {

std::string old_route() {
    return workload("a") + api_gateway("gw", listener("l")) +
           test::replaced(tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}"), "io/v1",
                          "io/v1alpha2");
}

}  // namespace

TEST_CASE("every command with a cluster's flags has its versions, and refuses unknown ones",
          "[cli]") {
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"analyze", "passthrough"},
                                               {"route", "passthrough"},
                                               {"export", "passthrough"},
                                               {"diff", "passthrough", "passthrough"},
                                               {"up", "passthrough"},
                                               {"verify", "passthrough"},
                                               {"scenario", "run", "passthrough"}}) {
        CAPTURE(command.front());
        std::vector<std::string> args = command;
        args.insert(args.end(), {"--istio", "1.27"});
        const auto istio = test::run(args);
        CHECK(istio.status == 2);
        CHECK_THAT(istio.err, Contains("--istio knows no version \"1.27\""));
        CHECK_THAT(istio.err, Contains("write one of 1.28, 1.29, 1.30, 1.31"));
        args = command;
        args.insert(args.end(), {"--gateway-api", "1.5-standard"});
        const auto gateway_api = test::run(args);
        CHECK(gateway_api.status == 2);
        CHECK_THAT(gateway_api.err,
                   Contains("write one of 1.4, 1.5, 1.5-experimental, 1.6, 1.6-experimental"));
    }
    CHECK_THAT(test::run({"route", "--help"}).out, Contains("(default: 1.31)"));
}

TEST_CASE("what the named version lacks is told with its place, and not routed", "[cli]") {
    const test::TempFolder folder;
    const std::string file = (folder / "a.yaml").string();
    test::spill(file, old_route());
    const auto run = [&](std::vector<std::string> args) {
        args.insert(args.begin() + 1, file);
        return test::run(args);
    };
    const auto route = run({"route", "--sni", "a.org", "--gateway-api", "1.6"});
    CHECK(route.status == 4);
    CHECK_THAT(route.out, Contains("closed port"));
    CHECK_THAT(route.err, Contains(file + ":25:13: warning: the standard channel of Gateway API "
                                          "1.6 does not serve TLSRoute v1alpha2 [X-API-VERSION]"));
    CHECK(run({"route", "--sni", "a.org", "--gateway-api", "1.6-experimental"}).status == 0);
    CHECK(run({"route", "--sni", "a.org"}).status == 0);

    const auto analyze = run({"analyze", "--gateway-api", "1.6"});
    CHECK(analyze.status == 1);
    CHECK_THAT(analyze.out, Contains("[X-API-VERSION]"));
    CHECK(run({"analyze"}).status == 0);

    const auto up = run({"up", "--gateway-api", "1.6"});
    CHECK(up.status == 2);
    CHECK_THAT(up.err, Contains("[X-API-VERSION]"));

    const auto exported = run({"export", "--gateway-api", "1.6", "--api", "istio"});
    CHECK(exported.status == 0);
    CHECK_THAT(exported.out, Contains("a.org"));
}

}  // namespace cli_cluster_versions_test
