#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_reader_test {

using namespace sni;

namespace {

constexpr std::string_view kNamespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n";

test::Read read_spec(std::string_view kind, std::string_view rest) {
    return test::read_text("apiVersion: v1\nkind: " + std::string(kind) + "\n" + std::string(rest));
}

}  // namespace

TEST_CASE("values of the wrong type are told apart as kubectl does", "[manifest]") {
    struct Case {
        std::string_view from;
        std::string_view to;
        std::string message;
    };
    const std::vector<Case> cases = {
        {"port: 443", "port: \"443\"",
         "a.yaml:20:11: error: spec.ports[0].port must be a number, not the string \"443\" "
         "[X-TYPE]\n   20 |   - port: \"443\"\n      |           ^^^^^\n"
         "hint: write 443 without quotes\n"},
        {"port: 443", "port: on",
         "a.yaml:20:11: error: spec.ports[0].port must be a number, not the boolean on [X-TYPE]\n"
         "   20 |   - port: on\n      |           ^^\n"},
        {"port: 443", "port: 0443",
         "a.yaml:20:11: error: spec.ports[0].port must be a whole number in decimal, not \"0443\" "
         "[X-VALUE]\n   20 |   - port: 0443\n      |           ^^^^\n"},
        {"port: 443", "port: 70000",
         "a.yaml:20:11: error: spec.ports[0].port is 70000, but a port is a number from 1 to "
         "65535 [X-VALUE]\n   20 |   - port: 70000\n      |           ^^^^^\n"},
        {"port: 443", "port:",
         "a.yaml:20:5: error: spec.ports[0].port is empty [X-MISSING]\n"
         "   20 |   - port:\n      |     ^^^^\n"},
        {"targetPort: 8443", "targetPort: \"8443\"",
         "a.yaml:21:17: error: spec.ports[0].targetPort must be a number or the name of a "
         "container's port, not the string \"8443\" [X-TYPE]\n   21 |     targetPort: \"8443\"\n"
         "      |                 ^^^^^^\nhint: write 8443 without quotes\n"},
        {"istio-injection: enabled", "istio-injection: on",
         "a.yaml:9:22: error: metadata.labels.istio-injection must be a string, not the boolean "
         "on [X-TYPE]\n    9 |     istio-injection: on\n      |                      ^^\n"
         "hint: write it in quotes: \"on\"\n"},
        {"app: httpbin", "app: 1.0",
         "a.yaml:18:10: error: spec.selector.app must be a string, not the number \"1.0\" "
         "[X-TYPE]\n   18 |     app: 1.0\n      |          ^^^\n"
         "hint: write it in quotes: \"1.0\"\n"},
        {"number: 443", "number: \"443\"",
         "a.yaml:69:15: error: spec.servers[0].port.number must be a number, not the string "
         "\"443\" [IST0106]\n   69 |       number: \"443\"\n      |               ^^^^^\n"
         "hint: write 443 without quotes\n"},
        {"  hosts:\n  - httpbin.example.com\n  gateways",
         "  hosts: httpbin.example.com\n  gateways",
         "a.yaml:83:10: error: spec.hosts must be a list, not the string \"httpbin.example.com\" "
         "[IST0106]\n   83 |   hosts: httpbin.example.com\n"
         "      |          ^^^^^^^^^^^^^^^^^^^\n"
         "hint: write - \"httpbin.example.com\" on a line of its own\n"},
        {"replicas: 1", "replicas: two",
         "a.yaml:29:13: error: spec.replicas must be a number, not the string \"two\" [X-TYPE]\n"
         "   29 |   replicas: two\n      |             ^^^\n"},
        {"      volumes:\n      - name: certs\n        secret:\n          secretName: "
         "httpbin-credential\n",
         "      volumes: 1\n",
         "a.yaml:54:16: error: spec.template.spec.volumes must be a list, not the number \"1\" "
         "[X-TYPE]\n"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.to);
        const test::Read read = test::tutorial_with(c.from, c.to);
        REQUIRE_FALSE(read.diagnostics.empty());
        CHECK_THAT(read.all(), test::Contains(c.message));
    }
}

