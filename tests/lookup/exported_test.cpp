// exportTo means the same wherever it is written: in a rule, in an entry, or as a Service's
// annotation.
#include "lab/lookup/exported.h"

#include "lab/lookup/destination_rules.h"
#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace lookup_exported_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

bool seen(const std::vector<std::string>& words, const std::string& from) {
    std::vector<manifest::Text> export_to;
    for (const std::string& word : words) {
        export_to.push_back({word, {}});
    }
    return lookup::reaches(export_to, "ns", from);
}

/// Where a name goes whose Service in namespace "ns" has this annotation; the gateway's pods are in
/// istio-system.
std::string with_annotation(std::string_view text, const lookup::Environment& environment = {}) {
    return Routed(test::replaced(two_backends(), "namespace: ns}",
                                 "namespace: ns, annotations: {networking.istio.io/exportTo: \"" +
                                     std::string(text) + "\"}}") +
                      service("vs", "a.example.com", rule("a.example.com")),
                  environment)
        .to("a.example.com");
}

}  // namespace

TEST_CASE("exportTo lists who sees it, and left out everybody does", "[lookup]") {
    CHECK(seen({}, "other"));
    CHECK(seen({"*"}, "other"));
    CHECK(seen({"."}, "ns"));
    CHECK_FALSE(seen({"."}, "other"));
    CHECK(seen({"x", "other"}, "other"));
    CHECK_FALSE(seen({"x"}, "ns"));
    CHECK_FALSE(seen({"~"}, "ns"));
    CHECK_FALSE(seen({".", "~"}, "ns"));
    CHECK(seen({"~", "*"}, "other"));
}

TEST_CASE("two are seen together where exportTo of both says so", "[lookup]") {
    const auto scopes = [](std::vector<manifest::Text> words) {
        return lookup::scopes(words, "ns");
    };
    using Scopes = std::set<std::string>;
    CHECK(scopes({}) == Scopes{"*"});
    CHECK(scopes({{"x", {}}, {"*", {}}}) == Scopes{"*"});
    CHECK(scopes({{".", {}}, {"x", {}}}) == Scopes{"ns", "x"});
    CHECK(scopes({{".", {}}, {"~", {}}}).empty());
    CHECK(lookup::meet({"*"}, {"x"}));
    CHECK(lookup::meet({"x", "y"}, {"y", "z"}));
    CHECK_FALSE(lookup::meet({"x"}, {"y"}));
    CHECK_FALSE(lookup::meet({}, {"*"}));
    CHECK_FALSE(lookup::meet({}, {}));
}

TEST_CASE("an empty exportTo annotation of a Service hides nothing", "[lookup]") {
    CHECK(with_annotation("") == kToA);
    CHECK(with_annotation("*") == kToA);
    CHECK(with_annotation("x, istio-system") == kToA);
    CHECK(with_annotation("x,\\tistio-system\\n") == kToA);
    CHECK(with_annotation(".") == "reset");
    CHECK(with_annotation(" ") == "reset");
    CHECK(with_annotation(",") == "reset");
    CHECK(with_annotation(".", {.gateway_namespace = "ns"}) == kToA);
    CHECK(with_annotation("., ~", {.gateway_namespace = "ns"}) == "reset");
}

TEST_CASE("a ServiceEntry for nobody is seen by no gateway", "[lookup]") {
    const auto with = [](std::string_view targets) {
        return Routed(
                   "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
                   "metadata: {name: e, namespace: ns}\nspec:\n  hosts: [api.example.org]\n"
                   "  resolution: DNS\n  ports: [{number: 443, name: tls, protocol: TLS}]\n"
                   "  exportTo: [" +
                       std::string(targets) + "]\n" + gateway("gw", server("'*'")) +
                       service("vs", "h.org", rule("h.org", "api.example.org")),
                   {.gateway_namespace = "ns"})
            .to("h.org");
    };
    CHECK(with(".") == "routed ns/api.example.org:443->443");
    CHECK(with("other") == "reset");
    CHECK(with("'~'") == "reset");
}

TEST_CASE("a DestinationRule holds where it is exported to", "[lookup]") {
    const auto found = [](std::string_view targets, const std::string& gateway) {
        const auto parsed = manifest::parse_manifests(
            {{"a.yaml",
              "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
              "metadata: {name: d, namespace: ns}\n"
              "spec: {host: a, exportTo: [" +
                  std::string(targets) + "], subsets: [{name: v1}]}\n"}},
            "default");
        return lookup::DestinationRules(parsed.manifest, {.gateway_namespace = gateway})
                   .subset("a.ns.svc.cluster.local", "v1", gateway) != nullptr;
    };
    CHECK(found("", "istio-system"));
    CHECK(found("'*'", "istio-system"));
    CHECK(found("istio-system", "istio-system"));
    CHECK_FALSE(found(".", "istio-system"));
    CHECK(found(".", "ns"));
}

}  // namespace lookup_exported_test
