// The passes over Istio's own objects, each asked by itself: what one hands on is all that the next
// one knows.
#include <string>
#include <utility>
#include <vector>

#include "lab/routing/istio/istio_bindings.h"
#include "lab/routing/istio/istio_chains.h"
#include "lab/routing/istio/istio_gateways.h"
#include "lab/routing/istio/istio_merge.h"
#include "lab/routing/istio/istio_ports.h"
#include "tests/routing/route_inputs.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"

namespace routing_istio_passes_test {

using namespace sni;
using namespace sni::routing;
using namespace sni::test::k8s;

namespace {

/// Of pods that all have istio=ingressgateway.
class Objects : public test::RouteInputs {
  public:
    explicit Objects(std::string text, lookup::Environment environment = {})
        : RouteInputs(std::move(text), std::move(environment)),
          groups_(lookup::gateway_pods(manifest(), inputs().environment)) {}

    PodsView view() const { return view_of(groups_.front(), inputs()); }
    ServedGateways served(std::size_t group = 0) {
        return served_gateways(inputs(), groups_, group, findings());
    }

  private:
    std::vector<lookup::GatewayPods> groups_;
};

/// Plain HTTP without a tls block.
std::string plain_server(int port, std::string_view name, std::string_view hosts) {
    return "{port: {number: " + std::to_string(port) + ", name: " + std::string(name) +
           ", protocol: HTTP}, hosts: [" + std::string(hosts) + "]}";
}

/// The Service before the gateway's pods, whose ports 443 and 8443 both lead to 8443 of the pod.
constexpr const char* kBeforePods =
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: entry, namespace: istio-system}\nspec:\n"
    "  selector: {istio: ingressgateway}\n  ports:\n"
    "  - {name: one, port: 443, targetPort: 8443}\n"
    "  - {name: two, port: 8443, targetPort: 8443}\n";

}  // namespace

TEST_CASE("a Gateway is served by the pods that it selects, and told of once where none are",
          "[routing]") {
    lookup::Environment two;
    two.gateway_labels = manifest::Labels{{"istio", "ingressgateway"}};
    two.more_gateway_labels = {manifest::Labels{{"istio", "elsewhere"}}};
    std::string lonely = gateway("lonely", server("b.example.com"));
    lonely.replace(lonely.find("ingressgateway"), 14, "nobody");
    Objects objects(gateway("gw", server("a.example.com")) + lonely, two);

    const ServedGateways served = objects.served();
    REQUIRE(served.gateways.size() == 1);
    CHECK(served.find("ns/gw") == &served.gateways.front());
    CHECK(served.find("ns/lonely") == nullptr);
    CHECK(served.unserved == std::set<std::string>{"ns/lonely"});
    CHECK(served.closed.contains(443));
    CHECK(objects.findings().errors() == 1);

    const ServedGateways second = objects.served(1);
    CHECK(second.gateways.empty());
    CHECK(second.unserved.size() == 2);
    CHECK(second.closed.empty());
    CHECK(objects.findings().errors() == 1);
}

TEST_CASE("of plain servers that are merged the first has the chain of both", "[routing]") {
    Objects objects(gateway("gw", plain_server(80, "a", "a.example.com")) +
                    gateway("later", plain_server(80, "b", "b.example.com")));
    const ServedGateways served = objects.served();
    const MergedServers merged = merge_gateways(served.gateways, {}, objects.findings());
    REQUIRE(merged.servers.size() == 2);
    CHECK_FALSE(merged.servers[0].shares_chain);
    CHECK(merged.servers[1].shares_chain);
    CHECK(merged.lost.empty());
}

TEST_CASE("a server that loses its port is handed on as hosts that are lost", "[routing]") {
    Objects objects(gateway("gw", plain_server(80, "a", "a.example.com")) +
                    gateway("later", server("b.example.com, c.example.com", "PASSTHROUGH", 80)));
    const ServedGateways served = objects.served();
    const MergedServers merged = merge_gateways(served.gateways, {}, objects.findings());
    REQUIRE(merged.servers.size() == 1);
    CHECK(merged.servers[0].gateway == 0);
    REQUIRE(merged.lost.size() == 2);
    CHECK(merged.lost[0].names == std::vector<std::string>{"b.example.com"});
    CHECK(merged.lost[1].rule.path() == "ns/later");
}

