#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/manifest.h"

namespace manifest_kinds_test {

using namespace sni;
using Codes = std::vector<std::string>;

namespace {

/// Only what reading says.
test::Read read_only(std::string_view text, std::string_view ns = "default") {
    test::Read read;
    auto parsed = manifest::parse_manifests({{.name = "a.yaml", .text = std::string(text)}}, ns);
    read.manifest = std::move(parsed.manifest);
    read.diagnostics = std::move(parsed.diagnostics);
    return read;
}

std::string object(std::string_view version, std::string_view kind, std::string_view spec) {
    return "apiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: x, namespace: ns}\nspec: " + std::string(spec) + "\n";
}

test::Read listener(std::string_view fields) {
    return read_only(object("gateway.networking.k8s.io/v1", "Gateway",
                            "{gatewayClassName: istio, listeners: [{name: l, port: 443, " +
                                std::string(fields) + "}]}"));
}

test::Read tls_route(std::string_view version, std::string_view spec) {
    return read_only(object("gateway.networking.k8s.io/" + std::string(version), "TLSRoute", spec));
}

}  // namespace

TEST_CASE("a Pod that stands alone is one pod with its own labels", "[manifest]") {
    const test::Read read = read_only(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: a}}\nspec:\n"
        "  containers: [{name: c, image: i, ports: [{containerPort: 8443, name: tls}]}]\n"
        "status: {phase: Running}\n");
    CHECK(read.all().empty());
    REQUIRE(read.manifest.deployments.size() == 1);
    const manifest::Deployment& pod = read.manifest.deployments.front();
    CHECK(pod.bare_pod);
    CHECK(pod.kind() == "Pod");
    CHECK(pod.replicas.value == 1);
    CHECK(pod.pod.labels.value == manifest::Labels{{"app", "a"}});
    CHECK(pod.pod.containers.size() == 1);
}

TEST_CASE("the same manifests in JSON, flow and block style read the same", "[manifest]") {
    const auto values = [](std::string_view text) {
        const test::Read read = read_only(text);
        CHECK(read.all().empty());
        REQUIRE(read.manifest.services.size() == 1);
        const manifest::Service& service = read.manifest.services.front();
        REQUIRE(service.ports.size() == 1);
        return service.meta.path() + " " + std::to_string(service.ports[0].port.value) + " " +
               std::get<manifest::Text>(service.ports[0].target).value + " " +
               service.selector.value.at("app");
    };
    const std::string block =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  namespace: ns\n"
        "  creationTimestamp: null\nspec:\n  selector:\n    app: x\n  ports:\n  - port: 443\n"
        "    targetPort: tls\nstatus: {}\n";
    CHECK(values(block) == "ns/s 443 tls x");
    CHECK(values("{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: "
                 "{selector: {app: x}, ports: [{port: 443, targetPort: tls}]}}") == values(block));
    CHECK(values(R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s",
        "namespace": "ns", "creationTimestamp": null}, "spec": {"selector": {"app": "x"},
        "ports": [{"port": 443, "targetPort": "tls"}]}, "status": {}})") == values(block));
    CHECK(
        values("apiVersion: 'v1'\nkind: \"Service\"\nmetadata:\n  name: &name s\n  namespace: "
               "|-\n    ns\nspec:\n  selector:\n    app: >-\n      x\n  ports: &ports\n    - port: "
               "443\n      targetPort: 'tls'\n") == values(block));
}

TEST_CASE("a list of one kind stands for its items too", "[manifest]") {
    const test::Read read = read_only(
        "apiVersion: v1\nkind: ServiceList\nmetadata: {}\nitems:\n- apiVersion: v1\n"
        "  kind: Service\n  metadata: {name: s}\n  spec: {ports: [{port: 1}]}\n");
    CHECK(read.all().empty());
    CHECK(read.manifest.services.size() == 1);
}