TEST_CASE("what is not understood is named, with its place, and never ignored", "[manifest]") {
    SECTION("a field") {
        CHECK(test::tutorial_with("targetPort", "targetport").text("X-UNSUPPORTED") ==
              "a.yaml:21:5: error: field spec.ports[0].targetport is not understood "
              "[X-UNSUPPORTED]\n   21 |     targetport: 8443\n      |     ^^^^^^^^^^\n"
              "hint: did you mean targetPort?\n");
        CHECK(test::tutorial_with("sniHosts", "sni_hosts").has("X-UNSUPPORTED"));
        CHECK(test::tutorial_with("containers:", "initContainer: []\n      containers:").errors() ==
              std::vector<std::string>{"X-UNSUPPORTED"});
    }
    SECTION("a kind") {
        CHECK(read_spec("Servise", "metadata: {name: x}\n").text("X-UNSUPPORTED") ==
              "a.yaml:2:7: error: kind \"Servise\" of apiVersion \"v1\" is not understood "
              "[X-UNSUPPORTED]\n    2 | kind: Servise\n      |       ^^^^^^^\n"
              "hint: did you mean Service?\n");
        CHECK(test::tutorial_with("apps/v1", "extensions/v1beta1").text("X-UNSUPPORTED") ==
              "a.yaml:23:13: error: kind \"Deployment\" of apiVersion \"extensions/v1beta1\" is "
              "not understood [X-UNSUPPORTED]\n   23 | apiVersion: extensions/v1beta1\n"
              "      |             ^^^^^^^^^^^^^^^^^^\nhint: write apiVersion: apps/v1\n");
        CHECK(test::tutorial_with("networking.istio.io/v1beta1", "gateway.networking.k8s.io/v1")
                  .has("X-UNSUPPORTED"));
    }
    SECTION("can be allowed, and is a warning then") {
        auto read = test::tutorial_with("replicas: 1", "replicas: 1\n  future: yes");
        REQUIRE(read.diagnostics.size() == 1);
        CHECK(manifest::is_unsupported(read.diagnostics.front()));
        manifest::allow_unsupported(read.diagnostics);
        CHECK(read.diagnostics.front().level == Level::warning);
        CHECK(read.scenario.routes.size() == 1);
    }
    SECTION("an error of another kind cannot be allowed") {
        auto read = test::tutorial_with("port: 443", "port: x");
        manifest::allow_unsupported(read.diagnostics);
        CHECK(read.errors().size() == 1);
    }
}

TEST_CASE("the noise that kubectl get -o yaml prints is accepted", "[manifest]") {
    std::string text = test::tutorial();
    text = test::replaced(text, "  name: httpbin\n",
                          "  name: httpbin\n  uid: x\n  resourceVersion: \"1\"\n  generation: 1\n"
                          "  creationTimestamp: \"2026-01-01T00:00:00Z\"\n"
                          "  annotations: {a: b}\n  labels: {app: x}\n  managedFields: []\n",
                          "kind: Deployment");
    text = test::replaced(text, "      containers:\n",
                          "      serviceAccountName: s\n      restartPolicy: Always\n"
                          "      containers:\n");
    text = test::replaced(text, "        image:",
                          "        imagePullPolicy: Always\n        env: [{name: A, value: b}]\n"
                          "        resources: {limits: {cpu: 1}}\n        livenessProbe: {}\n"
                          "        image:");
    text = test::replaced(text, "    targetPort: 8443\n",
                          "    targetPort: 8443\n  clusterIP: 10.0.0.1\n  type: LoadBalancer\n"
                          "status: {loadBalancer: {}}\n");
    const test::Read read = test::read_text(text);
    CHECK(read.all().empty());
    CHECK(read.scenario.routes.size() == 1);
}

TEST_CASE("kubectl's own output is read", "[manifest]") {
    // kubectl create namespace and create secret tls, with --dry-run=client -o yaml
    const test::Read read = test::read_text(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  creationTimestamp: null\n  name: x\n"
        "spec: {}\nstatus: {}\n---\napiVersion: v1\ndata:\n  tls.crt: Y2VydA==\n"
        "  tls.key: a2V5\nkind: Secret\nmetadata:\n  creationTimestamp: null\n  name: s\n"
        "type: kubernetes.io/tls\n");
    CHECK(read.errors() == std::vector<std::string>{"X-NO-GATEWAY"});
    REQUIRE(read.manifest.secrets.size() == 1);
    CHECK(read.manifest.secrets[0].data.at("tls.crt") == "cert");
    CHECK(read.manifest.secrets[0].meta.path() == "default/s");
    REQUIRE(read.manifest.namespaces.size() == 1);
    CHECK(read.manifest.namespaces[0].meta.ns.value.empty());
}

