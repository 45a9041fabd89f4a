#include "lab/routing/gateway_api/gateway_api_backends.h"

#include "tests/routing/route_inputs.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"

namespace routing_gateway_api_backends_test {

using namespace sni;
using namespace sni::routing;
using namespace sni::test::k8s;

TEST_CASE("of a route's backends the last bad one is told, and a fatal one voids the route",
          "[routing]") {
    test::RouteInputs objects(
        workload("a") + api_gateway("gw", listener("l")) +
        tls_route("bad", "{name: gw}", "a.org",
                  "{name: b, port: 443}, {kind: Wax, name: a, port: 443}") +
        tls_route("fatal", "{name: gw}", "b.org", "{name: a, port: 443}, {name: a.ns, port: 443}"));
    const ServicesView view{.inputs = objects.inputs(), .services = objects.services()};
    const auto& routes = objects.manifest().tls_routes;
    const References bad = references_of(view, routes[0]);
    CHECK(bad.reason == "InvalidKind");
    CHECK_FALSE(bad.no_route);
    CHECK(backend_targets(view, routes[0]).size() == 2);
    const References fatal = references_of(view, routes[1]);
    CHECK(fatal.reason == "InvalidDestination");
    CHECK(fatal.no_route);
    CHECK(backend_targets(view, routes[1]).empty());
}

}  // namespace routing_gateway_api_backends_test