TEST_CASE("what kubectl prints beside its maker is no workload of its own", "[manifest]") {
    const auto made = [](std::string_view version, std::string_view kind, std::string_view name,
                         std::string_view owner, std::string_view spec) {
        return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
               "\nmetadata: {name: " + std::string(name) + ", namespace: ns, labels: {app: x}, " +
               "ownerReferences: [{apiVersion: apps/v1, kind: Node, name: n}, {apiVersion: "
               "apps/v1, "
               "controller: true, " +
               std::string(owner) + "}]}\nspec: " + std::string(spec) + "\n";
    };
    constexpr std::string_view kPods = "{containers: [{name: c, image: i}]}";
    const std::string of_set =
        "{selector: {matchLabels: {app: x}}, template: {metadata: {labels: "
        "{app: x}}, spec: " +
        std::string(kPods) + "}}";
    const std::string set =
        made("apps/v1", "ReplicaSet", "x-1", "kind: Deployment, name: x", of_set);
    const std::string pod = made("v1", "Pod", "x-1-2", "kind: ReplicaSet, name: x-1", kPods);
    const std::string deployment =
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x, "
        "namespace: ns}\nspec: " +
        of_set + "\n";
    CHECK(read_only(pod + set + deployment).manifest.deployments.size() == 1);
    CHECK(read_only(pod + set).manifest.deployments.size() == 1);
    CHECK(read_only(pod).manifest.deployments.size() == 1);  // its maker is not here
    CHECK(read_only(pod + deployment).manifest.deployments.size() == 2);

    // Only the pod says that it has a sidecar.
    const std::string injected = test::replaced(
        pod, "labels: {app: x}", "labels: {app: x}, annotations: {sidecar.istio.io/status: '{}'}");
    const manifest::Manifest told = read_only(injected + set + deployment).manifest;
    REQUIRE(told.deployments.size() == 1);
    CHECK(told.deployments.front().pod.annotations.contains("sidecar.istio.io/status"));
    // Whoever makes himself is made by nobody here.
    const std::string self =
        made("apps/v1", "ReplicaSet", "x-1", "kind: ReplicaSet, name: x-1", of_set);
    CHECK(read_only(self).manifest.deployments.size() == 1);
}

TEST_CASE("what only helm test makes is left aside", "[manifest]") {
    const auto pod = [](std::string_view hook) {
        return "apiVersion: v1\nkind: Pod\nmetadata: {name: t, namespace: ns, annotations: "
               "{helm.sh/hook: '" +
               std::string(hook) + "'}}\nspec: {containers: [{name: c, image: i}]}\n";
    };
    CHECK(read_only(pod("test")).manifest.deployments.empty());
    CHECK(read_only(pod("pre-install, test-success")).manifest.deployments.empty());
    CHECK(read_only(pod("pre-install")).manifest.deployments.size() == 1);
    CHECK_THAT(read_only(pod("test")).all(), test::Contains("Pod of helm test"));
}

TEST_CASE("what the list is of, its items need not say", "[manifest]") {
    const std::string items = "items:\n- metadata: {name: s}\n  spec: {ports: [{port: 1}]}\n";
    const test::Read read = read_only("apiVersion: v1\nkind: ServiceList\n" + items);
    CHECK(read.all().empty());
    REQUIRE(read.manifest.services.size() == 1);
    CHECK(read.manifest.services.front().meta.name.value == "s");
    CHECK(read.manifest.documents.back().kind == "Service");

    CHECK(read_only("apiVersion: v1\nkind: List\n" + items).errors() == Codes{"X-MISSING"});
    CHECK(read_only("apiVersion: v1\nkind: ServiceList\n" +
                    test::replaced(items, "metadata: {name", "kind: Service\n  metadata: {name"))
              .errors() == Codes{"X-MISSING"});
}

TEST_CASE("a DestinationRule says what TLS it adds, for the host and for a port", "[manifest]") {
    const test::Read read = read_only(object(
        "networking.istio.io/v1", "DestinationRule",
        "{host: a.ns.svc.cluster.local, trafficPolicy: {loadBalancer: {simple: RANDOM}, tls: "
        "{mode: SIMPLE, caCertificates: /x}, portLevelSettings: [{port: {number: 443}, tls: "
        "{mode: DISABLE}}]}, subsets: [{name: v1, labels: {v: '1'}}], exportTo: ['.']}"));
    CHECK(read.all().empty());
    REQUIRE(read.manifest.destination_rules.size() == 1);
    const manifest::DestinationRule& rule = read.manifest.destination_rules.front();
    CHECK(rule.host.value == "a.ns.svc.cluster.local");
    REQUIRE(rule.tls.size() == 2);
    CHECK(rule.tls[0].mode.value == "SIMPLE");
    CHECK(rule.tls[0].has_authority);
    CHECK_FALSE(rule.tls[0].port.has_value());
    CHECK(rule.tls[1].mode.value == "DISABLE");
    CHECK(rule.tls[1].port->value == 443);
    REQUIRE(rule.balancers.size() == 2);
    CHECK(rule.balancers[0].simple.value == "RANDOM");
    CHECK(rule.balancers[1].simple.value.empty());
    CHECK(rule.balancers[1].port->value == 443);
    REQUIRE(rule.subsets.size() == 1);
    CHECK(rule.subsets[0].name.value == "v1");
    CHECK(read_only(object("networking.istio.io/v1", "DestinationRule",
                           "{host: a, trafficPolicy: {tls: {mode: simple}}}"))
              .errors() == Codes{"IST0106"});
    CHECK(read_only(object("networking.istio.io/v1", "DestinationRule", "{}")).errors() ==
          Codes{"IST0106"});
}

