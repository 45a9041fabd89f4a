// A kustomize base and its overlays, read together.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace manifest_kustomize_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

std::vector<manifest::File> base() {
    return {{.name = "app/base/kustomization.yaml", .text = "resources: [all.yaml]\n"},
            {.name = "app/base/all.yaml",
             .text = workload("a") + gateway("gw", server("h.org")) +
                     service("v", "h.org", rule("h.org", "a"))}};
}

}  // namespace

TEST_CASE("a patch of an overlay is no object of its own", "[manifest]") {
    auto files = base();
    files.push_back({.name = "app/overlays/prod/kustomization.yaml",
                     .text = "resources: [../../base]\npatches:\n- path: patch.yaml\n"});
    files.push_back({.name = "app/overlays/prod/patch.yaml",
                     .text = "apiVersion: networking.istio.io/v1\nkind: VirtualService\n"
                             "metadata: {name: v, namespace: ns}\nspec: {exportTo: ['*']}\n"});
    const test::Read read = test::read_files(std::move(files));
    CHECK(read.errors().empty());
    CHECK(read.manifest.virtual_services.size() == 1);
    CHECK_THAT(read.text("X-LEFT-ASIDE"), test::Contains("patch.yaml (a patch of kustomize's)"));
    CHECK_THAT(read.text("X-LEFT-ASIDE"), test::Contains("kustomize build FOLDER"));
}

TEST_CASE("a Kustomization that only lists what is read makes nothing of its own", "[manifest]") {
    const auto unread = [](std::string_view text) {
        auto files = base();
        files.push_back({.name = "app/prod/kustomization.yaml", .text = std::string(text)});
        files.push_back({.name = "app/prod/more.yaml", .text = workload("b")});
        return test::read_files(std::move(files)).manifest.unread;
    };
    CHECK(unread("resources: [more.yaml, ../base/, ../base/all.yaml]\npatches: []\n").empty());
    CHECK(unread("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
                 "bases: [../base]\nresources: [more.yaml]\n")
              .empty());
    // It leaves out more.yaml.
    CHECK(unread("resources: [../base]\n").size() == 1);
    for (const std::string_view more :
         {"patches: [{target: {kind: Gateway}, patch: x}]\n", "namespace: shop\n",
          "replacements: [{path: r.yaml}]\n", "components: [../c]\n"}) {
        CAPTURE(more);
        const auto found = unread("resources: [more.yaml]\n" + std::string(more));
        REQUIRE(found.size() == 1);
        CHECK(found[0].object == "Kustomization");
        CHECK(found[0].place.file == "app/prod/kustomization.yaml");
    }
    CHECK(unread("resources: [more.yaml, none.yaml]\n").size() == 1);
    CHECK(unread("resources: ['https://example.com/a.yaml']\n").size() == 1);
}

TEST_CASE("what a base and an overlay both define is told once, and is no error", "[manifest]") {
    auto files = base();
    files.push_back({.name = "app/overlays/prod/kustomization.yml", .text = "resources: [.]\n"});
    files.push_back({.name = "app/overlays/prod/all.yaml", .text = files[1].text});
    const test::Read read = test::read_files(std::move(files));
    CHECK(read.errors().empty());
    CHECK(read.manifest.virtual_services.size() == 1);
    CHECK_THAT(read.text("X-DUPLICATE"),
               test::Contains("info: 4 objects are defined in two of kustomize's folders"));
    CHECK_THAT(read.text("X-DUPLICATE"), test::Contains("kustomize build FOLDER"));
}

TEST_CASE("what one folder defines twice is an error, kustomize's or not", "[manifest]") {
    auto files = base();
    files.push_back({.name = "app/base/more.yaml", .text = gateway("gw", server("h.org"))});
    const test::Read read = test::read_files(std::move(files));
    REQUIRE_FALSE(read.errors().empty());
    CHECK(read.errors().front() == "X-DUPLICATE");
}

TEST_CASE("what is defined twice is told once, and is in no conflict with itself", "[manifest]") {
    const std::string gate = gateway("gw", server("h.org"));
    const std::string names = service("vs", "h.org", rule("h.org"));
    const std::string text = workload("a") + gate + gate + names + names;
    CHECK(test::read_text(text).codes() == std::vector<std::string>{"X-DUPLICATE", "X-DUPLICATE"});
    // Its own mistakes are told.
    CHECK(test::read_text(text + test::replaced(names, "sniHosts", "sniHots")).has("IST0106"));
}

}  // namespace manifest_kustomize_test
