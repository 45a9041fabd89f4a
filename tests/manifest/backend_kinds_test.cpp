// What a backendRef of a TLSRoute may name, besides a Service.
#include <algorithm>

#include "lab/manifest/documents/documents.h"
#include "lab/scenario/scenario.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace manifest_backend_kinds_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

constexpr std::string_view kEntry = R"(---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: far, namespace: ns}
spec:
  hosts: [far.example.net]
  ports: [{number: 443, name: tls, protocol: TLS, targetPort: 8443}]
  resolution: DNS
)";

Routed with(std::string_view backend_ref) {
    return Routed(std::string(kEntry) + workload("a") + api_gateway("gw", listener("l")) +
                  tls_route("r", "{name: gw}", "h.org", backend_ref));
}

std::string hostname(std::string_view name, std::string_view more = ", port: 443") {
    return "{group: networking.istio.io, kind: Hostname, name: " + std::string(name) +
           std::string(more) + "}";
}

}  // namespace

TEST_CASE("a backend of kind Hostname is a host that Istio knows", "[manifest]") {
    CHECK(with(hostname("far.example.net")).to("h.org") == "routed ns/far.example.net:443->8443*1");
    CHECK(with(hostname("a.ns.svc.cluster.local")).to("h.org") == "routed ns/a:443->8443*1");
    CHECK(with(hostname("far.example.net"))
              .has_condition("TLSRoute", "ns/r ResolvedRefs=True ResolvedRefs"));
}

TEST_CASE("a Hostname that nobody has, or with a namespace, leads nowhere", "[manifest]") {
    const Routed nobody = with(hostname("near.example.net"));
    CHECK(nobody.to("h.org") == "reset");
    CHECK(nobody.has_condition("TLSRoute", "ns/r ResolvedRefs=False BackendNotFound"));
    // These two are mistakes for which Istio makes nothing of the route at all.
    const Routed placed = with(hostname("far.example.net", ", namespace: ns, port: 443"));
    CHECK(placed.to("h.org") == "closed-port");
    CHECK(placed.has_condition("TLSRoute", "ns/r ResolvedRefs=False InvalidDestination"));
    CHECK(with(hostname("far.example.net", "")).to("h.org") == "closed-port");
    CHECK(with(hostname("far.example.net", ", port: 8443")).to("h.org") == "reset");
}

TEST_CASE("the lab refuses a Hostname outside of it, and says so at the route", "[manifest]") {
    const std::string text = std::string(kEntry) + workload("a") +
                             api_gateway("gw", listener("l")) +
                             tls_route("r", "{name: gw}", "h.org", hostname("far.example.net"));
    const auto parsed = manifest::parse_manifests({{.name = "a.yaml", .text = text}}, "ns");
    const auto found = scenario::resolve(parsed.manifest, "x").diagnostics;
    const auto refused = std::ranges::find(found, std::string("X-UNSUPPORTED"), &Diagnostic::code);
    REQUIRE(refused != found.end());
    CHECK(refused->message.find("leads out of the lab") != std::string::npos);
    CHECK(refused->place.line > 0);
}

TEST_CASE("a ServiceImport is the Service of its name", "[manifest]") {
    const auto import = [](std::string_view name) {
        return with("{group: multicluster.x-k8s.io, kind: ServiceImport, name: " +
                    std::string(name) + ", port: 443}");
    };
    CHECK(import("a").to("h.org") == "routed ns/a:443->8443*1");
    CHECK(import("b").to("h.org") == "reset");
}

}  // namespace manifest_backend_kinds_test
