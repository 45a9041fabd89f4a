// Other gateways' objects, where the API server would not take them.
#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_entrances_test {

using namespace sni;

namespace {

std::string object(std::string_view version, std::string_view kind, std::string_view spec,
                   std::string_view annotations = "") {
    return "apiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: x, namespace: ns, annotations: {" + std::string(annotations) +
           "}}\nspec: " + std::string(spec) + "\n";
}

/// "error X-TYPE spec.tls.passthrough must be …": the first finding but X-LEFT-ASIDE; empty: none.
std::string first(std::string_view text) {
    const auto parsed =
        manifest::parse_manifests({{.name = "a.yaml", .text = std::string(text)}}, "default");
    for (const Diagnostic& d : parsed.diagnostics) {
        if (d.code != "X-LEFT-ASIDE")
            return std::string(to_string(d.level)) + " " + d.code + " " + d.message;
    }
    return {};
}

std::string ingress(std::string_view rule, std::string_view annotations = "") {
    return object("networking.k8s.io/v1", "Ingress",
                  "{ingressClassName: nginx, rules: [{" + std::string(rule) + "}]}", annotations);
}

std::string to_port(std::string_view port) {
    return ingress(
        "host: a.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: "
        "{name: a, port: {" +
            std::string(port) + "}}}}]}",
        "nginx.ingress.kubernetes.io/ssl-passthrough: 'true'");
}

}  // namespace

TEST_CASE("an annotation is a text, whoever's the object is", "[manifest]") {
    constexpr std::string_view kName = "nginx.ingress.kubernetes.io/ssl-passthrough";
    const std::string unquoted = ingress("host: a.org", std::string(kName) + ": true");
    CHECK(first(unquoted) == "error X-TYPE metadata.annotations." + std::string(kName) +
                                 " must be a string, not the boolean true");
    CHECK(first("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, annotations: {a: 1}}\n") ==
          "error X-TYPE metadata.annotations.a must be a string, not the number \"1\"");
}

TEST_CASE("fields of an Ingress are of their types, and misspelt ones are told", "[manifest]") {
    CHECK(first(to_port("number: 443")).empty());
    CHECK(first(to_port("name: https")).empty());
    CHECK_THAT(first(to_port("number: \"443\"")),
               test::StartsWith("error X-TYPE ") && test::EndsWith("not the string \"443\""));
    CHECK_THAT(first(to_port("number: 70000")), test::EndsWith("must be from 1 to 65535"));
    CHECK_THAT(first(to_port("Name: https")),
               test::StartsWith("warning X-UNSUPPORTED ") && test::Contains("port.Name"));
    CHECK(first(ingress("hosts: a.org")) ==
          "warning X-UNSUPPORTED field spec.rules[0].hosts is not understood");
    CHECK(first(object("extensions/v1beta1", "Ingress",
                       "{rules: [{host: a.org, http: {paths: [{backend: {serviceName: a, "
                       "servicePort: https}}]}}]}"))
              .empty());
}

TEST_CASE("fields of an HTTPProxy are of their types, and misspelt ones are told", "[manifest]") {
    const auto proxy = [](std::string_view passthrough, std::string_view key) {
        return object("projectcontour.io/v1", "HTTPProxy",
                      "{virtualhost: {fqdn: a.org, tls: {passthrough: " + std::string(passthrough) +
                          "}}, " + std::string(key) + ": {services: [{name: a, port: 443}]}}");
    };
    CHECK(first(proxy("true", "tcpproxy")).empty());
    CHECK(first(proxy("'true'", "tcpproxy")) ==
          "error X-TYPE spec.virtualhost.tls.passthrough must be true or false, not the string "
          "\"true\"");
    CHECK(first(proxy("true", "tcpProxy")) ==
          "warning X-UNSUPPORTED field spec.tcpProxy is not understood");
}

TEST_CASE("the words of an OpenShift Route are those that it knows", "[manifest]") {
    const auto route = [](std::string_view termination, std::string_view weight = "100") {
        return object("route.openshift.io/v1", "Route",
                      "{host: a.org, to: {kind: Service, name: a, weight: " + std::string(weight) +
                          "}, port: {targetPort: 8443}, tls: {termination: " +
                          std::string(termination) + "}}");
    };
    CHECK(first(route("passthrough")).empty());
    CHECK(first(route("Passthrough")) ==
          "error X-VALUE spec.tls.termination is \"Passthrough\", and must be one of edge, "
          "passthrough, reencrypt");
    CHECK(first(route("passthrough", "257")) ==
          "error X-VALUE spec.to.weight is 257, and must be from 0 to 256");
}

TEST_CASE("fields of Traefik's and Kong's kinds are of their types", "[manifest]") {
    const auto traefik = [](std::string_view service, std::string_view tls = "passthrough: true") {
        return object("traefik.io/v1alpha1", "IngressRouteTCP",
                      "{routes: [{match: 'HostSNI(`a.org`)', priority: 1, services: [{name: a, " +
                          std::string(service) + "}]}], tls: {" + std::string(tls) + "}}");
    };
    CHECK(first(traefik("port: 443")).empty());
    CHECK(first(traefik("port: https, weight: 1, proxyProtocol: {version: 2}")).empty());
    CHECK_THAT(first(traefik("port: 443, weight: '1'")), test::Contains("must be a number"));
    CHECK_THAT(first(traefik("port: 443", "passThrough: true")),
               test::StartsWith("warning X-UNSUPPORTED field spec.tls.passThrough"));
    const auto kong = [](std::string_view port) {
        return object("configuration.konghq.com/v1beta1", "TCPIngress",
                      "{rules: [{host: a.org, port: " + std::string(port) +
                          ", backend: {serviceName: a, servicePort: 443}}]}");
    };
    CHECK(first(kong("8443")).empty());
    CHECK_THAT(first(kong("'8443'")), test::StartsWith("error X-TYPE spec.rules[0].port"));
}

}  // namespace manifest_entrances_test
