#include "lab/export/cluster/convert.h"

#include "lab/export/cluster/documents.h"
#include "lab/scenario/catalogue.h"
#include "tests/support/answers.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace export_convert_test {

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;
using sni::test::Contains;

namespace {

struct Ready {
    std::string text;
    Converted converted;
};

Ready converted(const test::Exporting& in, ClusterApi to) {
    Ready result;
    result.converted = convert(in.manifest, in.routing.listeners, to, in.environment);
    const Selection selection = select(in.manifest, result.converted.replaced);
    std::vector<std::string> texts = selection.texts;
    texts.insert(texts.end(), result.converted.documents.begin(), result.converted.documents.end());
    result.text = join(texts);
    return result;
}

void check_same_routes(const std::string& text, ClusterApi to) {
    CAPTURE(text);
    const test::Exporting before(text);
    REQUIRE(before.mistakes.empty());
    const Ready result = converted(before, to);
    CAPTURE(result.text);
    const test::Exporting after(result.text);
    CHECK(after.mistakes.empty());
    const auto asked = test::questions(before.routing.listeners);
    CHECK(test::answers(after.routing.listeners, asked) ==
          test::answers(before.routing.listeners, asked));
}

}  // namespace

TEST_CASE("the catalogue's routes are the same in the other API", "[export]") {
    int compared = 0;
    for (const scenario::CatalogueEntry& entry : scenario::catalogue()) {
        for (const manifest::File& file : entry.files) {
            if (!file.name.ends_with("manifests.yaml")) continue;
            const test::Exporting in(file.text);
            // What ends TLS at the gateway, or is broken on purpose, has no equal.
            const Converted to_api =
                convert(in.manifest, in.routing.listeners, ClusterApi::gateway, in.environment);
            const Converted to_istio =
                convert(in.manifest, in.routing.listeners, ClusterApi::istio, in.environment);
            if (!in.mistakes.empty() || !to_api.notes.empty() || !to_istio.notes.empty()) continue;
            const bool rejected = std::ranges::any_of(
                in.routing.listeners.all, [](const auto& l) { return !l.rejected.empty(); });
            if (rejected || in.routing.listeners.all.empty()) continue;
            INFO(file.name);
            check_same_routes(file.text, ClusterApi::gateway);
            check_same_routes(file.text, ClusterApi::istio);
            ++compared;
        }
    }
    CHECK(compared >= 5);
}

TEST_CASE("weights, wildcards and other namespaces survive the way to the Gateway API",
          "[export]") {
    check_same_routes(
        workload("a") + workload("b", "other") + gateway("gw", server("'*'")) +
            service("vs", "s.org, '*.s.org'",
                    "  - match: [{sniHosts: [s.org, '*.s.org']}]\n    route:\n"
                    "    - {destination: {host: a}, weight: 70}\n"
                    "    - {destination: {host: b.other.svc.cluster.local}, weight: 30}\n") +
            service("lost", "lost.s.org", rule("lost.s.org", "missing")),
        ClusterApi::gateway);
}

TEST_CASE("shares survive that the Gateway API cannot write as they are", "[export]") {
    const std::string text = workload("a") + workload("b") + workload("c") +
                             gateway("gw", server("s.org")) +
                             service("vs", "s.org",
                                     "  - match: [{sniHosts: [s.org]}]\n    route:\n"
                                     "    - {destination: {host: a}, weight: 2000000000}\n"
                                     "    - {destination: {host: b}, weight: 1500000000}\n"
                                     "    - {destination: {host: c}, weight: 0}\n");
    const Ready result = converted(test::Exporting(text), ClusterApi::gateway);
    CHECK_THAT(result.text, Contains("weight: 4\n"));
    CHECK_THAT(result.text, Contains("weight: 3\n"));
}

TEST_CASE("a rule for every name needs the experimental TLSRoute, and says so", "[export]") {
    const std::string text =
        workload("a") + gateway("gw", server("'*'")) + service("vs", "'*'", rule("'*'"));
    check_same_routes(text, ClusterApi::gateway);
    const test::Exporting in(text);
    const Ready result = converted(in, ClusterApi::gateway);
    CHECK_THAT(result.text, Contains("gateway.networking.k8s.io/v1alpha2"));
    REQUIRE(result.converted.notes.size() == 1);
    CHECK_THAT(result.converted.notes[0], Contains("experimental channel"));
}