TEST_CASE("kind List stands for its items", "[manifest]") {
    const test::Read read = test::read_text(
        "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: \"\"}\nitems:\n"
        "- apiVersion: v1\n  kind: Namespace\n  metadata: {name: a}\n"
        "- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: {a: \"!\"}\n");
    CHECK(read.manifest.namespaces.size() == 1);
    CHECK(read.text("X-VALUE") ==
          "a.yaml:11:13: error: data.a is not base64 [X-VALUE]\n"
          "hint: put plain text under stringData instead of data\n");
    CHECK(test::read_text("apiVersion: v1\nkind: List\nitems: 1\n").has("X-TYPE"));
    CHECK(test::read_text("apiVersion: v1\nkind: List\nitems: [1]\n").text("X-TYPE") ==
          "a.yaml:3:9: error: items[0] must be a mapping, not the number \"1\" [X-TYPE]\n"
          "    3 | items: [1]\n      |         ^\n");
}

TEST_CASE("a document without apiVersion, kind or name is refused once", "[manifest]") {
    CHECK(test::read_text("a: 1\n").all() ==
          "a.yaml:1:1: error: a Kubernetes object needs apiVersion and kind, and this has no such "
          "fields [X-MISSING]\n    1 | a: 1\n      | ^\n");
    CHECK(test::read_text("apiVersion: v1\n").errors() == std::vector<std::string>{"X-MISSING"});
    CHECK(test::read_text("hello\n").errors() == std::vector<std::string>{"X-TYPE"});
    CHECK(test::read_text("apiVersion: v1\nkind: Namespace\n").text("X-MISSING") ==
          "a.yaml:1:1: error: metadata is missing [X-MISSING]\n"
          "    1 | apiVersion: v1\n      | ^^^^^^^^^^\n");
    CHECK(
        test::read_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: A_b}\n").has("X-VALUE"));
    CHECK(test::read_text(kNamespace).errors() == std::vector<std::string>{"X-NO-GATEWAY"});
    CHECK(test::read_text("").errors() == std::vector<std::string>{"X-YAML-EMPTY"});
    CHECK(test::read_files({}).errors() == std::vector<std::string>{"X-YAML-EMPTY"});
}

