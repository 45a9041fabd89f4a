// Other gateways' objects and the Gateway API: what is replaced has been written, all of it.
#include "lab/export/cluster/convert.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"

namespace export_entrances_test {

using namespace sni;
using exporting::ClusterApi;
using sni::test::Contains;

namespace {

struct Written {
    std::string documents;
    std::string notes;
    bool replaced = false;  ///< the first document of the input
};

Written converted(const std::string& text, ClusterApi to = ClusterApi::gateway) {
    lookup::Environment environment;
    environment.entrances = true;
    const test::Exporting in(text, environment);
    CHECK(in.mistakes == "");
    const auto result = exporting::convert(in.manifest, in.routing.listeners, to, in.environment);
    Written written{.replaced = result.replaced.contains(in.manifest.entrances.front().meta.at)};
    for (const std::string& document : result.documents) {
        written.documents += document + "---\n";
    }
    for (const std::string& note : result.notes) {
        written.notes += note + "\n";
    }
    return written;
}

std::string traefik(const std::string& routes, const std::string& more = "") {
    return "apiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: x, namespace: "
           "web}\nspec: {" +
           more + "tls: {passthrough: true}, routes: [" + routes + "]}\n";
}

std::string to(const std::string& match, const std::string& service = "name: a") {
    return "{match: '" + match + "', services: [{" + service + ", port: 443}]}";
}

}  // namespace

TEST_CASE("another gateway's object is replaced where all of it is written anew", "[export]") {
    const Written all = converted(traefik(to("HostSNI(`a.org`)") + ", " + to("HostSNI(`b.org`)")));
    CHECK(all.replaced);
    CHECK_THAT(all.documents, Contains("\"a.org\"") && Contains("\"b.org\""));
    CHECK_THAT(all.notes, !Contains("stays"));
}

TEST_CASE("another gateway's object stays where a part of it is not", "[export]") {
    const std::string object = GENERATE(
        traefik(to("HostSNI(`a.org`)") + ", " + to("HostSNI(`b.org`) && ClientIP(`10.0.0.1`)")),
        std::string("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x, "
                    "namespace: web, annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: "
                    "'true'}}\nspec: {rules: [{host: a.org, http: {paths: [{path: /, pathType: "
                    "Prefix, backend: {service: {name: a, port: {number: 443}}}}]}}, {http: "
                    "{paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: "
                    "{number: 443}}}}]}}]}\n"),
        std::string("apiVersion: projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: x, "
                    "namespace: web}\nspec: {virtualhost: {fqdn: a.org, tls: {passthrough: true}}, "
                    "tcpproxy: {include: {name: other}}}\n"),
        std::string("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x, "
                    "namespace: web, annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: "
                    "'true'}}\nspec: {rules: [{host: a.org, http: {paths: [{path: /, pathType: "
                    "Prefix, backend: {service: {name: a, port: {name: https}}}}]}}]}\n"));
    CAPTURE(object);
    const Written some = converted(object);
    CHECK_FALSE(some.replaced);
    CHECK_THAT(some.notes, Contains("x\"") && Contains("stays: not all of it can be a TLSRoute"));
}

TEST_CASE("a Service that is not in the files is looked for where its rule says", "[export]") {
    const Written far = converted(traefik(to("HostSNI(`a.org`)", "name: a, namespace: far")));
    CHECK(far.replaced);
    CHECK_THAT(far.documents, Contains("- name: a\n      namespace: far\n"));
    CHECK_THAT(far.documents, Contains("kind: ReferenceGrant"));
}

TEST_CASE("a route on two entry points is written for both ports", "[export]") {
    const Written both =
        converted(traefik(to("HostSNI(`a.org`)"), "entryPoints: [web, websecure], "));
    CHECK_THAT(both.documents, Contains("port: 80\n    protocol: TLS"));
    CHECK_THAT(both.documents, Contains("port: 443\n    protocol: TLS"));
}

TEST_CASE("a backend that a TLSRoute may not name is no backend in Istio either", "[export]") {
    const test::Exporting in(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, "
        "namespace: web}\nspec: {gatewayClassName: istio, listeners: [{name: tls, port: 443, "
        "protocol: TLS, tls: {mode: Passthrough}}]}\n---\n"
        "apiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\nmetadata: {name: r, namespace: "
        "web}\nspec: {parentRefs: [{name: edge}], hostnames: [a.org], rules: [{backendRefs: "
        "[{name: near, port: 443}, {name: a, namespace: far, port: 443}]}]}\n");
    const auto result =
        exporting::convert(in.manifest, in.routing.listeners, ClusterApi::istio, in.environment);
    std::string all;
    for (const std::string& document : result.documents) {
        all += document;
    }
    CHECK_THAT(all, Contains("near.web.svc.cluster.local"));
    CHECK_THAT(all, !Contains("a.far.svc.cluster.local"));
    REQUIRE_FALSE(result.notes.empty());
    CHECK_THAT(result.notes.back(), Contains("so its share is left out"));
}

}  // namespace export_entrances_test
