#include "lab/manifest/documents/documents.h"

#include "lab/core/encoding.h"
#include "lab/export/cluster/documents.h"
#include "lab/export/cluster/namespaces.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace export_documents_test {

using namespace sni;
using namespace sni::exporting;
using sni::test::Contains;

namespace {

/// Not a real key; only its first line matters.
const std::string kKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n";

std::string in_base64(const std::string& text) {
    return to_base64(std::as_bytes(std::span(text)));
}

std::string secret(std::string_view data) {
    return "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\n"
           "type: kubernetes.io/tls\ndata:\n" +
           std::string(data);
}

Selection selection(std::vector<manifest::File> files) {
    const auto parsed = manifest::parse_manifests(std::move(files), "default");
    return select(parsed.manifest, {});
}

Selection of_text(std::string text) {
    return selection({{.name = "a.yaml", .text = std::move(text)}});
}

}  // namespace

TEST_CASE("documents go out byte for byte, comments, blanks and line ends included", "[export]") {
    for (const std::string& text :
         {test::tutorial(),
          std::string("# only\n---\n\napiVersion: v1\r\nkind: Namespace\r\n"
                      "metadata: {name: a}   # trailing\r\n---\n---\n..."),
          std::string(R"({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})")}) {
        const Selection selected = of_text(text);
        CHECK(selected.refused.empty());
        REQUIRE(selected.texts.size() == 1);
        CHECK(selected.texts.front() == text);
    }
}

TEST_CASE("a byte order mark does not go out", "[export]") {
    const std::string text = "--- # a\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
    CHECK(of_text("\xEF\xBB\xBF" + text).texts == std::vector{text});
}

TEST_CASE("files are joined with a separator where one is missing", "[export]") {
    CHECK(join({"a: 1", "b: 2\n", "---\nc: 3\n", "--- # d\nd: 4\n"}) ==
          "a: 1\n---\nb: 2\n---\nc: 3\n--- # d\nd: 4\n");
}

TEST_CASE("objects of JSON one behind the other go out as documents of their own", "[export]") {
    const auto object = [](std::string_view kind, std::string_view name) {
        return R"({"apiVersion": "v1", "kind": ")" + std::string(kind) +
               R"(", "metadata": {"name": ")" + std::string(name) + "\"}}\n";
    };
    const std::string a = object("Namespace", "a");
    const std::string b = object("Namespace", "b");
    const Selection selected = of_text(a + object("Secret", "s") + b);
    CHECK(selected.refused.empty());
    REQUIRE(selected.held_back.size() == 1);
    CHECK(selected.held_back.front().place.line == 2);
    CHECK(selected.texts == std::vector{a + "---\n" + b});
    // kubectl takes what begins with a brace for JSON to the end.
    CHECK(join(selected.texts) == "---\n" + a + "---\n" + b);
    CHECK(join({a, "kind: x\n"}) == "---\n" + a + "---\nkind: x\n");
    CHECK(join({a}) == a);
}

TEST_CASE("a Secret stays behind, and nothing else does", "[export]") {
    const std::string rest = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n";
    const Selection selected = of_text(
        rest + "---\n" +
        secret("  tls.crt: " + in_base64("cert") + "\n  tls.key: " + in_base64(kKey) + "\n") +
        "---\n" + test::k8s::workload("a").substr(4));
    CHECK(selected.refused.empty());
    REQUIRE(selected.texts.size() == 1);
    CHECK(selected.texts.front() == rest + test::k8s::workload("a"));
    REQUIRE(selected.held_back.size() == 1);
    CHECK(selected.held_back[0].type == "kubernetes.io/tls");
    CHECK(selected.held_back[0].name == "s");
    CHECK(selected.held_back[0].place == Place{.file = "a.yaml", .line = 5, .column = 1});
}

