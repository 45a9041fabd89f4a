// What stands among manifests and is none of them, and texts that are no manifests yet.
#include "lab/manifest/documents/left_aside.h"

#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_left_aside_test {

using namespace sni;

namespace {

using Files = std::vector<manifest::File>;

test::Read beside(std::string_view name, std::string_view text) {
    return test::read_files({{.name = "k/" + std::string(name), .text = std::string(text)},
                             {.name = "k/main.yaml", .text = test::tutorial()}});
}

std::string document(std::string_view kind, std::string_view version = "v1",
                     std::string_view rest = {}) {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: x}\n" + std::string(rest);
}

}  // namespace

TEST_CASE("kinds that nobody asks about are one line for all of them, and stop nothing",
          "[manifest]") {
    const auto read = test::read_text(
        test::tutorial() + document("ConfigMap") + document("ConfigMap") +
        document("ServiceAccount") + document("HTTPRoute", "gateway.networking.k8s.io/v1") +
        document("CustomResourceDefinition", "apiextensions.k8s.io/v1") +
        document("Service", "serving.knative.dev/v1") +
        document("UDPRoute", "gateway.networking.k8s.io/v1alpha2"));
    CHECK(read.codes() == std::vector<std::string>{"X-LEFT-ASIDE"});
    CHECK(read.text("X-LEFT-ASIDE")
              .find("left aside: 2 ConfigMap, CustomResourceDefinition, "
                    "HTTPRoute, Service, ServiceAccount, UDPRoute") != std::string::npos);
    CHECK(read.manifest.whole);
    CHECK(read.scenario.routes.size() == 1);
}

TEST_CASE("it is not said of kinds that may matter that nothing depends on them", "[manifest]") {
    const auto why = [](const std::string& more) {
        return test::read_text(test::tutorial() + more).text("X-LEFT-ASIDE");
    };
    const std::string policy = document("AuthorizationPolicy", "security.istio.io/v1");
    CHECK_THAT(why(document("ConfigMap")), test::Contains("why: where names are routed by SNI"));
    CHECK_THAT(why(policy), test::Contains("why: AuthorizationPolicy may refuse or change what a "
                                           "gateway passes on, and nobody looked\n"));
    CHECK_THAT(why(policy + document("ConfigMap")),
               test::Contains("does not depend on the others\n"));
}

TEST_CASE("an HTTPProxy without TLS contests its name all the same", "[manifest]") {
    const auto told = [](std::string_view host) {
        return test::read_text(test::tutorial() +
                               document("HTTPProxy", "projectcontour.io/v1",
                                        "spec: {" + std::string(host) + "routes: []}\n"))
            .text("X-LEFT-ASIDE");
    };
    CHECK_THAT(
        told("virtualhost: {fqdn: a.org}, "),
        test::Contains("of other gateways: HTTPProxy") && !test::Contains("does not depend"));
    // It is included by another one.
    CHECK_THAT(told(""), test::Contains("does not depend on them"));
}