TEST_CASE("what a DestinationRule puts before the ClientHello is not passed over", "[manifest]") {
    for (const std::string policy : {"{proxyProtocol: {version: V2}}",
                                     "{tunnel: {protocol: CONNECT, targetHost: a.org, "
                                     "targetPort: 443}}"}) {
        const std::string spec = "{host: a, trafficPolicy: " + policy + "}";
        CHECK(read_only(object("networking.istio.io/v1", "DestinationRule", spec)).errors() ==
              Codes{"X-UNSUPPORTED"});
    }
    CHECK(read_only(object("networking.istio.io/v1", "DestinationRule",
                           "{host: a, trafficPolicy: {tls: {}, tunnel: null}}"))
              .errors()
              .empty());
}

TEST_CASE("a ServiceEntry is hosts with ports", "[manifest]") {
    const test::Read read = read_only(
        object("networking.istio.io/v1beta1", "ServiceEntry",
               "{hosts: [api.example.org], location: MESH_EXTERNAL, resolution: DNS, ports: "
               "[{number: 443, name: tls, protocol: tls, targetPort: 8443}], endpoints: "
               "[{address: 192.0.2.1, ports: {tls: 8443}}]}"));
    CHECK(read.all().empty());
    REQUIRE(read.manifest.service_entries.size() == 1);
    const manifest::ServiceEntry& entry = read.manifest.service_entries.front();
    CHECK(entry.hosts.front().value == "api.example.org");
    REQUIRE(entry.ports.size() == 1);
    CHECK(entry.ports[0].protocol.value == "TLS");
    CHECK(entry.ports[0].target_port->value == 8443);
    CHECK(entry.endpoints.front().address.value == "192.0.2.1");
    CHECK(read_only(object("networking.istio.io/v1", "ServiceEntry", "{hosts: ['*']}")).errors() ==
          Codes{"IST0106"});
}

TEST_CASE("kind Gateway of two groups is two kinds", "[manifest]") {
    const test::Read read = read_only(
        object("networking.istio.io/v1", "Gateway",
               "{servers: [{port: {number: 443, name: t, protocol: TLS}, tls: {mode: "
               "PASSTHROUGH}, hosts: [a.b]}]}") +
        "---\n" +
        object("gateway.networking.k8s.io/v1beta1", "Gateway",
               "{gatewayClassName: istio, listeners: [{name: l, port: 443, protocol: TLS, "
               "hostname: '*.a.b', tls: {mode: Passthrough}}]}"));
    CHECK(read.all().empty());
    CHECK(read.manifest.gateways.size() == 1);
    REQUIRE(read.manifest.api_gateways.size() == 1);
    CHECK(read.manifest.api_gateways[0].listeners[0].passthrough);
    CHECK(read.manifest.api_gateways[0].listeners[0].from == manifest::api::From::same);
}

TEST_CASE("a TLS mode left out is Terminate here and PASSTHROUGH in Istio's Gateway",
          "[manifest]") {
    const test::Read left_out = listener("protocol: TLS, tls: {certificateRefs: [{name: c}]}");
    CHECK(left_out.all().empty());
    CHECK_FALSE(left_out.manifest.api_gateways.at(0).listeners.at(0).passthrough);
    CHECK(listener("protocol: TLS, tls: {}").errors() == Codes{"X-MISSING"});
    const test::Read istio = read_only(object(
        "networking.istio.io/v1", "Gateway",
        "{servers: [{port: {number: 443, name: t, protocol: TLS}, tls: {}, hosts: [a.b]}]}"));
    CHECK(istio.manifest.gateways.at(0).servers.at(0).tls == manifest::TlsMode::passthrough);
}