TEST_CASE("every Secret stays behind, whatever it holds, and wherever it stands", "[export]") {
    const std::string head = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\n";
    const std::vector<std::string> texts = {
        head + "data:\n  server.der: MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMU\n",
        head + "data:\n  keystore.p12: AAECAwQFBgcICQoLDA0ODw==\n",
        head + "stringData:\n  password: x\n",
        head + "type: helm.sh/release.v1\ndata: {release: SDRzSUFBQQ==}\n",
        head,
        std::string(R"({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", )"
                    R"("namespace": "ns"}, "data": {"a": "AAECAw=="}})"),
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"
        "  metadata: {name: s, namespace: ns}\n  data: {a: AAECAw==}\n",
        // Of a version that nobody knows.
        "apiVersion: v7\nkind: Secret\nmetadata: {name: s, namespace: ns}\n"
        "data: {a: AAECAw==}\n",
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        const Selection selected = of_text(text);
        CHECK(selected.texts.empty());
        CHECK(selected.refused.empty());
        CHECK(selected.held_back.size() == 1);
    }
}

TEST_CASE("what kustomize and Helm read is no object for kubectl, and stays behind", "[export]") {
    const std::string service = test::k8s::workload("a").substr(4);
    const auto with = [&](std::string name, std::string text) {
        return selection({{.name = "k/a.yaml", .text = service},
                          {.name = "k/" + std::move(name), .text = std::move(text)}});
    };
    for (const auto& [name, text] :
         {std::pair{"kustomization.yaml", "secretGenerator: [{literals: [password=hunter2]}]\n"},
          {"kustomization.yml",
           "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: x\n"},
          {"Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"},
          {"values.yaml", "# of the chart\npassword: hunter3\n"}}) {
        CAPTURE(name);
        const Selection selected = with(name, text);
        CHECK(selected.texts == std::vector{service});
        CHECK(selected.refused.empty());
        REQUIRE(selected.notes.size() == 1);
        CHECK_THAT(selected.notes.front(), Contains("kustomize or Helm would make of them: k/") &&
                                               Contains(std::string(name) + ":1"));
    }
    const Selection patched =
        selection({{.name = "k/a.yaml", .text = service},
                   {.name = "k/kustomization.yaml", .text = "patches: [{path: p.yaml}]\n"},
                   {.name = "k/p.yaml", .text = "# a patch\n---\nspec: {replicas: 2}\n"}});
    CHECK(patched.texts == std::vector{service});
    CHECK(patched.notes.size() == 1);
    const Selection editions =
        selection({{.name = "base/kustomization.yaml", .text = "resources: [a.yaml]\n"},
                   {.name = "base/a.yaml", .text = service},
                   {.name = "prod/a.yaml", .text = service}});
    CHECK(editions.texts == std::vector{service});
    CHECK_THAT(editions.notes.front(), Contains("prod/a.yaml:1, prod/a.yaml:"));
}

TEST_CASE("kustomize's own kind is in no namespace", "[export]") {
    const test::Exporting in(test::k8s::workload("a", "one") +
                                 "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: "
                                 "Kustomization\nmetadata: {name: k}\n",
                             {}, "team");
    CHECK(apply_namespace(in.manifest, "team").empty());
    CHECK(missing_namespaces(in.manifest, {}) == std::vector<std::string>{"one"});
}

TEST_CASE("no way of quoting, wrapping or naming lets a key through", "[export]") {
    const std::string head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
    const std::string der = "MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMU";
    const std::vector<std::string> texts = {
        head + "binaryData: {server.der: " + der + "}\n",
        head + "data:\n  a: \"-----BEGIN PRIVATE\\\n    \\ KEY-----\\nAA==\"\n",
        head + "data:\n  a: \"-----BEGIN \\x50RIVATE KEY-----\"\n",
        head + "data: {a: " + in_base64(der) + "}\n",
        head + "data: {jwk: '{\"kty\": \"OKP\", \"d\": \"AAAA\"}'}\n",
        "# " + der + "\n" + head,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: "
        "{containers: [{name: c, image: i, env: [{name: KEY, value: " +
            der + "}]}]}}}\n",
        // A Secret inside something else.
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: "
        "t}\nobjects: [{kind: Secret, apiVersion: v1, stringData: {a: b}}]\n",
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        const Selection selected = of_text(text);
        CHECK(selected.refused.size() == 1);
    }
    const Selection packed = of_text(head + "binaryData: {a: H4sIAAAAAAAAA0vMKUhMTgUAAAAA}\n");
    CHECK(packed.texts.empty());
    CHECK(packed.refused.empty());
    REQUIRE(packed.notes.size() == 1);
    CHECK_THAT(packed.notes[0], Contains("a.yaml:1 stays behind"));
}

