// What each release of the Gateway API serves and each Istio reads: the facts are those of the
// CRDs and of Istio's sources, which versions.cpp names.
#include "lab/manifest/versions.h"

#include <string>

#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"

namespace manifest_versions_test {

using namespace sni;
using manifest::Versions;

namespace {

Versions versions(std::string_view istio, std::string_view gateway_api) {
    Versions chosen;
    CHECK(manifest::choose_istio(istio, chosen));
    CHECK(manifest::choose_gateway_api(gateway_api, chosen));
    return chosen;
}

/// "had", "dated" (it is, and the standard channel has another), "asks" (it is, if the cluster was
/// set up so), or "no".
std::string fate(std::string_view istio, std::string_view gateway_api, std::string_view version,
                 std::string_view kind) {
    const std::string group =
        kind.starts_with('X') ? "gateway.networking.x-k8s.io/" : "gateway.networking.k8s.io/";
    const auto found =
        manifest::availability(versions(istio, gateway_api), group + std::string(version), kind);
    CHECK((found.had || !found.problem.empty()));
    if (!found.had) return found.hint.empty() ? "no, without a word what to do" : "no";
    if (found.dated) return "dated";
    return found.problem.empty() ? "had" : "asks";
}

}  // namespace

TEST_CASE("a version of a kind is had where the cluster serves it and Istio asks for it",
          "[manifest]") {
    struct Row {
        const char* kind;
        const char* version;
        const char* istio;
        const char* gateway_api;
        const char* fate;
    };
    constexpr Row kRows[] = {
        {"TLSRoute", "v1", "1.31", "1.6", "had"},
        {"TLSRoute", "v1", "1.31", "1.6-experimental", "had"},
        {"TLSRoute", "v1", "1.30", "1.5", "had"},
        {"TLSRoute", "v1", "1.31", "1.4", "no"},
        {"TLSRoute", "v1", "1.29", "1.5", "no"},
        {"TLSRoute", "v1", "1.28", "1.5-experimental", "no"},
        {"TLSRoute", "v1alpha3", "1.31", "1.6", "no"},
        {"TLSRoute", "v1alpha3", "1.31", "1.6-experimental", "dated"},
        {"TLSRoute", "v1alpha2", "1.30", "1.5", "no"},
        {"TLSRoute", "v1alpha2", "1.30", "1.5-experimental", "asks"},
        {"TLSRoute", "v1alpha2", "1.29", "1.4", "asks"},
        {"TLSRoute", "v1alpha3", "1.28", "1.4", "asks"},
        {"TLSRoute", "v1alpha2", "1.30", "1.4", "no"},
        {"TLSRoute", "v1alpha2", "1.29", "1.5-experimental", "no"},
        {"TCPRoute", "v1", "1.31", "1.6", "had"},
        {"TCPRoute", "v1", "1.31", "1.5-experimental", "no"},
        {"TCPRoute", "v1", "1.30", "1.6", "no"},
        {"TCPRoute", "v1", "1.30", "1.6-experimental", "asks"},
        {"TCPRoute", "v1alpha2", "1.30", "1.5-experimental", "asks"},
        {"TCPRoute", "v1alpha2", "1.30", "1.5", "no"},
        {"TCPRoute", "v1alpha2", "1.31", "1.4", "no"},
        {"ListenerSet", "v1", "1.31", "1.6", "had"},
        {"ListenerSet", "v1", "1.30", "1.5", "had"},
        {"ListenerSet", "v1", "1.29", "1.5", "no"},
        {"ListenerSet", "v1", "1.30", "1.4", "no"},
        {"XListenerSet", "v1alpha1", "1.28", "1.4", "asks"},
        {"XListenerSet", "v1alpha1", "1.30", "1.4", "no"},
        {"XListenerSet", "v1alpha1", "1.29", "1.5-experimental", "no"},
        {"XListenerSet", "v1alpha1", "1.31", "1.6-experimental", "no"},
        {"ReferenceGrant", "v1beta1", "1.28", "1.4", "had"},
        {"ReferenceGrant", "v1beta1", "1.31", "1.6", "had"},
        {"ReferenceGrant", "v1", "1.31", "1.5", "had"},
        {"ReferenceGrant", "v1", "1.28", "1.4", "no"},
        {"ReferenceGrant", "v1alpha2", "1.28", "1.4", "no"},
        {"Gateway", "v1", "1.28", "1.4", "had"},
        {"Gateway", "v1beta1", "1.31", "1.6", "had"},
        {"VirtualService", "v1", "1.28", "1.4", "had"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.kind, row.version, row.istio, row.gateway_api);
        CHECK(fate(row.istio, row.gateway_api, row.version, row.kind) == row.fate);
    }
}

TEST_CASE("what is told of a version says where it is, and what to do", "[manifest]") {
    const auto told = [](std::string_view istio, std::string_view gateway_api,
                         std::string_view version, std::string_view kind) {
        const auto found = manifest::availability(versions(istio, gateway_api), version, kind);
        return found.problem + " / " + found.why + " / " + found.hint;
    };
    CHECK(told("1.31", "1.5", "gateway.networking.k8s.io/v1alpha2", "TLSRoute") ==
          "the standard channel of Gateway API 1.5 does not serve TLSRoute v1alpha2 / its "
          "experimental channel does; with the standard one kubectl apply is refused, and nothing "
          "is made of it / write apiVersion: gateway.networking.k8s.io/v1, or say --gateway-api "
          "1.5-experimental if the cluster has that channel");
    CHECK(told("1.29", "1.4", "gateway.networking.k8s.io/v1", "TLSRoute") ==
          "Gateway API 1.4 does not serve TLSRoute v1 / Gateway API 1.5 is the first that does; "
          "kubectl apply is refused, and nothing is made of it / write apiVersion: "
          "gateway.networking.k8s.io/v1alpha3");
    CHECK(told("1.29", "1.5", "gateway.networking.k8s.io/v1", "TLSRoute") ==
          "Istio 1.29 does not read a TLSRoute of Gateway API 1.5 / it asks for TLSRoute v1alpha2, "
          "and ignores what is newer than Gateway API 1.4; nothing is made of it / Istio 1.30 "
          "does");
    CHECK(told("1.31", "1.4", "gateway.networking.k8s.io/v1alpha2", "TLSRoute") ==
          "Istio 1.31 does not read a TLSRoute of Gateway API 1.4 / it asks for TLSRoute v1, which "
          "that does not serve; nothing is made of it / Istio 1.28 does");
    CHECK(told("1.31", "1.6", "gateway.networking.x-k8s.io/v1alpha1", "XListenerSet") ==
          "Gateway API 1.6 does not serve XListenerSet v1alpha1 / Gateway API 1.4 did, in its "
          "experimental channel, and no later one; kubectl apply is refused, and nothing is made "
          "of it / write kind: ListenerSet and apiVersion: gateway.networking.k8s.io/v1");
    CHECK(told("1.29", "1.5", "gateway.networking.k8s.io/v1", "ListenerSet") ==
          "Istio 1.29 does not read a ListenerSet of Gateway API 1.5 / it does not know the kind "
          "ListenerSet; nothing is made of it / Istio 1.30 does");
    CHECK(told("1.28", "1.4", "gateway.networking.k8s.io/v1alpha2", "TLSRoute") ==
          "only the experimental channel of Gateway API 1.4 has TLSRoute v1alpha2 / many clusters "
          "have the standard channel; Istio 1.28 reads a TLSRoute with "
          "PILOT_ENABLE_ALPHA_GATEWAY_API=true alone / ");
    CHECK(manifest::field_availability(versions("1.28", "1.4"), "Gateway", "spec.tls").problem ==
          "only the experimental channel of Gateway API 1.4 has Gateway spec.tls");
    CHECK(manifest::field_availability(versions("1.28", "1.5"), "Gateway", "spec.tls")
              .problem.empty());
}

TEST_CASE("a kind has its article, whatever is told of it", "[manifest]") {
    const auto told = [](std::string_view istio) {
        const auto found = manifest::availability(
            versions(istio, "1.4"), "gateway.networking.x-k8s.io/v1alpha1", "XListenerSet");
        return found.problem + " / " + found.why;
    };
    CHECK_THAT(told("1.28"), test::Contains("Istio 1.28 reads an XListenerSet with"));
    CHECK_THAT(told("1.30"), test::Contains("Istio 1.30 does not read an XListenerSet of"));
}

TEST_CASE("Istio's own Gateway has no fields of the Gateway API's", "[manifest]") {
    const auto told = [](std::string_view kind, std::string_view spec) {
        const std::string text = "apiVersion: " + std::string(kind) +
                                 "\nkind: Gateway\nmetadata: {name: g}\nspec: {tls: {}" +
                                 std::string(spec) + "}\n";
        std::string all;
        for (const Diagnostic& each : manifest::parse_manifests({{.name = "a.yaml", .text = text}},
                                                                "ns", {}, versions("1.28", "1.4"))
                                          .diagnostics) {
            all += each.code + " " + each.message + "\n";
        }
        return all;
    };
    CHECK_THAT(told("gateway.networking.k8s.io/v1", ""), test::Contains("X-API-VERSION"));
    CHECK_THAT(told("networking.istio.io/v1", ", servers: []"), !test::Contains("Gateway API"));
}

TEST_CASE("versions are written as clusters tell them", "[manifest]") {
    Versions chosen;
    CHECK(manifest::istio_text(chosen) == "1.31");
    CHECK(manifest::gateway_api_text(chosen) == "1.6-experimental");
    CHECK(manifest::choose_istio("v1.29.4", chosen));
    CHECK(chosen.istio == 29);
    CHECK(manifest::choose_gateway_api("v1.5.1", chosen));
    CHECK(manifest::gateway_api_text(chosen) == "1.5");
    CHECK(manifest::choose_gateway_api("1.5.0-experimental", chosen));
    CHECK(manifest::gateway_api_text(chosen) == "1.5-experimental");
    for (const std::string_view one : {"1.4", "1.4-experimental"}) {
        CHECK(manifest::choose_gateway_api(one, chosen));
        CHECK(manifest::gateway_api_text(chosen) == "1.4");
        CHECK(chosen.experimental);
    }
    const Versions before = chosen;
    for (const std::string_view wrong :
         {"", "1", "1.", "1.27", "1.32", "2.30", "1.30.", "1.30.x", "1.30-experimental", "1.-30",
          "1.30 ", "99999999999.1", "1.99999999999"}) {
        CAPTURE(wrong);
        CHECK(!manifest::choose_istio(wrong, chosen));
    }
    for (const std::string_view wrong : {"", "1.3", "1.7", "1.5-standard", "1.5-", "v", "0.8"}) {
        CAPTURE(wrong);
        CHECK(!manifest::choose_gateway_api(wrong, chosen));
    }
    CHECK(chosen == before);
    CHECK(manifest::known_istio() == "1.28, 1.29, 1.30, 1.31");
    CHECK(manifest::known_gateway_api() == "1.4, 1.5, 1.5-experimental, 1.6, 1.6-experimental");
}

}  // namespace manifest_versions_test
