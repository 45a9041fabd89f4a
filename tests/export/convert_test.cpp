#include "lab/export/convert.h"

#include <set>

#include "lab/export/documents.h"
#include "lab/manifest/catalogue.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

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
    result.converted = convert(in.manifest, in.routing.listeners, to, in.setting);
    const Selection selection = select(in.manifest, result.converted.replaced);
    std::vector<std::string> texts = selection.texts;
    texts.insert(texts.end(), result.converted.documents.begin(), result.converted.documents.end());
    result.text = join(texts);
    return result;
}

/// Every name that the listeners know, one below each wildcard, others, and none.
std::vector<manifest::Question> questions(const manifest::Listeners& listeners) {
    std::vector<manifest::Question> all;
    for (const manifest::Listener& listener : listeners.all) {
        std::set<std::string> names = {"nobody.test"};
        for (const manifest::FilterChain& chain : listener.chains) {
            for (const manifest::Text& name : chain.names) {
                names.insert(name.value.starts_with("*") ? "x.y" + name.value.substr(1)
                                                         : name.value);
            }
        }
        for (const std::string& name : names) {
            all.push_back({.sni = name, .port = listener.port});
        }
        all.push_back({.sni = {}, .port = listener.port});
    }
    return all;
}

std::vector<std::string> answers(const manifest::Listeners& listeners,
                                 const std::vector<manifest::Question>& asked) {
    std::vector<std::string> all;
    for (const manifest::Question& question : asked) {
        const manifest::Answer answer = manifest::ask(listeners, question);
        std::string line = question.sni.value_or("(none)") + " " + std::to_string(question.port) +
                           " " + std::string(to_string(answer.outcome));
        for (const manifest::Target& to : answer.destinations) {
            line += " " + to.ns + "/" + to.name + ":" + std::to_string(to.port);
            if (answer.destinations.size() > 1) line += "*" + std::to_string(to.weight);
        }
        all.push_back(line);
    }
    return all;
}

void check_same_routes(const std::string& text, ClusterApi to) {
    CAPTURE(text);
    const test::Exporting before(text);
    REQUIRE(before.mistakes.empty());
    const Ready result = converted(before, to);
    CAPTURE(result.text);
    const test::Exporting after(result.text);
    CHECK(after.mistakes.empty());
    const auto asked = questions(before.routing.listeners);
    CHECK(answers(after.routing.listeners, asked) == answers(before.routing.listeners, asked));
}

}  // namespace

TEST_CASE("the catalogue's routes are the same in the other API", "[export]") {
    for (const manifest::CatalogueEntry& entry : manifest::catalogue()) {
        for (const manifest::File& file : entry.files) {
            if (!file.name.ends_with("manifests.yaml")) continue;
            const test::Exporting in(file.text);
            // What ends TLS at the gateway, or is broken on purpose, has no equal.
            const Converted to_api =
                convert(in.manifest, in.routing.listeners, ClusterApi::gateway, in.setting);
            const Converted to_istio =
                convert(in.manifest, in.routing.listeners, ClusterApi::istio, in.setting);
            if (!in.mistakes.empty() || !to_api.notes.empty() || !to_istio.notes.empty()) continue;
            const bool rejected = std::ranges::any_of(
                in.routing.listeners.all, [](const auto& l) { return !l.rejected.empty(); });
            if (rejected || in.routing.listeners.all.empty()) continue;
            INFO(file.name);
            check_same_routes(file.text, ClusterApi::gateway);
            check_same_routes(file.text, ClusterApi::istio);
        }
    }
}

TEST_CASE("weights, wildcards and other namespaces survive the way to the Gateway API",
          "[export]") {
    check_same_routes(
        backend("a") + backend("b", "other") + gateway("gw", server("'*'")) +
            service("vs", "s.org, '*.s.org'",
                    "  - match: [{sniHosts: [s.org, '*.s.org']}]\n    route:\n"
                    "    - {destination: {host: a}, weight: 70}\n"
                    "    - {destination: {host: b.other.svc.cluster.local}, weight: 30}\n") +
            service("lost", "lost.s.org", rule("lost.s.org", "missing")),
        ClusterApi::gateway);
}

TEST_CASE("a rule for every name needs the experimental TLSRoute, and says so", "[export]") {
    const std::string text =
        backend("a") + gateway("gw", server("'*'")) + service("vs", "'*'", rule("'*'"));
    check_same_routes(text, ClusterApi::gateway);
    const test::Exporting in(text);
    const Ready result = converted(in, ClusterApi::gateway);
    CHECK_THAT(result.text, Contains("gateway.networking.k8s.io/v1alpha2"));
    REQUIRE(result.converted.notes.size() == 1);
    CHECK_THAT(result.converted.notes[0], Contains("experimental channel"));
}

TEST_CASE("more than sixteen names become several TLSRoutes", "[export]") {
    std::string names;
    for (int i = 0; i < 40; ++i) {
        names += (names.empty() ? "n" : ", n") + std::to_string(i) + ".org";
    }
    const std::string text =
        backend("a") + gateway("gw", server("'*'")) + service("vs", names, rule(names));
    check_same_routes(text, ClusterApi::gateway);
    const test::Exporting in(text);
    CHECK(converted(in, ClusterApi::gateway).converted.documents.size() == 4);
}

TEST_CASE("a new Gateway of the Gateway API is never where the backends are", "[export]") {
    const test::Exporting in(backend("a") + gateway("gw", server("'*'")) +
                             service("vs", "s.org", rule("s.org")));
    const Ready result = converted(in, ClusterApi::gateway);
    REQUIRE(result.converted.edges.size() == 1);
    CHECK(result.converted.edges[0] == Edge{"istio-system", "gw"});
}

TEST_CASE("TLSRoutes of several Gateways and ports survive the way to Istio", "[export]") {
    check_same_routes(
        backend("a") + backend("b") +
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
    const test::Exporting in(backend("a") + gateway("gw", server("'*'")) +
                             service("vs", "s.org", rule("s.org")) + mesh);
    const Ready result = converted(in, ClusterApi::gateway);
    CHECK_THAT(result.text, Contains(mesh));
    CHECK_THAT(result.text, !Contains("kind: Gateway\nmetadata: {name: gw"));
}