TEST_CASE("a listener is checked as its CRD checks it", "[manifest]") {
    CHECK(listener("protocol: TLS").errors() == Codes{"X-MISSING"});
    CHECK(listener("protocol: HTTPS, tls: {mode: Passthrough}").errors() == Codes{"X-VALUE"});
    CHECK(listener("protocol: HTTP, tls: {mode: Passthrough}").errors() == Codes{"X-VALUE"});
    CHECK(listener("protocol: TLS, tls: {mode: PASSTHROUGH}").errors() == Codes{"X-VALUE"});
    CHECK(listener("protocol: TCP, hostname: a.b").errors() == Codes{"X-VALUE"});
    for (const std::string_view bad : {"10.0.0.1", "'*'", "A.example.com", "'*a.b'", "a.*.b"}) {
        CAPTURE(bad);
        CHECK(listener("protocol: HTTP, hostname: " + std::string(bad)).errors() ==
              Codes{"X-VALUE"});
    }
    for (const std::string_view bad : {"Some", "''"}) {
        CAPTURE(bad);
        CHECK(listener("protocol: HTTP, allowedRoutes: {namespaces: {from: " + std::string(bad) +
                       "}}")
                  .errors() == Codes{"X-VALUE"});
    }
    CHECK(listener("protocol: HTTP}, {name: l, port: 80, protocol: HTTP").errors() ==
          Codes{"X-VALUE"});
    CHECK(listener("protocol: HTTP}, {name: m, port: 443, protocol: HTTP").errors() ==
          Codes{"X-VALUE"});
}

TEST_CASE("allowedRoutes has labels and expressions", "[manifest]") {
    const test::Read read = listener(
        "protocol: HTTP, allowedRoutes: {kinds: [{kind: TLSRoute}], namespaces: {from: Selector, "
        "selector: {matchLabels: {a: b}, matchExpressions: [{key: k, operator: NotIn, values: [x, "
        "'y']}]}}}");
    CHECK(read.all().empty());
    const manifest::api::Listener& l = read.manifest.api_gateways.at(0).listeners.at(0);
    CHECK(l.from == manifest::api::From::selector);
    REQUIRE(l.namespaces.size() == 2);
    CHECK(l.namespaces[0] == manifest::api::LabelTest{"a", "In", {"b"}});
    CHECK(l.namespaces[1] == manifest::api::LabelTest{"k", "NotIn", {"x", "y"}});
    REQUIRE(l.kinds.size() == 1);
    CHECK(l.kinds[0].group.value == "gateway.networking.k8s.io");
}

TEST_CASE("a selector that is none lets everybody in, and one that is wrong nobody", "[manifest]") {
    const auto selected = [](std::string_view more) {
        return listener("protocol: HTTP, allowedRoutes: {namespaces: {from: Selector" +
                        std::string(more) + "}}");
    };
    for (const char* none : {"", ", selector: null"}) {
        const test::Read read = selected(none);
        CHECK(read.codes() == Codes{"X-VALUE"});
        CHECK(read.errors().empty());
        CHECK_THAT(read.text("X-VALUE"), test::Contains("lets routes of every namespace in"));
        CHECK(read.manifest.api_gateways.at(0).listeners.at(0).from == manifest::api::From::all);
    }
    CHECK(selected(", selector: {}").codes().empty());
    for (const char* wrong : {"In", "NotIn, values: []", "Exists, values: [x]"}) {
        CAPTURE(wrong);
        const test::Read read = selected(
            ", selector: {matchExpressions: [{key: k, operator: " + std::string(wrong) + "}]}");
        CHECK(read.codes() == Codes{"X-VALUE"});
        CHECK(read.errors().empty());
    }
}

