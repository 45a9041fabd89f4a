// Names and labels, as the API server takes them (apimachinery, pkg/api/validation).
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "lab/manifest/documents/documents.h"
#include "lab/manifest/hosts.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_object_names_test {

using namespace sni;

namespace {

std::string mistakes(const std::string& text) {
    const auto parsed = manifest::parse_manifests({{"a.yaml", text}}, "default");
    std::string all;
    for (const Diagnostic& d : parsed.diagnostics) {
        if (d.level != Level::info) all += d.message + "\n";
    }
    return all;
}

std::string secret_named(std::string_view name) {
    return mistakes(fmt::format("apiVersion: v1\nkind: Secret\nmetadata: {{name: {}}}\n", name));
}

std::string service(std::string_view meta, std::string_view spec = "ports: [{port: 443}]") {
    return mistakes(
        fmt::format("apiVersion: v1\nkind: Service\nmetadata: {{{}}}\nspec: {{{}}}\n", meta, spec));
}

std::string deployment(std::string_view match) {
    return mistakes(fmt::format(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {{selector: "
        "{{matchLabels: {{{0}}}}}, template: {{metadata: {{labels: {{{0}}}}}, spec: {{containers: "
        "[{{name: c, image: nginx}}]}}}}}}\n",
        match));
}

}  // namespace

TEST_CASE("each part of an object's name starts and ends with a letter or digit", "[manifest]") {
    CHECK(manifest::is_object_name("a.b-c.1"));
    CHECK(manifest::is_object_name(std::string(253, 'a')));
    for (const std::string& bad : {std::string(), std::string("a-.b"), std::string("a.-b"),
                                   std::string("a..b"), std::string(".a"), std::string("a."),
                                   std::string("A"), std::string("a_b"), std::string(254, 'a')}) {
        CAPTURE(bad);
        CHECK_FALSE(manifest::is_object_name(bad));
    }
    CHECK(secret_named("a.b").empty());
    CHECK(secret_named("a.-b") == "metadata.name \"a.-b\" is no object name\n");
}

TEST_CASE("names of Services and of namespaces are one label", "[manifest]") {
    CHECK(service("name: " + std::string(63, 'a')).empty());
    CHECK_FALSE(service("name: " + std::string(64, 'a')).empty());
    CHECK(service("name: a.b") == "metadata.name \"a.b\" is no object name\n");
    CHECK(service("name: a, namespace: b.c") ==
          "metadata.namespace \"b.c\" is no name of a namespace\n");
    CHECK(mistakes("apiVersion: v1\nkind: Namespace\nmetadata: {name: a.b}\n") ==
          "metadata.name \"a.b\" is no object name\n");
}

TEST_CASE("the port of a Service has a label for its name", "[manifest]") {
    const auto port = [](std::string_view name) {
        return service("name: a", fmt::format("ports: [{{port: 443, name: {}}}]", name));
    };
    CHECK(port("tls-of-the-whole-service").empty());
    for (const std::string& bad :
         {std::string("TLS"), std::string("tls_a"), std::string("-tls"), std::string(64, 'a')}) {
        CHECK(port(bad) == "\"" + bad + "\" is no name of a Service's port\n");
    }
}

TEST_CASE("what is selected by must be able to be a label", "[manifest]") {
    const auto selecting = [](std::string_view selector) {
        return service("name: a", fmt::format("selector: {{{}}}, ports: [{{port: 1}}]", selector));
    };
    CHECK(selecting("app.kubernetes.io/name: A_1.b").empty());
    CHECK(selecting("app: 'a b'") == "\"a b\" is no value of the label \"app\"\n");
    CHECK(selecting("-app: a") == "\"-app\" is no key of a label\n");
    CHECK(deployment("app: a").empty());
    CHECK_THAT(deployment("app: a/b"), test::Contains("is no value of the label"));
}

}  // namespace manifest_object_names_test
