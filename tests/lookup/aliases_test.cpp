// Services of type ExternalName, which Istio takes for other names of hosts that it knows
// (pilot/pkg/model/push_context.go, resolveServiceAliases).
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/routing.h"

namespace lookup_aliases_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

std::string alias(std::string_view name, std::string_view host) {
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + std::string(name) +
           ", namespace: ns}\nspec: {type: ExternalName, externalName: " + std::string(host) +
           ", ports: [{name: tls, port: 443}]}\n";
}

std::string to(std::string_view host, const std::string& more) {
    return Routed(workload("a") + gateway("gw", server("a.example")) +
                  service("vs", "a.example", rule("a.example", host)) + more)
        .to("a.example");
}

constexpr std::string_view kEntry = R"(---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: far, namespace: ns}
spec:
  hosts: [far.example.net]
  ports: [{number: 443, name: tls, protocol: TLS}]
  resolution: DNS
)";

}  // namespace

TEST_CASE("an ExternalName Service is another name of a host that the files have", "[lookup]") {
    const std::string one = alias("x", "a.ns.svc.cluster.local");
    CHECK(to("x", one) == "routed ns/a:443->8443");
    CHECK(to("w", one + alias("w", "x.ns.svc.cluster.local")) == "routed ns/a:443->8443");
    CHECK(to("x", alias("x", "far.example.net") + std::string(kEntry)) ==
          "routed ns/far.example.net:443->443");
}

TEST_CASE("an ExternalName Service of a host that nobody has leads nowhere", "[lookup]") {
    CHECK(to("x", alias("x", "far.example.net")) == "reset");
    // Only a name in full is one that Istio knows.
    CHECK(to("x", alias("x", "a")) == "reset");
    CHECK(to("x", alias("x", "w.ns.svc.cluster.local") + alias("w", "x.ns.svc.cluster.local")) ==
          "reset");
}

}  // namespace lookup_aliases_test