TEST_CASE("one object cannot be defined twice, but may share its name with other kinds",
          "[manifest]") {
    const test::Read read = test::read_files(
        {{.name = "a.yaml", .text = std::string(kNamespace)},
         {.name = "b.yaml", .text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n"}});
    CHECK(read.text("X-DUPLICATE") ==
          "b.yaml:3:18: error: Namespace \"ns\" is defined twice [X-DUPLICATE]\n"
          "    3 | metadata: {name: ns}\n      |                  ^^\n"
          "why: a.yaml:3 defines it already\n"
          "hint: remove one of them; kubectl apply would keep the last\n");
    CHECK_FALSE(test::tutorial_with("name: httpbin\n", "name: other\n", "kind: Deployment")
                    .has("X-DUPLICATE"));
}

TEST_CASE("a Secret holds data and stringData, and a tls one both its keys", "[manifest]") {
    const test::Read read =
        read_spec("Secret",
                  "metadata: {name: s}\ntype: kubernetes.io/tls\ndata: {tls.crt: Y2VydA==, x: ''}\n"
                  "stringData: {tls.key: plain, x: z}\n");
    CHECK(read.errors() == std::vector<std::string>{"X-NO-GATEWAY"});
    const auto& data = read.manifest.secrets.at(0).data;
    CHECK(data.at("tls.crt") == "cert");
    CHECK(data.at("tls.key") == "plain");
    CHECK(data.at("x") == "z");
    CHECK(read_spec("Secret", "metadata: {name: s}\ntype: kubernetes.io/tls\ndata: {tls.crt: ''}\n")
              .text("X-MISSING") ==
          "a.yaml:4:7: error: a Secret of type kubernetes.io/tls needs tls.key [X-MISSING]\n"
          "hint: kubectl create secret tls writes both keys\n");
    CHECK(read_spec("Secret", "metadata: {name: s}\ndata: {a: |\n    Y2Vy\n    dA==\n  }\n")
              .has("X-YAML-SYNTAX"));
    CHECK(read_spec("Secret", "metadata: {name: s}\ndata:\n  a: |\n    Y2Vy\n    dA==\n")
              .manifest.secrets.at(0)
              .data.at("a") == "cert");
}

TEST_CASE("what the API server would refuse in a Service or Deployment is refused", "[manifest]") {
    const auto errors = [](std::string_view from, std::string_view to,
                           std::string_view after = {}) {
        return test::tutorial_with(from, to, after).errors();
    };
    using Codes = std::vector<std::string>;
    CHECK(errors("    targetPort: 8443\n", "    targetPort: 8443\n  - port: 80\n") ==
          Codes{"X-MISSING", "X-MISSING"});
    CHECK(errors("  - port: 443\n", "  - port: 80\n    name: a\n  - port: 443\n    name: a\n") ==
          Codes{"X-VALUE"});
    CHECK(errors("  - port: 443\n", "  - port: 443\n    name: a\n  - port: 443\n    name: b\n") ==
          Codes{"X-VALUE"});
    CHECK(errors("  - port: 443\n", "  - port: 80\n    name: a\n  - port: 443\n    name: b\n") ==
          Codes{});
    CHECK(errors("  - port: 443\n", "  - port: 443\n    protocol: tcp\n") == Codes{"X-VALUE"});
    CHECK(errors("  ports:\n", "  type: Other\n  ports:\n") == Codes{"X-VALUE"});
    CHECK(errors("  ports:\n", "  type: ExternalName\n  ports:\n") == Codes{"X-NOT-PLAYED"});
    CHECK(errors("replicas: 1", "replicas: -1") == Codes{"X-VALUE"});
    CHECK(errors("      app: httpbin\n", "      app: other\n", "matchLabels") == Codes{"X-VALUE"});
    CHECK(errors("- name: certs\n          mountPath", "- name: cert\n          mountPath") ==
          Codes{"X-VALUE"});
    CHECK(errors("secretName: httpbin-credential", "optional: true") == Codes{"X-MISSING"});
    CHECK(errors("        image: docker.io/kennethreitz/httpbin\n", "") == Codes{"X-MISSING"});
    CHECK(errors("    matchLabels:\n      app: httpbin\n",
                 "    matchExpressions: []\n    matchLabels:\n      app: httpbin\n") == Codes{});
}

TEST_CASE("a Gateway is checked as istiod does", "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to) {
        return test::tutorial_with(from, to, "kind: Gateway");
    };
    using Codes = std::vector<std::string>;
    CHECK(with("name: passthrough-gateway", "name: a.b").codes() == Codes{"IST0106", "IST0101"});
    CHECK(with("      name: tls\n", "").codes() == Codes{"IST0106"});
    CHECK(with("protocol: TLS", "protocol: HTTPX").codes() == Codes{"IST0106"});
    CHECK(with("protocol: TLS", "protocol: https").codes() == Codes{});
    CHECK(with("protocol: TLS", "protocol: TCP").codes() == Codes{"IST0106"});
    CHECK_FALSE(with("protocol: TLS", "protocol: HTTP").has("IST0106"));
    CHECK(with("    tls:\n      mode: PASSTHROUGH\n", "").codes() == Codes{"IST0106"});
    CHECK(with("      mode: PASSTHROUGH\n", "      {}\n").codes() == Codes{});  // the default
    CHECK(with("mode: PASSTHROUGH", "mode: passthrough").codes() == Codes{"IST0106"});
    CHECK(with("mode: PASSTHROUGH", "mode: SIMPLE").codes() == Codes{"IST0106"});
    CHECK(with("mode: PASSTHROUGH", "mode: PASSTHROUGH\n      credentialName: x").codes() ==
          Codes{"IST0133"});
    CHECK(with("mode: PASSTHROUGH", "mode: ISTIO_MUTUAL\n      credentialName: x").codes() ==
          Codes{"IST0106"});
    CHECK(with("mode: PASSTHROUGH", "mode: MUTUAL\n      serverCertificate: a\n      privateKey: b")
              .codes() == Codes{"IST0106"});
    CHECK(with("number: 443", "number: 443\n      targetPort: 1").codes() == Codes{"IST0106"});
    CHECK(with("number: 443", "number: 0").codes() == Codes{"IST0106"});
    CHECK(with("    hosts:\n    - httpbin.example.com\n", "    hosts: []\n").codes() ==
          Codes{"IST0106"});
    CHECK(with("  servers:\n",
               "  servers:\n  - port: {number: 80, name: tls, protocol: TLS}\n"
               "    tls: {}\n    hosts: [x.example.com]\n")
              .has("IST0106"));
    for (const std::string_view host : {"httpbin", "*foo.example.com", "a.*.com", "a/b/c.com",
                                        "/c.com", "a..com", "a.1", "a_b.com", "-a.com"}) {
        CAPTURE(host);
        CHECK(with("- httpbin.example.com", "- \"" + std::string(host) + "\"").has("IST0106"));
    }
    for (const std::string_view host :
         {"*", "*.example.com", "passthrough-test/httpbin.example.com", "./httpbin.example.com",
          "*/httpbin.example.com", "*/*"}) {
        CAPTURE(host);
        CHECK(with("- httpbin.example.com", "- \"" + std::string(host) + "\"").codes() == Codes{});
    }
    CHECK(with("mode: PASSTHROUGH", "mode: PASSTHROUGH\n      credentialName: x").text("IST0133") ==
          "a.yaml:74:23: warning: PASSTHROUGH needs no certificate, and this one is never used "
          "[IST0133]\n   74 |       credentialName: x\n      |                       ^\n"
          "why: the gateway does not open the TLS that it passes on\n"
          "hint: remove it here and mount the Secret into the backend's pod\n");
}

TEST_CASE("a VirtualService is checked as istiod does", "[manifest]") {
    const auto with = [](std::string_view from, std::string_view to) {
        return test::tutorial_with(from, to, "kind: VirtualService");
    };
    using Codes = std::vector<std::string>;
    CHECK(with("      - httpbin.example.com\n", "      - Httpbin.example.com\n").codes() ==
          Codes{"IST0106"});  // byte for byte
    CHECK(with("      - httpbin.example.com\n", "      - other.example.com\n").text("IST0106") ==
          "a.yaml:91:9: error: the SNI host \"other.example.com\" is not among this "
          "VirtualService's hosts [IST0106]\n   91 |       - other.example.com\n"
          "      |         ^^^^^^^^^^^^^^^^^\n"
          "why: Istio refuses a name that spec.hosts does not cover, letter by letter\n"
          "hint: add it to spec.hosts, or correct one of the two\n");
    CHECK(with("  - httpbin.example.com\n", "  - \"*.example.com\"\n").errors() == Codes{});
    CHECK(with("  - httpbin.example.com\n", "  - httpbin.example.com\n  - \"*.example.com\"\n")
              .codes() == Codes{"IST0106"});
    CHECK(with("  - httpbin.example.com\n", "  - httpbin.example.com\n  - a..b\n").codes() ==
          Codes{"IST0106"});
    CHECK(with("      sniHosts:\n      - httpbin.example.com\n", "").codes() == Codes{"IST0106"});
    CHECK(with("        host: httpbin.passthrough-test.svc.cluster.local\n", "").codes() ==
          Codes{"IST0106"});
    CHECK(with("        port:\n          number: 443\n",
               "        subset: v1\n        port:\n          number: 443\n")
              .codes() == Codes{"X-UNSUPPORTED"});
    CHECK(with("    - destination:", "    - weight: -1\n      destination:").codes() ==
          Codes{"IST0106"});
    CHECK(with("    - destination:", "    - weight: 0\n      destination:").codes() == Codes{});
    CHECK(with("    - destination:", "    - destination: {host: httpbin}\n    - destination:")
              .codes() == Codes{"IST0106"});
    CHECK(with("  tls:\n", "  http: 1\n  tls:\n").codes() == Codes{"IST0106"});
    CHECK(test::read_text("apiVersion: networking.istio.io/v1\nkind: VirtualService\n"
                          "metadata: {name: v}\nspec: {hosts: [a.b]}\n")
              .has("IST0106"));
    const test::Read address =
        test::tutorial_with("  - httpbin.example.com\n", "  - httpbin.example.com\n  - 10.0.0.1\n",
                            "kind: VirtualService");
    CHECK(address.codes() == Codes{});
}

TEST_CASE("all mistakes of all files are told in one run, in file order, each once", "[manifest]") {
    const test::Read read =
        test::read_files({{.name = "b.yaml",
                           .text = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
                                   "spec: {ports: [{port: a}], type: 1}\n"},
                          {.name = "a.yaml", .text = "a: [\n---\nkind: X\n"}});
    std::vector<std::string> places;
    for (const Diagnostic& d : read.diagnostics) {
        places.push_back(d.place.file + ":" + std::to_string(d.place.line) + " " + d.code);
    }
    CHECK(places == std::vector<std::string>{"b.yaml:4 X-TYPE", "b.yaml:4 X-TYPE",
                                             "a.yaml:1 X-YAML-SYNTAX", "a.yaml:3 X-MISSING"});
    CHECK(read.diagnostics[0].place.column < read.diagnostics[1].place.column);
}

TEST_CASE("long lines are not shown, and long texts are cut", "[manifest]") {
    const std::string big(100'000, 'x');
    const test::Read read = test::read_text("apiVersion: v1\nkind: " + big + "\n");
    REQUIRE(read.diagnostics.size() == 1 + 1);
    const Diagnostic& d = read.diagnostics.back().code == "X-UNSUPPORTED"
                              ? read.diagnostics.back()
                              : read.diagnostics.front();
    CHECK(d.source.empty());
    CHECK(d.message.size() < 250);
}

}  // namespace manifest_reader_test
