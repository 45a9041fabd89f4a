// What nobody reads, and which says other things on the two sides.
#include <utility>

#include <nlohmann/json.hpp>

#include "lab/diff/aside.h"
#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/diffed.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace diff_undecided_test {

using namespace sni;
using namespace sni::test::k8s;
using Files = std::vector<manifest::File>;
using test::Contains;
using test::StartsWith;

namespace {

std::string undecided(Files old, Files now) {
    return diff::undecided(manifest::parse_manifests(std::move(old), "ns").manifest,
                           manifest::parse_manifests(std::move(now), "ns").manifest);
}

std::string undecided(std::string old, std::string now) {
    return undecided(Files{{.name = "a.yaml", .text = std::move(old)}},
                     Files{{.name = "a.yaml", .text = std::move(now)}});
}

/// Manifests in the folder "k", and another file beside them.
Files beside(std::string name, std::string text, Files more = {}) {
    more.insert(more.begin(), {.name = "k/all.yaml", .text = two_backends()});
    more.push_back({.name = "k/" + std::move(name), .text = std::move(text)});
    return more;
}

std::string object(std::string_view version, std::string_view kind, std::string_view rest) {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: x, namespace: ns}\n" + std::string(rest) + "\n";
}

constexpr std::string_view kDiffers = "what makes manifests differs";
constexpr std::string_view kMayDiffer = "what makes manifests may differ";

}  // namespace

TEST_CASE("a patch, or values of a chart, that differ leave the answer open", "[diff]") {
    const Files patched = {{.name = "k/kustomization.yaml",
                            .text = "resources: [all.yaml]\npatches: [{path: p.yaml}]"}};
    const auto patch = [&](std::string_view text) {
        return beside("p.yaml", "kind: Gateway\nspec:\n  a: " + std::string(text) + "\n", patched);
    };
    CHECK(undecided(patch("b"), patch("b  # c")).empty());
    CHECK(undecided(patch("b"), patch("c")).starts_with(kDiffers));
    CHECK(undecided(patch("[}"), patch("[}}")).starts_with(kDiffers));
    const Files chart = {
        {.name = "k/Chart.yaml", .text = "apiVersion: v2\nname: a\nversion: 1.0.0"}};
    CHECK(
        undecided(beside("values.yaml", "host: a", chart), beside("values.yaml", "host: b", chart))
            .starts_with(kDiffers));
    CHECK(undecided(beside("values.yaml", "{a: b, c: d}", chart),
                    beside("values.yaml", "c: d\na: 'b'  # so", chart))
              .empty());
    CHECK(undecided(beside("values.yaml", "port: 1", chart),
                    beside("values.yaml", "port: '1'", chart))
              .starts_with(kDiffers));
    // Nobody makes anything of it.
    CHECK(undecided(beside("values.yaml", "host: a"), beside("values.yaml", "host: b")).empty());
}

TEST_CASE("a manifest that kustomize's folder no longer lists leaves the answer open", "[diff]") {
    const auto listing = [](std::string_view names) {
        return beside("kustomization.yaml", "resources: [" + std::string(names) + "]",
                      {{.name = "k/vs.yaml", .text = service("vs", "a.org", rule("a.org"))},
                       {.name = "k/values.yaml", .text = "a: b"}});
    };
    CHECK(undecided(listing("all.yaml, vs.yaml"), listing("vs.yaml, all.yaml")).empty());
    CHECK(undecided(listing("all.yaml, vs.yaml"), listing("all.yaml")).starts_with(kDiffers));
}

TEST_CASE("what a Kustomization uses and nobody read may differ", "[diff]") {
    const auto with = [](std::string_view text) {
        const Files files = beside("kustomization.yaml", std::string(text));
        return undecided(files, files);
    };
    CHECK(with("resources: [all.yaml, ../base]").starts_with(kMayDiffer));
    CHECK(with("resources: [all.yaml]\npatches: [{path: far/p.yaml}]").starts_with(kMayDiffer));
    CHECK(with("resources: [all.yaml]\ncomponents: [../c]").starts_with(kMayDiffer));
    CHECK(with("resources: [all.yaml, 'https://example.org/a?ref=v1']").empty());
    CHECK(with("resources: [all.yaml]\npatches: [{patch: x, target: {kind: Gateway}}]").empty());
}

