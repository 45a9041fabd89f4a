// Tokens whose claims rules choose by, and definitions that Istio does not read any more.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace analyze_claims_test {

using namespace sni;
using test::Contains;

namespace {

std::string by(std::string_view header, std::string_view gateways = "gateways: [gw]") {
    return test::gateway("gw", {}) +
           test::virtual_service(
               "v", {.gateways = std::string(gateways),
                     .rules = "  http:\n  - match: [{headers: {'" + std::string(header) +
                              "': {exact: crew}}}]\n    route: [{destination: {host: a}}]\n"});
}

std::string tokens(std::string_view ns, std::string_view selector = {}) {
    return test::document("security.istio.io/v1", "RequestAuthentication", "tokens",
                          "spec: {" + std::string(selector) + "}", ns);
}

std::string said(const std::string& text) {
    return test::text_of(test::analyzed(text), "IST0149");
}

constexpr const char* kClaim = "@request.auth.claims.group";

}  // namespace

TEST_CASE("a claim that nobody asks for is told", "[analyze]") {
    CHECK_THAT(said(by(kClaim)), Contains("info: no RequestAuthentication of these files"));
    CHECK_THAT(said(by("@request.auth.claims[group][name]")), Contains("IST0149"));
    CHECK_THAT(said(by("@Request.Auth.Claims.group")), Contains("IST0149"));
    CHECK(said(by("@request.auth.claims")).empty());
    CHECK(said(by("@request.auth.claims[]")).empty());
    CHECK(said(by("x")).empty());
    CHECK(said(by(kClaim, "gateways: [other/gw]")).empty());
}

TEST_CASE("a rule for the mesh that chooses by a claim is refused, as Istio refuses it",
          "[analyze]") {
    for (const std::string_view gateways : {"gateways: [mesh]", "gateways: [gw, mesh]", ""}) {
        CHECK_THAT(test::text_of(test::analyzed(by(kClaim, gateways)), "IST0106"),
                   Contains("sidecars cannot choose by \"@request.auth.claims.group\""));
    }
    CHECK(test::text_of(test::analyzed(by(kClaim)), "IST0106").empty());
}

TEST_CASE("a RequestAuthentication counts for the pods that it selects", "[analyze]") {
    CHECK(said(by(kClaim) + tokens("istio-system")).empty());
    CHECK(said(by(kClaim) + tokens("istio-system",
                                   "selector: {matchLabels: {istio: "
                                   "ingressgateway}}"))
              .empty());
    CHECK_THAT(said(by(kClaim) + tokens("istio-system", "selector: {matchLabels: {app: a}}")),
               Contains("error: no RequestAuthentication is for the pods of Gateway \"ns/gw\""));
    CHECK_THAT(said(by(kClaim) + tokens("ns")), Contains("error: "));
    // One of the gateway's own namespace, where its pods are in the files.
    const std::string pods = test::deployment("gate", "istio: ingressgateway", "name: c, image: i");
    CHECK(said(by(kClaim) + pods + tokens("ns")).empty());
    CHECK_THAT(said(by(kClaim) + pods + tokens("far")), Contains("error: "));
}

TEST_CASE("a definition that is older than Istio reads is told", "[analyze]") {
    const auto crd = [](std::string_view plural, std::string_view bundle,
                        std::string_view istio = "1.31") {
        analyze::Options options = test::analyze_options();
        CHECK(manifest::choose_istio(istio, options.environment.versions));
        return test::text_of(
            test::analyzed("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
                           "metadata:\n  name: " +
                               std::string(plural) +
                               ".gateway.networking.k8s.io\n  annotations:\n    "
                               "gateway.networking.k8s.io/bundle-version: " +
                               std::string(bundle) + "\nspec: {}\n",
                           options),
            "IST0176");
    };
    CHECK_THAT(crd("tlsroutes", "v1.4.1"),
               Contains("warning: Istio 1.31 does not read "
                        "\"tlsroutes.gateway.networking.k8s.io\" of Gateway API \"v1.4.1\""));
    CHECK_THAT(crd("tlsroutes", "v1.4.1"), Contains("it wants 1.5 or newer"));
    CHECK(crd("tlsroutes", "v1.5.0-rc.1").empty());
    CHECK(crd("tlsroutes", "v1.4.1", "1.29").empty());
    CHECK_THAT(crd("tcproutes", "v1.5.1"), Contains("it wants 1.6 or newer"));
    CHECK(crd("tcproutes", "v1.5.1", "1.30").empty());
    CHECK(crd("httproutes", "v1.0.0").empty());
    CHECK(crd("tlsroutes", "main").empty());
}

}  // namespace analyze_claims_test
