#include "lab/routing/istio/gateway_path.h"

#include "tests/support/catch.h"

namespace routing_gateway_path_test {

using sni::routing::gateway_path;

TEST_CASE("a VirtualService names a Gateway of its own namespace, or of another", "[routing]") {
    CHECK(gateway_path("edge", "apps") == "apps/edge");
    CHECK(gateway_path("./edge", "apps") == "apps/edge");
    CHECK(gateway_path("istio-system/edge", "apps") == "istio-system/edge");
}

TEST_CASE("the old spelling has the name first, then the namespace", "[routing]") {
    CHECK(gateway_path("edge.istio-system", "apps") == "istio-system/edge");
    CHECK(gateway_path("edge.istio-system.svc.cluster.local", "apps") == "istio-system/edge");
}

}  // namespace routing_gateway_path_test
