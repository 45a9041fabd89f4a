// spec.tls of a Gateway of the Gateway API: what analyze says of its references, and where.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"
#include "tests/support/conformance.h"
#include "tests/support/manifest.h"

namespace analyze_gateway_tls_test {

using namespace sni;
using test::conformance::good_secret;

namespace {

std::string gateway(std::string_view tls) {
    return test::document("gateway.networking.k8s.io/v1", "Gateway", "api",
                          "spec:\n  gatewayClassName: istio\n  tls: " + std::string(tls) +
                              "\n  listeners:\n  - {name: web, port: 443, protocol: HTTPS, tls: "
                              "{certificateRefs: [{name: seal}]}}\n") +
           good_secret("seal", "ns");
}

std::string asking(std::string_view authorities) {
    return gateway("{frontend: {default: {validation: {caCertificateRefs: [" +
                   std::string(authorities) + "]}}}}");
}

std::string config_map(std::string_view ns, std::string_view pem) {
    return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: roots, namespace: " +
           std::string(ns) + "}\ndata: {ca.crt: \"" + std::string(pem) + "\"}\n";
}

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n";
constexpr const char* kRoots = "{group: '', kind: ConfigMap, name: roots}";

std::string said(const std::string& text) {
    const analyze::Report report = test::analyzed(text);
    return test::text_of(report, "X-LISTENER");
}

}  // namespace

TEST_CASE("a listener without authorities to check clients by is told at the reference",
          "[analyze]") {
    CHECK(said(asking(kRoots) + config_map("ns", kPem)).empty());
    CHECK_THAT(said(asking(kRoots)), test::Contains("info: ConfigMap \"ns/roots\", whose"));
    CHECK_THAT(said(asking(kRoots) + config_map("ns", "mud")),
               test::Contains("error: listener \"web\" cannot check clients by ConfigMap "
                              "\"ns/roots\": InvalidCACertificateRef"));
    CHECK_THAT(said(asking(std::string(kRoots) + ", " + kRoots) + config_map("ns", kPem)),
               test::Contains("Istio takes one caCertificateRef"));
    CHECK_THAT(said(asking("{group: example.com, kind: Roots, name: roots}")),
               test::Contains("InvalidCACertificateKind"));
    CHECK_THAT(said(asking("{group: '', kind: ConfigMap, name: roots, namespace: far}") +
                    config_map("far", kPem)),
               test::Contains("hint: add a ReferenceGrant in namespace \"far\", from Gateways to "
                              "ConfigMaps"));
}

TEST_CASE("authorities that may not be used are blamed, and not the certificate beside them",
          "[analyze]") {
    const std::string granted =
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: {name: g, "
        "namespace: far}\nspec: {from: [{group: gateway.networking.k8s.io, kind: Gateway, "
        "namespace: ns}], to: [{group: '', kind: Secret}]}\n";
    const std::string far =
        test::replaced(asking("{group: '', kind: ConfigMap, name: roots, namespace: far}"),
                       "{name: seal}", "{name: seal, namespace: far}");
    const std::string found =
        said(far + good_secret("seal", "far") + granted + config_map("far", kPem));
    CHECK_THAT(found, test::Contains("cannot check clients by ConfigMap \"far/roots\": "
                                     "RefNotPermitted"));
    CHECK_THAT(found, !test::Contains("may not use Secret"));
}

TEST_CASE("authorities beside a ListenerSet are those of its own namespace", "[analyze]") {
    const std::string set =
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: more, "
        "namespace: far}\nspec: {parentRef: {name: api, namespace: ns}, listeners: [{name: own, "
        "port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: seal}]}}]}\n" +
        good_secret("seal", "far");
    const std::string found =
        said(test::replaced(asking(kRoots), "gatewayClassName: istio",
                            "gatewayClassName: istio\n  allowedListeners: {namespaces: {from: "
                            "All}}") +
             config_map("ns", kPem) + set);
    CHECK_THAT(found, test::Contains("ConfigMap \"far/roots\", whose certificates clients of "
                                     "listener \"own\" must show, is not in these files"));
}

TEST_CASE("a Gateway's certificate for backends is told, and hurts nothing", "[analyze]") {
    const auto showing = [](std::string_view reference) {
        return gateway("{backend: {clientCertificateRef: " + std::string(reference) + "}}");
    };
    CHECK(said(showing("{name: seal}")).empty());
    CHECK_THAT(said(showing("{name: nobody}")), test::Contains("info: Gateway \"ns/api\" cannot"));
    CHECK_THAT(said(showing("{kind: ConfigMap, name: seal}")),
               test::Contains("error: Gateway \"ns/api\" cannot show ConfigMap \"ns/seal\" to "
                              "backends: InvalidClientCertificateRef"));
    CHECK_THAT(said(showing("{name: seal, namespace: far}") + good_secret("seal", "far")),
               test::Contains("RefNotPermitted"));
}

TEST_CASE("spec.tls is read as its CRD has it", "[manifest]") {
    const auto errors = [](std::string_view tls) { return test::read_text(gateway(tls)).all(); };
    CHECK_THAT(errors("{frontend: {perPort: []}}"), test::Contains("default is missing"));
    CHECK_THAT(errors("{frontend: {default: {validation: {}}}}"),
               test::Contains("caCertificateRefs is missing"));
    CHECK_THAT(errors("{frontend: {default: {validation: {mode: Loose, caCertificateRefs: [" +
                      std::string(kRoots) + "]}}}}"),
               test::Contains("there is no mode \"Loose\""));
    CHECK_THAT(errors("{frontend: {default: {}, perPort: [{tls: {}}]}}"),
               test::Contains("port is missing"));
    CHECK_THAT(errors("{backend: {clientCertificate: {name: a}}}"),
               test::Contains("clientCertificate is not understood"));
    const auto own =
        test::read_text(gateway("{frontend: {default: {validation: {caCertificateRefs: [" +
                                std::string(kRoots) + "]}}, perPort: [{port: 443, tls: {}}]}}"));
    const manifest::api::Gateway& read = own.manifest.api_gateways.at(0);
    CHECK(read.check_at(443) == nullptr);
    REQUIRE(read.check_at(444) != nullptr);
    CHECK(read.check_at(444)->authorities.at(0).path() == "ns/roots");
}

}  // namespace analyze_gateway_tls_test
