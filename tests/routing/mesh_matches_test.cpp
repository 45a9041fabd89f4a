// A VirtualService for gateways and for the mesh: what its sidecars look at is no gateway's fault.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace routing_mesh_matches_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

/// The egress gateway of Istio's own page: the mesh leads to the gateway, the gateway out.
test::Read egress(std::string_view mesh_match, std::string_view gateway_match,
                  std::string_view gateways = "mesh, gw") {
    const auto rule = [](std::string_view match) {
        return "  - match: [{sniHosts: [a.org]" + std::string(match) +
               "}]\n    route: [{destination: {host: a}}]\n";
    };
    return test::read_text(
        workload("a") + gateway("gw", server("a.org", "PASSTHROUGH", 8443)) +
        service("vs", "a.org", rule(mesh_match) + rule(gateway_match), "", gateways));
}

constexpr std::string_view kGateway = ", gateways: [gw], port: 8443";
constexpr std::string_view kMesh =
    ", gateways: [mesh], port: 443, sourceLabels: {app: x}, destinationSubnets: [10.0.0.0/8]";

}  // namespace

TEST_CASE("a match for the mesh is not judged as a gateway's", "[routing]") {
    const test::Read read = egress(kMesh, kGateway);
    CAPTURE(read.all());
    CHECK(read.errors().empty());
    CHECK_FALSE(read.has("X-PORT-NEVER-MATCHES"));
    CHECK_FALSE(read.has("X-IGNORED-MATCH"));
}

TEST_CASE("a match without gateways is the mesh's too, where the mesh is named", "[routing]") {
    const std::string_view both = ", port: 443, sourceLabels: {app: x}";
    const test::Read in_mesh = egress(both, kGateway);
    CHECK_FALSE(in_mesh.has("X-PORT-NEVER-MATCHES"));
    CHECK_FALSE(in_mesh.has("X-IGNORED-MATCH"));
    const test::Read gateway_only = egress(both, kGateway, "gw");
    CHECK(gateway_only.has("X-PORT-NEVER-MATCHES"));
    CHECK(gateway_only.has("X-IGNORED-MATCH"));
}

TEST_CASE("a match for a gateway alone is judged, mesh or not", "[routing]") {
    const test::Read read = egress(kMesh, ", gateways: [gw], port: 443, sourceLabels: {app: x}");
    CHECK(read.has("X-PORT-NEVER-MATCHES"));
    CHECK(read.has("X-IGNORED-MATCH"));
    // One that is for both has sidecars that look at all of it.
    CHECK_FALSE(egress(kMesh, ", gateways: [mesh, gw], port: 443").has("X-PORT-NEVER-MATCHES"));
}

TEST_CASE("in the mesh no VirtualService is for every host", "[routing]") {
    const auto refused = [](std::string_view gateways) {
        return test::read_text(workload("a") + gateway("gw", server("'*'")) +
                               service("vs", "'*'", rule("a.org"), "", gateways))
            .has("IST0106");
    };
    CHECK_FALSE(refused("gw"));
    CHECK(refused("gw, mesh"));
    CHECK(refused("mesh"));
    CHECK(refused(""));
}

}  // namespace routing_mesh_matches_test