TEST_CASE("one TLSRoute takes as many names as its version may have", "[export]") {
    std::string names;
    for (int i = 0; i < 40; ++i) {
        names += (names.empty() ? "n" : ", n") + std::to_string(i) + ".org";
    }
    const std::string text =
        workload("a") + gateway("gw", server("'*'")) + service("vs", names, rule(names));
    check_same_routes(text, ClusterApi::gateway);
    const test::Exporting in(text);
    CHECK(converted(in, ClusterApi::gateway).converted.documents.size() == 2);
    // v1alpha2 may have 16 of them.
    const test::Exporting with_any(text + service("any", "'*'", rule("'*'")));
    CHECK(converted(with_any, ClusterApi::gateway).converted.documents.size() == 1 + 3 + 1);
}

TEST_CASE("a new Gateway of the Gateway API is never where the backends are", "[export]") {
    const test::Exporting in(workload("a") + gateway("gw", server("'*'")) +
                             service("vs", "s.org", rule("s.org")));
    const Ready result = converted(in, ClusterApi::gateway);
    REQUIRE(result.converted.edges.size() == 1);
    CHECK(result.converted.edges[0] == EntryPoint{"istio-system", "gw"});
}

TEST_CASE("TLSRoutes of several Gateways and ports survive the way to Istio", "[export]") {
    check_same_routes(
        workload("a") + workload("b") +
            api_gateway("g", listener("l", "*.org") + ", {name: m, port: 8443, protocol: TLS, tls: "
                                                      "{mode: Passthrough}}") +
            tls_route("r", "{name: g}", "a.org, '*.b.org'",
                      "{name: a, port: 443, weight: 9}, {name: b, port: 443, weight: 1}") +
            tls_route("q", "{name: g, sectionName: m}", "q.org", "{name: b, port: 443}"),
        ClusterApi::istio);
}

TEST_CASE("what is of the mesh, and what adds TLS, stays as it is", "[export]") {
    const std::string mesh =
        "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: m, "
        "namespace: ns}\nspec: {hosts: [a], tls: [{match: [{sniHosts: [a]}], route: [{destination: "
        "{host: a}}]}]}\n";
    const std::string adds_tls =
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d, "
        "namespace: ns}\nspec: {host: other.org, trafficPolicy: {tls: {mode: SIMPLE}}}\n";
    const test::Exporting in(workload("a") + gateway("gw", server("'*'")) +
                             service("vs", "s.org", rule("s.org")) + mesh + adds_tls);
    const Ready result = converted(in, ClusterApi::gateway);
    CHECK_THAT(result.text, Contains(mesh) && Contains(adds_tls));
    CHECK_THAT(result.text, !Contains("kind: Gateway\nmetadata: {name: gw"));
}

TEST_CASE("all TLSRoutes of an export are of one version", "[export]") {
    const std::string exact = service("vs", "a.org", rule("a.org"));
    const std::string any = service("any", "'*'", rule("'*'", "b"));
    for (const bool every_name : {false, true}) {
        const test::Exporting in(test::k8s::two_backends("'*'") + exact + (every_name ? any : ""));
        const Ready result = converted(in, ClusterApi::gateway);
        const auto has = [&](const char* version) {
            return result.text.find(std::string("gateway.networking.k8s.io/") + version +
                                    "\nkind: TLSRoute") != std::string::npos;
        };
        CHECK(result.converted.experimental == every_name);
        CHECK(has("v1alpha2") == every_name);
        CHECK(has("v1") == !every_name);
    }
}

TEST_CASE("no name stands beside a wildcard that takes it, which Istio would refuse", "[export]") {
    for (const char* names : {"'*.example.com', a.example.com",
                              "a.b.example.com, '*.b.example.com', '*.example.com'"}) {
        check_same_routes(workload("a") + api_gateway("g", listener("l")) +
                              tls_route("r", "{name: g}", names, "{name: a, port: 443}"),
                          ClusterApi::istio);
    }
}

TEST_CASE("a document that is made takes nobody's name", "[export]") {
    // Both APIs have a Gateway "g", and the mesh has a VirtualService "r".
    const std::string text =
        workload("a") + gateway("g", server("'*.test'")) + api_gateway("g", listener("l")) +
        tls_route("r", "{name: g}", "a.org", "{name: a, port: 443}") +
        "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: r, "
        "namespace: ns}\nspec: {hosts: [a], tls: [{match: [{sniHosts: [a]}], route: [{destination: "
        "{host: a}}]}]}\n";
    const test::Exporting in(text);
    const Ready result = converted(in, ClusterApi::istio);
    CHECK_THAT(result.text, Contains("name: g-2\n"));
    CHECK_THAT(result.text, Contains("name: r-2\n"));
    CHECK_THAT(result.text, Contains("- ns/g-2\n"));
    CHECK(test::Exporting(result.text).mistakes.empty());
}

}  // namespace export_convert_test
