// What is told of the Gateway API's objects, once it is known how far each of them came.
#include "lab/routing/gateway_api/gateway_api_status.h"

#include <string>
#include <vector>

#include "lab/routing/gateway_api/gateway_api_report.h"
#include "tests/routing/gateway_api_objects.h"
#include "tests/support/catch.h"

namespace routing_gateway_api_status_test {

using namespace sni;
using namespace sni::routing;
using namespace sni::test::k8s;
using test::GatewayApiObjects;
using test::Texts;

TEST_CASE("a route's condition is of each parent that Istio knows", "[routing]") {
    GatewayApiObjects objects(api_gateway("gw", listener("l")) +
                              tls_route("r", "{name: gw, sectionName: l}", "a.org",
                                        "{name: a, namespace: far, port: 443}"));
    RouteParent parent = objects.attached().parents.front();
    const auto told = [&] {
        Texts all;
        for (const Condition& c : route_conditions(objects.view(), {parent})) {
            all.push_back(*c.parent + " " + c.listener.value_or("-") + " " + c.type + " " +
                          (c.status ? "True " : "False ") + c.reason);
        }
        return all;
    };
    CHECK(told() ==
          Texts{"ns/gw l Accepted True Accepted", "ns/gw l ResolvedRefs False RefNotPermitted"});
    // Of the mesh nobody has to grant it, and then it is not there.
    parent.kind = RouteParent::Kind::mesh;
    parent.step = Step::section;
    CHECK(told() == Texts{"ns/gw l Accepted False NoMatchingParent",
                          "ns/gw l ResolvedRefs False BackendNotFound"});
    parent.step.reset();
    CHECK(told().empty());
}

TEST_CASE("a backend that two parents lead to is told of once, one of no TLSRoute never",
          "[routing]") {
    const std::string two = "{name: gw}, {name: gw, port: 443}";
    GatewayApiObjects objects(
        api_gateway("gw", listener("l")) + tls_route("r", two, "a.org", "{name: b, port: 443}") +
        test::replaced(tls_route("h", "{name: gw}", "a.org", "{name: b, port: 443}"), "TLSRoute",
                       "HTTPRoute"));
    const std::vector<RouteParent> parents = objects.attached().parents;
    CHECK(parents.size() == 3);
    report_routes(objects.view(), parents, objects.findings());
    CHECK(objects.findings().errors() == 1);
    CHECK(objects.codes() == Texts{"X-BACKEND-REF"});
}

TEST_CASE("a TLSRoute whose parent has no listener for routes is told not to be attached",
          "[routing]") {
    GatewayApiObjects objects(workload("a") + api_gateway("gw", listener("l")) +
                              tls_route("r", "{name: gw}", "a.org", kToA443));
    RouteParent parent = objects.attached().parents.front();
    report_routes(objects.view(), {parent}, objects.findings());
    CHECK(objects.codes().empty());
    parent.step.reset();
    report_routes(objects.view(), {parent}, objects.findings());
    CHECK(objects.codes() == Texts{"X-NOT-ATTACHED"});
}

TEST_CASE("a Gateway that leaves its listeners to others is accepted", "[routing]") {
    const auto accepted = [](std::string_view listeners) {
        GatewayApiObjects objects(api_gateway("gw", listeners));
        return gateway_conditions(objects.inputs(), objects.own(), objects.judged()).front().status;
    };
    CHECK(accepted(""));
    CHECK_FALSE(accepted("{name: udp, port: 53, protocol: UDP}"));
}

}  // namespace routing_gateway_api_status_test