TEST_CASE("another edition of an object that differs leaves the answer open", "[diff]") {
    const auto with = [](std::string_view host) {
        const auto names = [](std::string_view of) { return service("vs", of, rule(of)); };
        return beside("prod/vs.yaml", names(host),
                      {{.name = "k/prod/kustomization.yaml", .text = "resources: [vs.yaml]"},
                       {.name = "k/dev/kustomization.yaml", .text = "resources: [vs.yaml]"},
                       {.name = "k/dev/vs.yaml", .text = names("a.org")}});
    };
    CHECK(undecided(with("a.org"), with("a.org")).empty());
    CHECK(undecided(with("a.org"), with("b.org")).starts_with("what kustomize's folders make"));
}

TEST_CASE("a ConfigMap counts where a maker names it", "[diff]") {
    const auto config = [](std::string_view host) {
        return object("v1", "ConfigMap", "data: {host: " + std::string(host) + "}");
    };
    const auto release = [](std::string_view from) {
        return object("helm.toolkit.fluxcd.io/v2", "HelmRelease",
                      "spec: {valuesFrom: [{kind: ConfigMap, name: " + std::string(from) + "}]}");
    };
    const std::string named = test::replaced(release("x"), "{name: x", "{name: r");
    const std::string other = test::replaced(release("y"), "{name: x", "{name: r");
    CHECK(undecided(named + config("a"), named + config("b")).starts_with(kDiffers));
    CHECK(undecided(other + config("a"), other + config("b")).empty());
    CHECK(undecided(config("a"), config("b")).empty());
}

TEST_CASE("only what a maker itself says makes it differ, in a List as elsewhere", "[diff]") {
    const auto list = [](std::string_view path, std::string_view more) {
        return "apiVersion: v1\nkind: List\nitems:\n- apiVersion: argoproj.io/v1alpha1\n  kind: "
               "Application\n  metadata: {name: a, namespace: argocd, uid: '7'}\n  spec: {source: "
               "{path: " +
               std::string(path) +
               "}}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: "
               "c}\n  data: {a: " +
               std::string(more) + "}\n";
    };
    CHECK(undecided(list("p", "1"), list("p", "2") + "# c").empty());
    CHECK(undecided(list("p", "1"), test::replaced(list("p", "1"), "'7'", "'8'")).empty());
    CHECK(undecided(list("p", "1"), list("q", "1")).starts_with(kDiffers));
}

TEST_CASE("kinds that may matter are told, and an EnvoyFilter that differs counts", "[diff]") {
    const std::string routed =
        two_backends() + service("vs", "a.example.com", rule("a.example.com"));
    const auto policy = [](std::string_view action) {
        return object("security.istio.io/v1", "AuthorizationPolicy",
                      "spec: {action: " + std::string(action) + ", rules: [{}]}");
    };
    const diff::Report report = test::diffed(routed, routed + policy("DENY"));
    CHECK(report.same == 1);
    CHECK_FALSE(report.is_inconclusive());
    REQUIRE(report.aside.size() == 1);
    CHECK(report.aside.front().object == "AuthorizationPolicy");
    const auto filter = [](std::string_view priority) {
        return object("networking.istio.io/v1alpha3", "EnvoyFilter",
                      "spec: {priority: " + std::string(priority) + "}");
    };
    CHECK(undecided(routed + filter("1"), routed + filter("1")).empty());
    CHECK(undecided(routed + filter("1"), routed + filter("2"))
              .starts_with("what may change all that a gateway does"));
    CHECK_FALSE(undecided(routed, routed + filter("2")).empty());
}

TEST_CASE("a folder that nobody read may differ, and is not said to", "[diff]") {
    const auto skipping = [](manifest::Skipped skipped) {
        const auto read = [&] {
            return manifest::parse_manifests({{.name = "a.yaml", .text = two_backends()}}, "ns",
                                             skipped)
                .manifest;
        };
        return diff::undecided(read(), read());
    };
    CHECK(skipping({}).empty());
    CHECK(skipping({.files = {}, .folders = {"k/sub"}, .links = {}}).starts_with(kMayDiffer));
    CHECK(skipping({.files = {}, .folders = {}, .links = {"k/link"}}).starts_with(kMayDiffer));
}

}  // namespace diff_undecided_test
