// The gateways that end TLS in a lab because its manifests say so.
#include <mutex>

#include "lab/lab.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/manifest.h"
#include "tests/support/peer.h"
#include "tests/support/tls_client.h"

namespace gateways_lab_terminator_test {

using namespace sni;

namespace {

scenario::Scenario ending_scenario() {
    const auto* entry = scenario::find_scenario("negative-simple");
    REQUIRE(entry != nullptr);
    for (const manifest::File& file : entry->files) {
        if (file.name.ends_with("/manifests.yaml")) return test::read_text(file.text).scenario;
    }
    return {};
}

}  // namespace

TEST_CASE("a lab's terminator serves, refuses what is too many for it, and says so in the log",
          "[gateways]") {
    const scenario::Scenario scenario = ending_scenario();
    REQUIRE(scenario.terminators.size() == 1);
    std::mutex mutex;
    std::string logged;
    LabOptions options{.identity = certs::Identity::make()};
    options.certificates.assign(scenario.backends.size(), test::lab_certificate());
    options.gateway_certificates.assign(1, test::lab_certificate());
    options.max_terminated = 1;
    options.log = [&](std::string_view line) {
        const std::lock_guard lock(mutex);
        logged += line;
    };
    const Lab lab(scenario, std::move(options));
    const Endpoint gate = lab.gates().front().endpoint;
    test::TlsClient first(gate, {.sni = "ended.example.com"});
    CHECK(first.get("/status/418").status == 418);

    test::Peer second = test::Peer::to(gate);
    second.send(test::hello_for("ended.example.com"));
    const test::Buffer alert = second.read(7);
    REQUIRE(alert.size() == 7);
    CHECK(alert[0] == std::byte{0x15});
    CHECK(alert[6] == std::byte{80});  // internal_error
    {
        const std::lock_guard lock(mutex);
        CHECK_THAT(logged, test::Contains("\"reason\":\"too many connections at once\""));
        CHECK_THAT(logged, test::Contains("\"by\":\"terminator\""));
    }
    CHECK(first.get("/status/204").status == 204);
}

}  // namespace gateways_lab_terminator_test