TEST_CASE("what a VirtualService names is bound to it, whatever its hosts", "[routing]") {
    Objects objects(gateway("gw", server("a.example.com")) +
                    gateway("other", server("b.example.com")) +
                    service("young", "a.example.com", rule("a.example.com"),
                            ", creationTimestamp: '2024-01-01T00:00:00Z'", "gw, other") +
                    service("old", "c.example.org", rule("c.example.org"),
                            ", creationTimestamp: '2020-01-01T00:00:00Z'"));
    const Bound bound = bind_services(objects.view(), objects.served(), objects.findings());
    REQUIRE(bound.size() == 2);
    REQUIRE(bound[0].size() == 2);
    CHECK(bound[0][0]->meta.name.value == "old");
    CHECK(bound[0][1]->meta.name.value == "young");
    CHECK(bound[1] == std::vector<const manifest::VirtualService*>{bound[0][1]});
}

TEST_CASE("who is exported to the pods' own namespace by its name is bound before older ones",
          "[routing]") {
    Objects objects(
        gateway("gw", server("a.example.com")) +
        service("old", "a.example.com", rule("a.example.com"),
                ", creationTimestamp: '2020-01-01T00:00:00Z'") +
        service("named", "a.example.com", rule("a.example.com") + "  exportTo: [istio-system]\n",
                ", creationTimestamp: '2024-01-01T00:00:00Z'") +
        service("elsewhere", "a.example.com", rule("a.example.com") + "  exportTo: [other]\n"));
    const Bound bound = bind_services(objects.view(), objects.served(), objects.findings());
    REQUIRE(bound.size() == 1);
    REQUIRE(bound[0].size() == 2);
    CHECK(bound[0][0]->meta.name.value == "named");
    CHECK(bound[0][1]->meta.name.value == "old");
}

TEST_CASE("chains are made in the order of the servers that are handed over", "[routing]") {
    Objects objects(workload("a") +
                    gateway("gw", server("a.example.com") + ", " +
                                      server("b.example.com", "PASSTHROUGH", 444)) +
                    service("vs", "a.example.com, b.example.com", rule("a.example.com")));
    const ServedGateways served = objects.served();
    const Bound bound = bind_services(objects.view(), served, objects.findings());
    const auto ports_of = [&](const std::vector<MergedServer>& servers) {
        std::vector<std::uint16_t> ports;
        const IstioChains made =
            istio_chains(objects.view(), served.gateways, servers, bound, objects.findings());
        for (const FilterChain& chain : made.chains) {
            ports.push_back(chain.port);
        }
        return ports;
    };
    const MergedServer first{.gateway = 0, .server = 0, .listens_at = 443};
    const MergedServer second{.gateway = 0, .server = 1, .listens_at = 444};
    CHECK(ports_of({second, first}) == std::vector<std::uint16_t>{444, 443});
    CHECK(ports_of({first}) == std::vector<std::uint16_t>{443});

    // At one port of the pod the first of them has the name, and the same match again is no loss.
    const MergedServer beside{.gateway = 0, .server = 1, .listens_at = 443};
    CHECK(ports_of({first, beside}) == std::vector<std::uint16_t>{443});
}

TEST_CASE("a chain is found by every port that leads to its server", "[routing]") {
    Objects objects(kBeforePods + gateway("gw", server("a.example.com") + ", " +
                                                    server("b.example.com", "PASSTHROUGH", 8443)));
    const PodPorts ports = pod_ports(objects.view());
    CHECK(ports.client == PortMap{{443, 8443}, {8443, 8443}});
    CHECK(ports.server == PortMap{{443, 8443}});
    CHECK(at_pod(ports.server, 443) == 8443);
    CHECK(at_pod(ports.server, 80) == 80);

    const ServedGateways served = objects.served();
    const FilterChain chain{.port = 443, .names = {{"a.example.com", {}}}};
    const std::vector<FilterChain> filed = by_client_port({chain}, served.gateways, ports);
    REQUIRE(filed.size() == 2);
    CHECK(filed[0].port == 443);
    CHECK(filed[1].port == 8443);
    CHECK(by_client_port({chain}, served.gateways, {}) == std::vector<FilterChain>{chain});
}

}  // namespace routing_istio_passes_test