TEST_CASE("a private key outside of a Secret, or in a mixed List, refuses the export", "[export]") {
    const Selection config = of_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  key.pem: |\n    "
        "-----BEGIN RSA PRIVATE KEY-----\n    AA==\n");
    CHECK(config.texts.empty() == false);  // never printed: the caller refuses
    REQUIRE(config.refused.size() == 1);
    CHECK_THAT(config.refused[0].message, Contains("which is no Secret"));
    CHECK(of_text("# " + in_base64("x" + kKey) +
                  "\napiVersion: v1\nkind: Namespace\nmetadata: "
                  "{name: a}\n")
              .refused.size() == 1);
    const Selection list = of_text(
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: "
        "a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {tls.key: k}}\n");
    REQUIRE(list.refused.size() == 1);
    CHECK_THAT(list.refused[0].message, Contains("only a part of this List"));
}

TEST_CASE("namespaces are missing when documents are in them and nobody makes them", "[export]") {
    const test::Exporting in(test::k8s::workload("a", "one") + test::k8s::workload("a", "two") +
                             test::k8s::workload("a", "three") +
                             "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n");
    CHECK(missing_namespaces(in.manifest, {"three"}) == std::vector<std::string>{"one"});
    // Whether or not anybody reads the kind; what only helm test makes is of some kind, too.
    const test::Exporting unread(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: one}\n---\n"
        "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a, namespace: two}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: three, annotations: "
        "{helm.sh/hook: test}}\nspec: {}\n---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a, "
        "namespace: four}\n---\n"
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: 'x y'}\n");
    CHECK(missing_namespaces(unread.manifest, {}) ==
          std::vector<std::string>{"one", "three", "two"});
    CHECK(are_elsewhere(unread.manifest, "one"));
}

TEST_CASE("one document of any kind that names no namespace needs kubectl's", "[export]") {
    const std::string named =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: team}\n";
    const auto with = [&](std::string_view version, std::string_view kind,
                          std::string_view more = "") {
        const test::Exporting in(named + "---\napiVersion: " + std::string(version) +
                                     "\nkind: " + std::string(kind) + "\nmetadata: {name: x" +
                                     std::string(more) + "}\n",
                                 {}, "team");
        CHECK_FALSE(are_elsewhere(in.manifest, "team"));
        return apply_namespace(in.manifest, "team");
    };
    for (const auto& [version, kind] : {std::pair{"v1", "Service"},
                                        {"v1", "ConfigMap"},
                                        {"v1", "Endpoints"},
                                        {"v1", "ServiceAccount"},
                                        {"apps/v1", "Deployment"},
                                        {"batch/v1", "CronJob"},
                                        {"discovery.k8s.io/v1", "EndpointSlice"},
                                        {"networking.k8s.io/v1", "Ingress"},
                                        {"networking.k8s.io/v1", "NetworkPolicy"},
                                        {"networking.istio.io/v1", "Gateway"},
                                        {"networking.istio.io/v1", "VirtualService"},
                                        {"networking.istio.io/v1", "Sidecar"},
                                        {"networking.istio.io/v1", "WorkloadEntry"},
                                        {"security.istio.io/v1", "PeerAuthentication"},
                                        {"gateway.networking.k8s.io/v1", "HTTPRoute"},
                                        {"gateway.networking.k8s.io/v1", "TLSRoute"},
                                        {"gateway.networking.k8s.io/v1", "ReferenceGrant"}}) {
        CAPTURE(kind);
        CHECK(with(version, kind) == "team");
        CHECK(with(version, kind, ", namespace: team").empty());
    }
    for (const auto& [version, kind] : {std::pair{"v1", "Namespace"},
                                        {"v1", "Secret"},
                                        {"gateway.networking.k8s.io/v1", "GatewayClass"},
                                        {"rbac.authorization.k8s.io/v1", "ClusterRole"},
                                        {"apiextensions.k8s.io/v1", "CustomResourceDefinition"}}) {
        CAPTURE(kind);
        CHECK(with(version, kind).empty());
    }
    const test::Exporting two(test::k8s::workload("a", "one") + "---\n" + named);
    CHECK(are_elsewhere(two.manifest, "team"));
}

