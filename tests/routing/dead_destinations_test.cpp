// Destinations that are there and lead nobody anywhere.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/routing.h"

namespace routing_dead_destinations_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

std::string entry(std::string_view name, std::string_view rest, std::string_view created = "") {
    return "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: " +
           std::string(name) + ", namespace: ns" +
           (created.empty() ? "" : ", creationTimestamp: '" + std::string(created) + "'") +
           "}\nspec: {hosts: [api.example.net], ports: [{number: 443, name: tls, protocol: TLS}]" +
           std::string(rest) + "}\n";
}

std::string to_entry(const std::string& entries) {
    return Routed(gateway("gw", server("a.org")) +
                  service("vs", "a.org", rule("a.org", "api.example.net")) + entries)
        .to("a.org");
}

constexpr const char* kThere = "routed ns/api.example.net:443->443";

}  // namespace

TEST_CASE("a ServiceEntry without resolution has no endpoints for a gateway", "[routing]") {
    CHECK(to_entry(entry("e", ", resolution: DNS")) == kThere);
    CHECK(to_entry(entry("e", "")) == "reset");
    CHECK(to_entry(entry("e", ", resolution: NONE")) == "reset");
    CHECK(to_entry(entry("e", ", resolution: STATIC")) == "reset");
    CHECK(to_entry(entry("e", ", resolution: STATIC, endpoints: [{address: 192.0.2.1}]")) ==
          kThere);
    // Pods and WorkloadEntries that may be in other files.
    CHECK(to_entry(entry("e", ", resolution: STATIC, workloadSelector: {labels: {app: a}}")) ==
          kThere);
}

TEST_CASE("of two ServiceEntries of one host the older one counts", "[routing]") {
    const std::string dns = entry("one", ", resolution: DNS", "2024-01-01T00:00:00Z");
    CHECK(to_entry(dns + entry("two", ", resolution: NONE", "2020-01-01T00:00:00Z")) == "reset");
    CHECK(to_entry(entry("two", ", resolution: NONE", "2025-01-01T00:00:00Z") + dns) == kThere);
}

TEST_CASE("a load balancer that goes where the client went finds nobody at a gateway",
          "[routing]") {
    const auto to = [](std::string_view policy, std::string_view destination = "{host: a}",
                       std::string_view subset = "") {
        return Routed(workload("a") + gateway("gw", server("a.org")) +
                      service("vs", "a.org",
                              "  - match: [{sniHosts: [a.org]}]\n    route: [{destination: " +
                                  std::string(destination) + "}]\n") +
                      destination_rule("a", policy) + "  subsets: [{name: v1, labels: {}" +
                      std::string(subset) + "}]\n")
            .to("a.org");
    };
    constexpr std::string_view kBack = "loadBalancer: {simple: PASSTHROUGH}";
    CHECK(to("loadBalancer: {simple: RANDOM}") == kToA);
    CHECK(to(kBack) == "reset");
    CHECK(to("portLevelSettings: [{port: {number: 443}, " + std::string(kBack) + "}]") == "reset");
    CHECK(to("portLevelSettings: [{port: {number: 444}, " + std::string(kBack) + "}]") == kToA);
    // A port's settings take nothing of the host's; a subset goes where its host goes.
    CHECK(to(std::string(kBack) + ", portLevelSettings: [{port: {number: 443}, tls: {}}]") == kToA);
    constexpr std::string_view kSubset = "{host: a, subset: v1}";
    CHECK(to(kBack, kSubset) == "reset");
    CHECK(to(kBack, kSubset, ", trafficPolicy: {tls: {}}") == "reset");
    CHECK(to(kBack, kSubset, ", trafficPolicy: {loadBalancer: {simple: RANDOM}}") == "reset");
    CHECK(to("tls: {}", kSubset, ", trafficPolicy: {" + std::string(kBack) + "}") == "reset");
    CHECK(to("tls: {}", kSubset,
             ", trafficPolicy: {" + std::string(kBack) +
                 ", portLevelSettings: [{port: {number: 443}, tls: {}}]}") == "reset");
    CHECK(to("tls: {}", "{host: a}", ", trafficPolicy: {" + std::string(kBack) + "}") == kToA);
}

TEST_CASE("a Service's port that is called udp is no port for TCP", "[routing]") {
    const auto named = [](std::string_view port) {
        return Routed(gateway("gw", server("a.org")) + service("vs", "a.org", rule("a.org")) +
                      "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\n"
                      "spec: {selector: {app: a}, ports: [{port: 443, targetPort: 8443, " +
                      std::string(port) + "}]}\n")
            .to("a.org");
    };
    CHECK(named("name: tls-udp") == kToA);
    CHECK(named("name: udp") == "reset");
    CHECK(named("name: udp-x") == "reset");
    CHECK(named("name: udpx") == kToA);
    CHECK(named("name: udp-x, appProtocol: tls") == kToA);
    CHECK(named("name: x, appProtocol: udp") == "reset");
}

TEST_CASE("AUTO_PASSTHROUGH is open for the Services that its hosts stand for", "[routing]") {
    const auto asked = [](std::string_view hosts) {
        return Routed(gateway("gw", server(hosts, "AUTO_PASSTHROUGH", 15443)) + workload("a"))
            .to("outbound_.443_._.a.ns.svc.cluster.local", 15443);
    };
    constexpr const char* kOpen = "routed ns/a:443->8443*1";
    CHECK(asked("'*.local'") == kOpen);
    CHECK(asked("a.ns.svc.cluster.local") == kOpen);
    CHECK(asked("'*'") == kOpen);
    CHECK(asked("b.ns.svc.cluster.local") == "closed-port");
    CHECK(asked("'*.example.com'") == "closed-port");
}

TEST_CASE("a backend without weight is not looked at, whatever is wrong with it", "[routing]") {
    const auto resolved = [](std::string_view backends) {
        return Routed(workload("a") + api_gateway("gw", listener("l", "a.org")) +
                      tls_route("r", "{name: gw}", "a.org", backends))
            .has_condition("TLSRoute", "ns/r ResolvedRefs=True ResolvedRefs");
    };
    CHECK(resolved("{name: a, port: 443}, {name: none, port: 443, weight: 0}"));
    CHECK(resolved("{name: a, port: 443}, {name: a, namespace: far, port: 443, weight: 0}"));
    CHECK_FALSE(resolved("{name: a, port: 443}, {name: none, port: 443, weight: 1}"));
}

TEST_CASE("a listener that ends TLS takes all of its own hostname, not its route's alone",
          "[routing]") {
    const auto asked = [](std::string_view hostname, std::string_view sni) {
        return Routed(workload("a") +
                      api_gateway("gw",
                                  "{name: l, port: 443, protocol: TLS, tls: {mode: Terminate, "
                                  "certificateRefs: [{name: c}]}" +
                                      std::string(hostname) + "}") +
                      tls_route("r", "{name: gw}", "a.example.com", "{name: a, port: 443}"))
            .to(std::string(sni));
    };
    CHECK(asked(", hostname: '*.example.com'", "a.example.com") == "terminate");
    CHECK(asked(", hostname: '*.example.com'", "b.example.com") == "terminate");
    CHECK(asked(", hostname: '*.example.com'", "b.org") == "reset");
}

}  // namespace routing_dead_destinations_test