TEST_CASE("a TLSRoute is read in each of its versions", "[manifest]") {
    const std::string_view rule = "rules: [{backendRefs: [{name: s, port: 443}]}]";
    for (const std::string_view version : {"v1", "v1alpha3", "v1alpha2"}) {
        CAPTURE(version);
        const test::Read read = tls_route(
            version, "{parentRefs: [{name: g}], hostnames: [a.b], " + std::string(rule) + "}");
        CHECK(read.errors().empty());
        CHECK(read.has("X-API-VERSION") == (version != "v1"));
        REQUIRE(read.manifest.tls_routes.size() == 1);
        const manifest::api::Route& route = read.manifest.tls_routes.front();
        CHECK(route.version == version);
        CHECK(route.parents.at(0).to.path() == "ns/g");
        CHECK(route.parents.at(0).to.kind.value == "Gateway");
        CHECK(route.rules.at(0).backends.at(0).to.path() == "ns/s");
        CHECK(route.rules.at(0).backends.at(0).weight.value == 1);
    }
    CHECK(tls_route("v1", "{" + std::string(rule) + "}").errors() == Codes{"X-MISSING"});
    CHECK(tls_route("v1alpha3", "{" + std::string(rule) + "}").errors() == Codes{"X-MISSING"});
    CHECK(tls_route("v1alpha2", "{" + std::string(rule) + "}").errors().empty());
    const std::string_view two =
        "{hostnames: [a.b], rules: [{backendRefs: [{name: s, port: 1}]}, {backendRefs: [{name: t, "
        "port: 1}]}]}";
    CHECK(tls_route("v1", two).errors() == Codes{"X-VALUE"});
    CHECK(tls_route("v1alpha2", two).errors().empty());
    CHECK(tls_route("v1", "{hostnames: [a.b], rules: [{backendRefs: [{name: s}]}]}").errors() ==
          Codes{"X-MISSING"});
    CHECK(tls_route("v1", "{hostnames: ['10.0.0.1'], " + std::string(rule) + "}").errors() ==
          Codes{"X-VALUE"});
    CHECK(tls_route("v2", "{}").errors() == Codes{"X-UNSUPPORTED"});
}

TEST_CASE("a ReferenceGrant says from whom and to what", "[manifest]") {
    for (const std::string_view version : {"v1", "v1beta1", "v1alpha2"}) {
        const test::Read read = read_only(
            object("gateway.networking.k8s.io/" + std::string(version), "ReferenceGrant",
                   "{from: [{group: gateway.networking.k8s.io, kind: TLSRoute, namespace: a}], "
                   "to: [{group: '', kind: Service, name: s}]}"));
        // Gone before Gateway API 1.4: no cluster has it, and it opens nothing.
        const bool gone = version == "v1alpha2";
        CHECK(read.errors() == (gone ? Codes{"X-API-VERSION"} : Codes{}));
        REQUIRE(read.manifest.reference_grants.size() == (gone ? 0U : 1U));
        if (gone) continue;
        CHECK(read.manifest.reference_grants[0].from.at(0).ns.value == "a");
        CHECK(read.manifest.reference_grants[0].to.at(0).name.value == "s");
    }
}

TEST_CASE("a GatewayClass has a controller", "[manifest]") {
    const test::Read read = read_only(object("gateway.networking.k8s.io/v1", "GatewayClass",
                                             "{controllerName: istio.io/gateway-controller}"));
    CHECK(read.all().empty());
    CHECK(read.manifest.gateway_classes.at(0).controller.value == "istio.io/gateway-controller");
}

TEST_CASE("a wrong version is told the version of its own group", "[manifest]") {
    CHECK_THAT(read_only(object("gateway.networking.k8s.io/v1alpha2", "Gateway", "{}"))
                   .text("X-UNSUPPORTED"),
               test::Contains("hint: write apiVersion: gateway.networking.k8s.io/v1\n"));
}

TEST_CASE("mistakes of all kinds are reported in one run, in file order, each once", "[manifest]") {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        text += "apiVersion: v1\nkind: Service\nmetadata: {name: s" + std::to_string(i) +
                "}\nspec: {ports: [{port: \"443\"}]}\n---\n";
    }
    text += "apiVersion: v1\nkind: [\n";
    const test::Read read = read_only(text);
    REQUIRE(read.diagnostics.size() == 301);
    CHECK(std::ranges::is_sorted(read.diagnostics, {}, [](const Diagnostic& d) {
        return std::pair(d.place.line, d.place.column);
    }));
    CHECK(read.diagnostics.back().code == "X-YAML-SYNTAX");
}

}  // namespace manifest_kinds_test