TEST_CASE("a namespace that is not in the files gets the labels that routes rely on", "[export]") {
    const auto trusted = [](const std::string& text, ClusterApi api = ClusterApi::gateway) {
        const test::Exporting in(text);
        CHECK(in.mistakes.empty());
        const auto all = trusted_namespaces(in.manifest, in.routing.listeners, in.environment, api);
        return all.contains("far") ? all.at("far") : Trust();
    };
    using manifest::Labels;
    const auto asking = [](std::string_view selector, std::string_view hostname = "") {
        const std::string from = ", allowedRoutes: {namespaces: {from: Selector, selector: {" +
                                 std::string(selector) + "}}}";
        return test::k8s::api_gateway("edge", test::k8s::listener("l", hostname, from)) +
               test::k8s::tls_route("r", "{name: edge, namespace: ns}", "a.org",
                                    "{name: a, port: 443}", ", namespace: far") +
               test::k8s::workload("a", "far");
    };
    const Trust tier = trusted(asking("matchLabels: {tier: 'true'}"));
    CHECK(tier.labels == Labels{{"tier", "true"}});
    REQUIRE(tier.notes.size() == 1);
    CHECK_THAT(tier.notes.front(),
               Contains("the label tier=true, on which Gateway ns/edge relies"));
    CHECK_THAT(namespace_document("far", tier.labels),
               Contains("  labels:\n    \"tier\": \"true\"\n  name: far\n"));
    CHECK(trusted(asking("matchLabels: {tier: a}"), ClusterApi::istio).labels.empty());
    CHECK(trusted(asking("matchLabels: {tier: a}", "b.org")).labels.empty());
    CHECK(trusted(asking("matchLabels: {tier: a}") +
                  "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: far, labels: {tier: "
                  "a}}\n")
              .labels.empty());
    const Trust any = trusted(asking("matchExpressions: [{key: tier, operator: Exists}]"));
    CHECK(any.labels.empty());
    REQUIRE(any.notes.size() == 1);
    CHECK_THAT(any.notes.front(), Contains("kubectl label namespace far tier=VALUE"));

    const std::string mesh =
        test::k8s::workload("a", "far") + test::k8s::gateway("gw", test::k8s::server("a.org")) +
        test::k8s::service("vs", "a.org", test::k8s::rule("a.org", "a.far.svc.cluster.local"));
    const auto rule = [](std::string_view mode) {
        return "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: "
               "dr, namespace: far}\nspec: {host: a, trafficPolicy: {tls: {mode: " +
               std::string(mode) + "}}}\n";
    };
    CHECK(trusted(mesh + rule("ISTIO_MUTUAL")).labels == Labels{{"istio-injection", "enabled"}});
    CHECK(trusted(mesh + rule("ISTIO_MUTUAL"), ClusterApi::istio).labels ==
          Labels{{"istio-injection", "enabled"}});
    CHECK(trusted(mesh + rule("DISABLE")).labels.empty());
}

}  // namespace export_documents_test
