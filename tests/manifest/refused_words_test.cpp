// What an API server, or Istio's webhook, refuses to take as a name or a word: to read it as if it
// were taken would be to tell of a cluster that nobody has.
#include <string>
#include <string_view>

#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace manifest_refused_words_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

/// Errors and warnings of reading; "" when there is none.
std::string mistakes(const std::string& text) {
    const auto parsed = manifest::parse_manifests({{"a.yaml", text}}, "default");
    std::string all;
    for (const Diagnostic& d : parsed.diagnostics) {
        if (d.level != Level::info) all += d.code + " " + d.message + "\n";
    }
    return all;
}

std::string object(std::string_view version, std::string_view kind, std::string_view spec) {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: x, namespace: ns}\nspec: {" + std::string(spec) + "}\n";
}

std::string istio(std::string_view kind, std::string_view spec) {
    return mistakes(object("networking.istio.io/v1", kind, spec));
}

std::string grant(std::string_view from, std::string_view to) {
    return mistakes(object("gateway.networking.k8s.io/v1", "ReferenceGrant",
                           "from: [{" + std::string(from) +
                               "kind: TLSRoute, namespace: other}], to: [{" + std::string(to) +
                               "kind: Service}]"));
}

std::string route(std::string_view parent, std::string_view backend = "name: a, port: 443") {
    return mistakes(tls_route("r", "{name: gw" + std::string(parent) + "}", "a.org",
                              "{" + std::string(backend) + "}"));
}

}  // namespace

TEST_CASE("a ReferenceGrant says of which groups it speaks", "[manifest]") {
    constexpr const char* kFrom = "group: gateway.networking.k8s.io, ";
    CHECK(grant(kFrom, "group: '', ").empty());
    CHECK(grant(kFrom, "") == "X-MISSING spec.to[0].group is missing\n");
    CHECK(grant("", "group: '', ") == "X-MISSING spec.from[0].group is missing\n");
}

TEST_CASE("the Gateway API takes no empty text for left out", "[manifest]") {
    CHECK(route("").empty());
    CHECK(route(", namespace: ''") == "X-VALUE spec.parentRefs[0].namespace is empty\n");
    CHECK(route(", sectionName: ''") == "X-VALUE spec.parentRefs[0].sectionName is empty\n");
    CHECK(route(", kind: ''") == "X-VALUE spec.parentRefs[0].kind is empty\n");
    CHECK(route("", "name: a, port: 443, namespace: ''") ==
          "X-VALUE spec.rules[0].backendRefs[0].namespace is empty\n");
    CHECK(route("", "name: a, port: 443, group: ''").empty());
}

TEST_CASE("listeners have the names that objects have", "[manifest]") {
    const auto named = [](std::string_view name) {
        return mistakes(api_gateway("gw", listener(name)));
    };
    CHECK(named("tls-1.a").empty());
    for (const char* bad : {"TLS", "tls_443", "-tls", "'*'"}) {
        CAPTURE(bad);
        CHECK_THAT(named(bad), test::Contains("is no name of a listener"));
    }
    CHECK(route(", sectionName: TLS") == "X-VALUE \"TLS\" is no name of a listener\n");
}

TEST_CASE("routes of no namespace are no choice of allowedRoutes", "[manifest]") {
    const auto from = [](std::string_view what, std::string_view key) {
        return "allowed" + std::string(key) + ": {namespaces: {from: " + std::string(what) + "}}";
    };
    CHECK(mistakes(api_gateway("gw", listener("tls", "", ", " + from("Same", "Routes")))).empty());
    CHECK(mistakes(api_gateway("gw", listener("tls", "", ", " + from("None", "Routes")))) ==
          "X-VALUE routes cannot come from \"None\"\n");
    CHECK(mistakes(api_gateway("gw", listener("tls")) + "  " + from("None", "Listeners") + "\n")
              .empty());
}

TEST_CASE("a destination is a host, as its subset is a label", "[manifest]") {
    const auto to = [](std::string_view destination) {
        return istio("VirtualService",
                     "hosts: [a.org], gateways: [gw], tls: [{match: [{sniHosts: [a.org]}], route: "
                     "[{destination: {" +
                         std::string(destination) + "}}]}]");
    };
    CHECK(to("host: a").empty());
    CHECK(to("host: '*.ns.svc.cluster.local'").empty());
    CHECK(to("host: 192.0.2.1") ==
          "IST0106 the destination \"192.0.2.1\" is an address, and not a host\n");
    CHECK(to("host: '*'") == "IST0106 the destination \"*\" cannot be everything\n");
    CHECK_THAT(to("host: a_b"), test::Contains("the destination \"a_b\" has characters"));
    CHECK_THAT(to("host: ns/a"), test::Contains("the destination \"ns/a\" has characters"));
    CHECK(to("host: a, subset: V-1").empty());
    CHECK(to("host: a, subset: v1.0") == "IST0106 \"v1.0\" is no name of a subset\n");
    CHECK(istio("DestinationRule", "host: a, subsets: [{name: v1_0}]") ==
          "IST0106 \"v1_0\" is no name of a subset\n");
    CHECK(istio("DestinationRule", "host: a, subsets: [{name: v1}, {name: v1}]") ==
          "IST0106 two subsets are named \"v1\"\n");
    CHECK(istio("DestinationRule", "host: 192.0.2.1") ==
          "IST0106 the host \"192.0.2.1\" is an address, and not a host\n");
}

TEST_CASE("a tcp rule leads somewhere", "[manifest]") {
    CHECK(istio("VirtualService", "hosts: [a.org], gateways: [gw], tcp: [{match: [{port: 1}]}]") ==
          "IST0106 spec.tcp[0].route is missing\n");
}

TEST_CASE("words of Istio's that are one of a few", "[manifest]") {
    const auto entry = [](std::string_view more) {
        return istio("ServiceEntry",
                     "hosts: [a.org], ports: [{number: 443, name: tls, protocol: TLS}], " +
                         std::string(more));
    };
    CHECK(entry("resolution: DYNAMIC_DNS, location: MESH_INTERNAL").empty());
    CHECK(entry("resolution: dns") == "IST0106 there is no resolution \"dns\"\n");
    CHECK(entry("location: EXTERNAL") == "IST0106 there is no location \"EXTERNAL\"\n");
    const auto least = [](std::string_view version) {
        return istio("Gateway",
                     "selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: tls, "
                     "protocol: HTTPS}, hosts: [a.org], tls: {mode: SIMPLE, credentialName: c, "
                     "minProtocolVersion: " +
                         std::string(version) + "}}]");
    };
    CHECK(least("TLSV1_2").empty());
    CHECK(least("TLSv1_2") == "IST0106 there is no minProtocolVersion \"TLSv1_2\"\n");
}

TEST_CASE("what a name was generated from says nothing beside the name", "[manifest]") {
    const auto pod = [](std::string_view name) {
        return mistakes("apiVersion: v1\nkind: Pod\nmetadata: {" + std::string(name) +
                        "generateName: a-}\nspec: {containers: [{name: c, image: i}]}\n");
    };
    CHECK(pod("name: a-1, ").empty());
    CHECK_THAT(pod(""), test::Contains("metadata.name is missing") &&
                            test::Contains("generateName is not understood"));
}

}  // namespace manifest_refused_words_test