TEST_CASE("what makes manifests is named as that, and is no harmless kind", "[manifest]") {
    for (const auto& [kind, version, command] :
         {std::tuple{"HelmRelease", "helm.toolkit.fluxcd.io/v2", "helm template NAME CHART"},
          std::tuple{"HelmChart", "helm.cattle.io/v1", "helm template NAME CHART"},
          std::tuple{"Kustomization", "kustomize.toolkit.fluxcd.io/v1", "flux build"},
          std::tuple{"Application", "argoproj.io/v1alpha1", "argocd app manifests NAME"},
          std::tuple{"ApplicationSet", "argoproj.io/v1alpha1", "argocd app manifests NAME"}}) {
        CAPTURE(kind);
        const auto read = test::read_text(test::tutorial() + document(kind, version));
        CHECK_THAT(read.text("X-LEFT-ASIDE"),
                   test::Contains("why: " + std::string(kind) +
                                  " makes manifests that nobody looked at\n") &&
                       test::Contains(command));
        REQUIRE(read.manifest.unread.size() == 1);
        CHECK(read.manifest.unread[0].object == std::string(kind) + " \"default/x\"");
        CHECK_THAT(read.manifest.unread[0].remedy, test::Contains(command));
    }
    const auto chart = beside("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    CHECK_THAT(chart.text("X-LEFT-ASIDE"), test::Contains("why: Chart.yaml makes manifests"));
    CHECK(chart.manifest.unread.size() == 1);
    // Of other groups these are other kinds.
    const auto other = test::read_text(test::tutorial() + document("Application", "app.k8s.io/v1"));
    CHECK_THAT(other.text("X-LEFT-ASIDE"), test::Contains("does not depend on them"));
    CHECK(other.manifest.unread.empty());
}

TEST_CASE("a folder that was not read is told as that, beside what is harmless", "[manifest]") {
    const auto parsed = manifest::parse_manifests(
        {{.name = "a.yaml", .text = test::tutorial() + document("ConfigMap")}}, "ns",
        {.files = {}, .folders = {"k/routes"}, .links = {}});
    REQUIRE(parsed.manifest.unread.size() == 1);
    CHECK(parsed.manifest.unread[0].place == Place{.file = "k/routes"});
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(parsed.diagnostics[0].message ==
          "left aside: k/routes (a folder: -R reads it), ConfigMap");
    CHECK(parsed.diagnostics[0].why ==
          "the folder holds manifests that nobody looked at; where names are routed by SNI does "
          "not depend on the others");
}

TEST_CASE("a WorkloadEntry is read, since names may lead to it", "[manifest]") {
    const auto read = test::read_text(test::tutorial() +
                                      document("WorkloadEntry", "networking.istio.io/v1",
                                               "spec: {address: 192.0.2.7, ports: {tls: 7443}, "
                                               "weight: 2, labels: {app: vm}}\n"));
    CHECK(read.codes().empty());
    REQUIRE(read.manifest.other_endpoints.size() == 1);
    const manifest::OtherEndpoint& machine = read.manifest.other_endpoints.front();
    CHECK(machine.endpoint.ports.at("tls") == 7443);
    CHECK(machine.endpoint.weight.value == 2);
    CHECK(machine.labels.at("app") == "vm");
}

TEST_CASE("a kind that may change what a gateway does stops the lab", "[manifest]") {
    const auto read =
        test::read_text(test::tutorial() + document("EnvoyFilter", "networking.istio.io/v1alpha3"));
    CHECK(read.errors() == std::vector<std::string>{"X-NOT-PLAYED"});
    CHECK(manifest::is_unsupported(read.diagnostics.at(0)));
}

TEST_CASE("a kind or group that is nearly right is a mistake, not another kind", "[manifest]") {
    for (const auto& [kind, version] : {std::pair{"VirtualServise", "networking.istio.io/v1"},
                                        std::pair{"Gatewey", "gateway.networking.k8s.io/v1"},
                                        std::pair{"VirtualService", "networking.istio.oi/v1"},
                                        std::pair{"TLSRoute", "gateway.networking.k8s.io/v9"}}) {
        CAPTURE(kind, version);
        const auto read = test::read_text(test::tutorial() + document(kind, version));
        CHECK(read.errors() == std::vector<std::string>{"X-UNSUPPORTED"});
    }
}

TEST_CASE("files that are no manifests are named beside manifests, and nothing is stopped",
          "[manifest]") {
    for (const auto& [name, text, words] :
         {std::tuple{"kustomization.yaml", "resources: [main.yaml]\n", "kustomize's"},
          std::tuple{"kustomization.yml", "bases: [../base]\n", "kustomize's"},
          std::tuple{"values.yaml", "replicas: 2\nimage: {tag: x}\n", "values of a Helm chart"},
          std::tuple{"values-prod.yaml", "a: 1\n", "values of a Helm chart"},
          std::tuple{"Chart.yaml", "apiversion2: x\nname: shop\n", "a Helm chart's"},
          std::tuple{"notes.json", "{\"a\": 1}", "no manifest"}}) {
        CAPTURE(name);
        const auto read = beside(name, text);
        CHECK(read.codes() == std::vector<std::string>{"X-LEFT-ASIDE"});
        CHECK(read.diagnostics.at(0).message ==
              "left aside: k/" + std::string(name) + " (" + words + ")");
        CHECK(read.manifest.whole);
        CHECK(read.scenario.routes.size() == 1);
    }
    // Kustomize's own kind, and a chart of apiVersion v2.
    CHECK(beside("kustomization.yaml",
                 "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n")
              .codes() == std::vector<std::string>{"X-LEFT-ASIDE"});
    CHECK(beside("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n").codes() ==
          std::vector<std::string>{"X-LEFT-ASIDE"});
}

TEST_CASE("a manifest whose apiVersion or kind is missing is no stranger", "[manifest]") {
    for (const std::string_view text :
         {"kind: Service\nmetadata: {name: a}\n", "apiVersion: v1\nmetadata: {name: a}\n",
          "metadata: {name: a}\nspec: {}\n", "Kind: Service\nspec: {}\n"}) {
        CAPTURE(text);
        const auto read = beside("a.yaml", text);
        CHECK(read.has("X-MISSING"));
        CHECK_FALSE(read.manifest.whole);
    }
    // Alone, it is what the user meant.
    CHECK(test::read_text("resources: [a.yaml]\n").errors() ==
          std::vector<std::string>{"X-MISSING"});
}

TEST_CASE("an unrendered template says how it is rendered, once", "[manifest]") {
    const auto text = [](std::string_view manifest, std::string_view name = "a.yaml") {
        return test::read_files({{.name = std::string(name), .text = std::string(manifest)}})
            .text("X-TEMPLATE");
    };
    const std::string chart = text(
        "{{- if .Values.on }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include \"x\" "
        ". "
        "}}\n{{- end }}\n",
        "charts/shop/templates/service.yaml");
    CHECK(chart ==
          "charts/shop/templates/service.yaml:1:1: error: this is a Helm template, which becomes a "
          "manifest when it is rendered [X-TEMPLATE]\n"
          "    1 | {{- if .Values.on }}\n      | ^^^^^^^^^^^^^^^^^\n"
          "hint: helm template NAME charts/shop | sni-lab analyze -\n");
    CHECK(text("apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-web\n")
              .find(":4:") != std::string::npos);
    CHECK(text("apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ name }}\n{% if x %}\n")
              .find("this is a template") != std::string::npos);
    // Quoted it is YAML, and still no name.
    CHECK(text("apiVersion: v1\nkind: Namespace\nmetadata: {name: \"{{ .Values.ns }}\"}\n")
              .find("metadata.name has a placeholder: \"{{ .Values.ns }}\"") != std::string::npos);
    CHECK(text("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${NS}\n").find("envsubst") !=
          std::string::npos);
    // A hostile folder's name is no part of a command.
    CHECK(text("a: {{ .Values.x }}\n{{ end }}\n", "a;rm -rf/templates/x.yaml")
              .find("helm template NAME CHART") != std::string::npos);
}

TEST_CASE("templates that a ConfigMap carries are no templates of ours", "[manifest]") {
    CHECK(test::read_text(test::tutorial() +
                          document("ConfigMap", "v1",
                                   "data:\n  rule: |\n    {{ if .Values.x }}\n    a: {{ .b }}\n"))
              .codes() == std::vector<std::string>{"X-LEFT-ASIDE"});
}

TEST_CASE("a page whose indentation was lost in copying is told as that", "[manifest]") {
    const std::string lost =
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata:\nname: gw\nspec:\n"
        "selector:\nistio: ingressgateway\nservers:\n- port:\nnumber: 443\n";
    const auto read = test::read_text(lost);
    CHECK(read.codes() == std::vector<std::string>{"X-INDENTATION"});
    CHECK(read.diagnostics.at(0).place.line == 4);
    CHECK(test::read_text("apiVersion: v1 kind: Service metadata: name: a spec: x\n").codes() ==
          std::vector<std::string>{"X-INDENTATION"});
    CHECK(test::read_text("apiVersion: v1\nkind: Service\nmetadata:\n\xC2\xA0\xC2\xA0name: a\n")
              .codes() == std::vector<std::string>{"X-INDENTATION"});
    CHECK(test::read_text(test::tutorial()).codes().empty());
}

TEST_CASE("a version that clusters of today do not serve is told once", "[manifest]") {
    const std::string route = document("TLSRoute", "gateway.networking.k8s.io/v1alpha2",
                                       "spec:\n  hostnames: [a.example.com]\n  rules:\n"
                                       "  - backendRefs: [{name: s, port: 1}]\n");
    const auto parsed = manifest::parse_manifests(
        {{.name = "a.yaml", .text = route + test::replaced(route, "{name: x", "{name: z")}}, "ns");
    REQUIRE(parsed.diagnostics.size() == 1);
    CHECK(parsed.diagnostics[0].code == "X-API-VERSION");
    CHECK(parsed.diagnostics[0].level == Level::warning);
}

TEST_CASE("fields of a pod that change nothing are no finding", "[manifest]") {
    const auto read =
        test::tutorial_with("      containers:",
                            "      initContainers: [{name: i, image: x}]\n      hostNetwork: true\n"
                            "      schedulingGates: []\n      containers:");
    CHECK(read.codes().empty());
    CHECK(test::tutorial_with("        image: docker.io",
                              "        restartPolicy: Always\n        volumeDevices: []\n"
                              "        image: docker.io")
              .codes()
              .empty());
}

}  // namespace manifest_left_aside_test
