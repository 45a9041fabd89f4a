#include "lab/export/losses.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"

namespace export_losses_test {

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;

namespace {

std::vector<std::string> lost(const std::string& text, const Rewritten& rewritten) {
    const test::Exporting in(text);
    return losses(in.manifest, in.routing.listeners, rewritten);
}

bool about(const std::vector<std::string>& notes, std::string_view what) {
    return std::ranges::any_of(
        notes, [&](const std::string& note) { return note.find(what) != std::string::npos; });
}

std::string egress() {
    return "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: out, "
           "namespace: ns}\nspec:\n  selector: {nobody: has-this}\n  servers: [" +
           server("'*'", "PASSTHROUGH", 9443) + "]\n" +
           service("away", "away.org", rule("away.org"), "", "out");
}

}  // namespace

TEST_CASE("what is carried over whole has no note", "[export]") {
    CHECK(lost(workload("a") + gateway("gw", server("'*'")) + service("vs", "a.org", rule("a.org")),
               {.istio = true, .gateway_api = true, .everything = true})
              .empty());
    CHECK(lost(workload("a") + api_gateway("g", listener("l")) +
                   tls_route("r", "{name: g}", "a.org", "{name: a, port: 443}"),
               {.istio = true, .gateway_api = true, .everything = true})
              .empty());
}

TEST_CASE("each Gateway and VirtualService that is not carried over has a note", "[export]") {
    const auto notes = lost(two_backends("'*'") + service("vs", "a.org", rule("a.org")) + egress() +
                                service("web", "web.org", "  http: []\n"),
                            {.istio = true});
    CHECK(about(notes, "Gateway \"ns/out\" is not carried over: "));
    CHECK(about(notes, "VirtualService \"ns/away\" is not carried over: "));
    CHECK_FALSE(about(notes, "\"ns/gw\""));
    CHECK_FALSE(about(notes, "\"ns/vs\""));
}

TEST_CASE("a VirtualService behind a server that ends TLS is not carried over", "[export]") {
    const auto notes =
        lost(workload("a") + gateway("gw", server("a.org", "SIMPLE", 443, "t", "HTTPS")) +
                 service("vs", "a.org", "  http: [{route: [{destination: {host: a}}]}]\n"),
             {.istio = true});
    CHECK(about(notes, "VirtualService \"ns/vs\" is not carried over: it has no tls rule"));
}

TEST_CASE("what a name was lost to is said as it was found", "[export]") {
    const auto notes = lost(
        two_backends("'*'") +
            gateway("late", server("late.org"), ", creationTimestamp: '2026-01-02T00:00:00Z'") +
            gateway("plain", "{port: {number: 443, name: t, protocol: TCP}, hosts: ['*']}",
                    ", creationTimestamp: '2026-01-01T00:00:00Z'"),
        {.istio = true});
    CHECK(about(notes,
                "the name late.org of port 443 is not carried over, since Gateway "
                "\"ns/plain\" had it first, so Istio skips this server"));
    CHECK_FALSE(about(notes, "  "));
    const auto taken = lost(two_backends("'*'") + service("vs", "a.org", rule("a.org")) +
                                service("young", "a.org", rule("a.org", "b")),
                            {.istio = true});
    CHECK(about(taken,
                "VirtualService \"ns/young\": the name a.org of port 443 is not carried "
                "over, since VirtualService \"ns/vs\" has a.org already"));
}

TEST_CASE("each field that is not carried over has a note", "[export]") {
    const auto notes =
        lost(two_backends("'*'") +
                 service("vs", "a.org",
                         "  - match: [{sniHosts: [a.org]}]\n    route: [{destination: "
                         "{host: a, subset: v2}}]\n",
                         "", "gw, mesh") +
                 "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: "
                 "tls, namespace: ns}\nspec: {host: a, trafficPolicy: {tls: {mode: SIMPLE}}, "
                 "subsets: [{name: v2}]}\n",
             {.istio = true, .everything = true});
    CHECK(about(notes, "VirtualService \"ns/vs\": the subset v2 of a is not carried over"));
    CHECK(about(notes, "VirtualService \"ns/vs\" is for the mesh, too"));
    CHECK(about(notes, "DestinationRule \"ns/tls\" is not carried over: what it does to TLS"));
}

TEST_CASE("of the Gateway API, listeners, routes, classes and grants have their notes",
          "[export]") {
    const auto notes = lost(
        workload("a") +
            api_gateway("g", listener("l") + ", {name: web, port: 80, protocol: HTTP}") +
            tls_route("r", "{name: g}", "a.org", "{name: a, port: 443}") +
            tls_route("nowhere", "{name: other}", "b.org", "{name: a, port: 443}") +
            "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: "
            "{name: grant, namespace: ns}\nspec: {from: [{group: gateway.networking.k8s.io, "
            "kind: TLSRoute, namespace: x}], to: [{group: '', kind: Service}]}\n",
        {.gateway_api = true});
    CHECK(about(notes, "Gateway \"ns/g\": listener web (HTTP) is not carried over"));
    CHECK(about(notes, "TLSRoute \"ns/nowhere\" is not carried over: no listener takes it"));
    CHECK(about(notes, "ReferenceGrant \"ns/grant\" is left out"));
    CHECK_FALSE(about(notes, "TLSRoute \"ns/r\""));
}

TEST_CASE("what lab.yaml says is said not to be in a cluster's manifests", "[export]") {
    scenario::LabFile lab;
    lab.gates = {{.port = 443,
                  .hello_timeout = std::chrono::milliseconds(500),
                  .idle_timeout = std::chrono::milliseconds(1500),
                  .proxy_protocol = 2,
                  .accept_proxy = true,
                  .forgery = {},
                  .place = {}}};
    lab.backends = {{.backend = "ns/a",
                     .fault = scenario::BackendSetting::Fault::hang,
                     .client_certificate = true,
                     .alpn = {},
                     .accept_proxy = true,
                     .place = {}}};
    const auto notes = lab_losses(lab);
    for (const char* what : {"hello-timeout 500ms", "idle-timeout 1500ms", "proxy-protocol v2",
                             "accept-proxy of port 443", "fault hang of ns/a",
                             "client-certificate of ns/a", "accept-proxy of ns/a"}) {
        CAPTURE(what);
        CHECK(about(notes, what));
    }
}

}  // namespace export_losses_test
