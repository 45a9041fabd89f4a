// What Istio's webhook lets exportTo be, in each kind that has it.
#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_export_to_test {

using namespace sni;

namespace {

/// "" when it is read without an error.
std::string mistakes(std::string_view kind, std::string_view spec, std::string_view export_to) {
    const auto parsed = manifest::parse_manifests(
        {{"a.yaml", "apiVersion: networking.istio.io/v1\nkind: " + std::string(kind) +
                        "\nmetadata: {name: x, namespace: ns}\nspec: {" + std::string(spec) +
                        ", exportTo: [" + std::string(export_to) + "]}\n"}},
        "default");
    std::string text;
    for (const Diagnostic& d : parsed.diagnostics) {
        if (d.level == Level::error) text += d.code + " " + d.message + "\n";
    }
    return text;
}

constexpr std::string_view kService =
    "hosts: [a.org], gateways: [gw], tls: [{match: [{sniHosts: [a.org]}], route: [{destination: "
    "{host: a}}]}]";
constexpr std::string_view kRule = "host: a";
constexpr std::string_view kEntry =
    "hosts: [a.org], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS";

}  // namespace

TEST_CASE("exportTo is checked alike in each of Istio's kinds", "[manifest]") {
    for (const auto& [kind, spec] : {std::pair{std::string_view("VirtualService"), kService},
                                     std::pair{std::string_view("DestinationRule"), kRule},
                                     std::pair{std::string_view("ServiceEntry"), kEntry}}) {
        CAPTURE(kind);
        for (const std::string_view good : {"", "'*'", ".", "ns, other", "Other-1"}) {
            CAPTURE(good);
            CHECK(mistakes(kind, spec, good).empty());
        }
        CHECK(mistakes(kind, spec, "., ns") == "IST0106 exportTo names \"ns\" twice\n");
        CHECK(mistakes(kind, spec, "x, x") == "IST0106 exportTo names \"x\" twice\n");
        CHECK(mistakes(kind, spec, ".,'*'") == "IST0106 exportTo names \"*\" beside others\n");
        for (const std::string_view bad : {"a.b", "''", "-x", "'x*'"}) {
            CAPTURE(bad);
            CHECK_THAT(mistakes(kind, spec, bad), test::Contains("which is no namespace"));
        }
    }
}

TEST_CASE("only a ServiceEntry may be exported to nobody, and then to nobody else", "[manifest]") {
    CHECK(mistakes("ServiceEntry", kEntry, "'~'").empty());
    CHECK(mistakes("ServiceEntry", kEntry, "'~', x") ==
          "IST0106 exportTo names \"~\" beside others\n");
    CHECK_THAT(mistakes("VirtualService", kService, "'~'"), test::Contains("is no namespace"));
    CHECK_THAT(mistakes("DestinationRule", kRule, "'~'"), test::Contains("is no namespace"));
}

TEST_CASE("a DestinationRule for some pods stays in its namespace", "[manifest]") {
    const std::string spec = std::string(kRule) + ", workloadSelector: {matchLabels: {a: b}}";
    CHECK(mistakes("DestinationRule", spec, "").empty());
    CHECK(mistakes("DestinationRule", spec, ".").empty());
    CHECK(mistakes("DestinationRule", spec, "ns").empty());
    CHECK(mistakes("DestinationRule", spec, "'*'") ==
          "IST0106 exportTo names \"*\" beside a workloadSelector\n");
    CHECK(mistakes("DestinationRule", spec, "., x") ==
          "IST0106 exportTo names \"x\" beside a workloadSelector\n");
}

}  // namespace manifest_export_to_test
