// Valid manifests that have nothing to do with passthrough, or look unusual: they stop nothing.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace manifest_harmless_test {

using namespace sni;
using namespace sni::test::k8s;
using Codes = std::vector<std::string>;

namespace {

/// What is an error beside a passthrough that works.
Codes errors_beside(const std::string& more) {
    return test::read_text(two_backends() + service("vs", "a.example.com", rule("a.example.com")) +
                           more)
        .errors();
}

std::string istio(std::string_view kind, std::string_view spec) {
    return "---\napiVersion: networking.istio.io/v1\nkind: " + std::string(kind) +
           "\nmetadata: {name: more, namespace: ns}\nspec: {" + std::string(spec) + "}\n";
}

}  // namespace

TEST_CASE("a VirtualService to delegate to needs no hosts, and has http rules only", "[manifest]") {
    const std::string http = "http: [{route: [{destination: {host: a, port: {number: 443}}}]}]";
    CHECK(errors_beside(istio("VirtualService", http)).empty());
    CHECK(errors_beside(istio("VirtualService", "gateways: [gw], " + http)) == Codes{"IST0106"});
    const Codes tls = errors_beside(
        istio("VirtualService",
              "tls: [{match: [{sniHosts: [a.example.com]}], route: [{destination: {host: a}}]}]"));
    CHECK_FALSE(tls.empty());
}

TEST_CASE("a headless Service may have no ports, and another one must have some", "[manifest]") {
    const auto without_ports = [](std::string_view address) {
        return errors_beside(
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: h, namespace: ns}"
            "\nspec: {selector: {app: a}" +
            std::string(address) + "}\n");
    };
    CHECK(without_ports(", clusterIP: None").empty());
    CHECK(without_ports("") == Codes{"X-MISSING"});
}

TEST_CASE("httpsRedirect: false at a plain HTTP server is what charts write", "[manifest]") {
    const auto with_tls = [](std::string_view tls) {
        return test::read_text(gateway("gw", server("a.org") +
                                                 ", {port: {number: 80, name: http, protocol: "
                                                 "HTTP}, hosts: [a.org], tls: {" +
                                                 std::string(tls) + "}}"))
            .has("IST0106");
    };
    CHECK_FALSE(with_tls("httpsRedirect: false"));
    CHECK_FALSE(with_tls("httpsRedirect: true"));
    CHECK_FALSE(with_tls(""));
    CHECK(with_tls("mode: SIMPLE, credentialName: c"));
    CHECK(with_tls("mode: SIMPLE"));
}

TEST_CASE("a gateway between networks takes names of Istio's own making", "[manifest]") {
    const std::string name = "outbound_.443_._.a.ns.svc.cluster.local";
    const auto asked = [&](std::string_view gateways) {
        return workload("a") + gateway("gw", server("'*.local'")) +
               service("vs", name, rule(name), "", gateways);
    };
    CHECK(test::Routed(asked("gw")).to(name) == kToA);
    CHECK(test::read_text(asked("gw")).errors().empty());
    // In the mesh they are no hosts.
    CHECK(test::read_text(asked("mesh")).has("IST0106"));
    CHECK(test::read_text(workload("a") + gateway("gw", server("'*.local'")) +
                          service("vs", "outbound_443.a.local", rule("outbound_443.a.local")))
              .has("IST0106"));
}

}  // namespace manifest_harmless_test
