// Each code in a manifest that makes it fire, and in one close to it that does not.
#include "lab/analyze/codes.h"

#include "tests/analyze/firing.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_codes_test {

using namespace sni;
using test::Case;
using test::check;
using test::destination_rule;
using test::Lab;
using test::policy;

namespace {

const Lab kTwoPorts{.ports = "{name: tls, port: 443, targetPort: 8443}, {name: tcp-b, port: 444}"};

std::string rule(std::string_view match) {
    return "  - match: [" + std::string(match) + "]\n    route: [{destination: {host: a}}]\n";
}

constexpr const char* kEverywhere = "tls: {mode: PASSTHROUGH}\n    bind: 0.0.0.0";

std::string other_gateway(std::string_view hosts, std::string_view port = "443",
                          std::string_view tls = "tls: {mode: PASSTHROUGH}") {
    return test::gateway("other",
                         {.port = "number: " + std::string(port) + ", name: tls, protocol: TLS",
                          .tls = std::string(tls),
                          .server_hosts = std::string(hosts)});
}

std::string ingress_service(std::string_view port) {
    return test::service("istio-ingressgateway", "istio: ingressgateway",
                         "{name: tls, port: " + std::string(port) + ", targetPort: 8443}",
                         "istio-system");
}

std::string namespaced(std::string_view labels) {
    return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns, labels: {" +
           std::string(labels) + "}}\n";
}

const std::string kMount =
    "name: c, image: i, volumeMounts: [{name: v, mountPath: /etc/certs}], ports: [{containerPort: "
    "8443}]";

std::string secret_volume(std::string_view more = {}) {
    return "{name: v, secret: {secretName: s" + std::string(more) + "}}";
}

std::string plain_secret(std::string_view ns = "ns") {
    return test::document("v1", "Secret", "s", "stringData: {tls.crt: c, tls.key: k}", ns);
}

std::vector<Case> names() {
    return {
        {"IST0101", "info Gateway ns/gw", "{istio", {.selector = "istio: nobody"}},
        {"IST0101", "error Gateway ns/gw", "{istio", {.selector = "istio: ingresgateway"}},
        {"IST0101",
         "error VirtualService ns/vs",
         "none",
         {.gateways = "gateways: [none]"},
         {.gateways = "gateways: [./gw]"}},
        {"IST0101",
         "error VirtualService ns/vs",
         "b",
         {.destination = "host: b"},
         {.destination = "host: a.ns.svc.cluster.local"}},
        {"IST0101",
         "error VirtualService ns/vs",
         "444",
         {.destination = "host: a, port: {number: 444}"},
         {.destination = "host: a, port: {number: 443}"}},
        {"IST0101",
         "error Gateway ns/gw",
         "s",
         {.tls = "tls: {mode: SIMPLE, credentialName: s}", .more = plain_secret("other")},
         {.tls = "tls: {mode: SIMPLE, credentialName: s}", .more = plain_secret("istio-system")}},
        {"IST0106", "error Gateway ns/gw", "PASSTHRU", {.tls = "tls: {mode: PASSTHRU}"}},
        {"IST0106",
         "error VirtualService ns/vs",
         "b.example.com",
         {.match = "sniHosts: [b.example.com]"}},
        {"IST0133",
         "warning Gateway ns/gw",
         "s",
         {.tls = "tls: {mode: PASSTHROUGH, credentialName: s}"}},
        {"IST0112",
         "error VirtualService ns/vs",
         "a",
         kTwoPorts,
         {.destination = "host: a, port: {number: 443}", .ports = kTwoPorts.ports}},
        {"IST0118", "info Service ns/a", "{port", {.ports = "{port: 443, targetPort: 8443}"}},
        {"IST0118",
         "info Service ns/a",
         "web",
         {.ports = "{name: web, port: 443, targetPort: 8443}"},
         {.ports = "{name: https-web, port: 443, targetPort: 8443}"}},
        {"IST0118",
         "info Service ns/a",
         "odd",
         {.ports = "{name: tls, appProtocol: odd, port: 443, targetPort: 8443}"},
         {.ports = "{name: web, appProtocol: https, port: 443, targetPort: 8443}"}},
        {"IST0162",
         "info Gateway ns/gw",
         "8443",
         {.port = "number: 8443, name: tls, protocol: TLS"},
         {.port = "number: 8443, name: tls, protocol: TLS", .more = ingress_service("444")}},
        {"IST0162",
         "warning Gateway ns/gw",
         "443",
         {.more = ingress_service("444")},
         {.more = ingress_service("443")}},
        {"IST0132",
         "warning VirtualService ns/vs",
         "b.example.com",
         {.hosts = "b.example.com", .match = "sniHosts: [b.example.com]"},
         {.hosts = "'*.example.com'"}},
        {"IST0145",
         "error Gateway ns/gw",
         "a.example.com",
         {.more = other_gateway("b.example.com, a.example.com")},
         {.more = other_gateway("b.example.com")}},
        {"IST0145",
         "error Gateway ns/other",
         "a.example.com",
         {.more = other_gateway("a.example.com")},
         {.more = other_gateway("a.example.com", "444")}},
        // Addresses are compared as they are written.
        {"IST0145",
         "error Gateway ns/other",
         "a.example.com",
         {.tls = kEverywhere, .more = other_gateway("a.example.com", "443", kEverywhere)},
         {.more = other_gateway("a.example.com", "443", kEverywhere)}},
        {"IST0102",
         "info Namespace /ns",
         "ns",
         {.more = namespaced("")},
         {.more = namespaced("istio-injection: disabled")}},
        {"IST0102",
         "info Namespace /ns",
         "ns",
         {.more = namespaced("team: a")},
         {.more = namespaced("istio.io/rev: stable")}},
        {"X-CASE", "warning VirtualService ns/vs", "A.example.com", {.hosts = "A.example.com"}},
        {"X-CASE",
         "warning VirtualService ns/vs",
         "A.example.com",
         {.match = "sniHosts: [A.example.com]"}},
        {"X-CATCH-ALL",
         "info VirtualService ns/vs",
         "'*'",
         {.hosts = "'*'", .match = "sniHosts: ['*']"},
         {.hosts = "'*'"}},
        {"X-IP",
         "warning Gateway ns/gw",
         "192.0.2.1",
         {.server_hosts = "a.example.com, 192.0.2.1"}},
        {"X-IP",
         "warning VirtualService ns/vs",
         "192.0.2.1",
         {.hosts = "a.example.com, 192.0.2.1", .match = "sniHosts: [a.example.com, 192.0.2.1]"},
         {.hosts = "a.example.com, 192.0.2.1"}},
        {"X-REFUSED-RULE",
         "warning IngressRouteTCP ns/x",
         "{match",
         {.more = test::document("traefik.io/v1alpha1", "IngressRouteTCP", "x",
                                 "spec: {routes: [{match: 'HostSNI(`*.a.org`)'}]}")},
         {.more = test::document("traefik.io/v1alpha1", "IngressRouteTCP", "x",
                                 "spec: {routes: [{match: 'HostSNI(`*`)'}]}")}},
        {"X-UNREAD",
         "info IngressRouteTCP ns/x",
         "db",
         {.more = test::document("traefik.io/v1alpha1", "IngressRouteTCP", "x",
                                 "spec: {entryPoints: [db], routes: [{match: 'HostSNI(`*`)'}]}")},
         {.more = test::document("traefik.io/v1alpha1", "IngressRouteTCP", "x",
                                 "spec: {entryPoints: [websecure], routes: [{match: "
                                 "'HostSNI(`*`)'}]}")}},
        {"X-TRAILING-DOT",
         "warning Gateway ns/gw",
         "b.example.com.",
         {.server_hosts = "a.example.com, b.example.com."}},
        {"X-TRAILING-DOT",
         "warning VirtualService ns/vs",
         "b.example.com.",
         {.server_hosts = "'*'",
          .hosts = "a.example.com, b.example.com.",
          .match = "sniHosts: [a.example.com, b.example.com.]"},
         {.server_hosts = "'*'", .hosts = "a.example.com, b.example.com."}},
        {"X-SNI-WITHOUT-DNS",
         "info VirtualService ns/vs",
         "a.ns.svc.cluster.local",
         {.hosts = "a.example.com, a.ns.svc.cluster.local",
          .match = "sniHosts: [a.example.com, a.ns.svc.cluster.local]"}},
    };
}

std::vector<Case> routes() {
    const std::string a = "{sniHosts: [a.example.com]}";
    const std::string on_444 = "{port: 444, sniHosts: [a.example.com]}";
    return {
        {"IST0130",
         "warning VirtualService ns/vs",
         "match",
         {.rules = "  tls:\n" + rule(a) + rule(a)},
         {.rules = "  tls:\n" + rule(a) + rule(on_444)}},
        {"IST0131",
         "info VirtualService ns/vs",
         "a.example.com",
         {.rules = "  tls:\n" + rule(a + ", " + a)},
         {.rules = "  tls:\n" + rule(a + ", " + on_444)}},
        {"X-NO-ROUTE",
         "error Gateway ns/gw",
         "443",
         {.match = "port: 444, sniHosts: [a.example.com]"},
         {.match = "port: 443, sniHosts: [a.example.com]"}},
        {"X-ROUTE-KIND",
         "error VirtualService ns/vs",
         "route",
         {.rules = "  http:\n  - route: [{destination: {host: a}}]"}},
        {"X-MESH-ONLY",
         "warning VirtualService ns/vs",
         "vs",
         {.gateways = ""},
         {.gateways = "gateways: [mesh, gw]"}},
        {"X-NOT-EXPORTED",
         "warning VirtualService ns/vs",
         ".",
         {.gateways = "gateways: [gw]\n  exportTo: [.]"},
         {.gateways = "gateways: [gw]\n  exportTo: [istio-system]"}},
        {"X-PORT-NEVER-MATCHES",
         "warning VirtualService ns/vs",
         "8443",
         {.match = "port: 8443, sniHosts: [a.example.com]"},
         {.match = "port: 443, sniHosts: [a.example.com]"}},
        {"X-IGNORED-MATCH",
         "warning VirtualService ns/vs",
         "x",
         {.match = "sniHosts: [a.example.com], sourceNamespace: x"}},
        {"X-DUP-SNI",
         "warning VirtualService ns/vs",
         "a.example.com",
         {.rules = "  tls:\n" + rule(a) + rule(a)}},
        {"X-DUP-SNI",
         "error VirtualService ns/vs",
         "a.example.com",
         {.more = test::gateway("other", {.port = "number: 443, name: tls, protocol: HTTPS",
                                          .tls = "tls: {mode: SIMPLE, credentialName: s}",
                                          .server_hosts = "ns/a.example.com"})},
         {.more = test::gateway("other", {.port = "number: 443, name: tls, protocol: HTTPS",
                                          .tls = "tls: {mode: SIMPLE, credentialName: s}",
                                          .server_hosts = "b.example.com"})}},
        {"X-PARTIAL-WILDCARD",
         "error VirtualService ns/vs",
         "'*a.example.com'",
         {.hosts = "'*a.example.com'", .match = "sniHosts: ['*a.example.com']"},
         {.hosts = "'*.example.com'", .match = "sniHosts: ['*.example.com']"}},
        {"X-SNI-WIDER",
         "info VirtualService ns/vs",
         "'*.example.com'",
         {.hosts = "'*.example.com'", .match = "sniHosts: ['*.example.com']"},
         {.hosts = "'*.example.com'"}},
    };
}

std::vector<Case> workloads() {
    return {
        {"X-NO-ENDPOINTS", "error Service ns/a", "{app", {.labels = "app: b"}},
        {"X-TARGET-PORT",
         "error Deployment ns/a",
         "0.0.0.0:8444",
         {.container = "name: c, image: i, args: [gunicorn, -b, 0.0.0.0:8444]"},
         {.container = "name: c, image: i, args: [gunicorn, -b, 0.0.0.0:8443]"}},
        {"X-SECRET-MISSING",
         "info Deployment ns/a",
         "s",
         {.container = kMount, .volumes = secret_volume()},
         {.container = kMount, .volumes = secret_volume(), .more = plain_secret()}},
        {"X-SECRET-MISSING",
         "warning Deployment ns/a",
         "s",
         {.container = kMount, .volumes = secret_volume(), .more = plain_secret("other")},
         {.container = kMount,
          .volumes = secret_volume(", optional: true"),
          .more = plain_secret("other")}},
        {"X-SECRET-MISSING",
         "error Deployment ns/a",
         "ca.crt",
         {.container = kMount,
          .volumes = secret_volume(", items: [{key: ca.crt, path: x}]"),
          .more = plain_secret()},
         {.container = kMount,
          .volumes = secret_volume(", items: [{key: tls.crt, path: x}]"),
          .more = plain_secret()}},
        {"X-CERT-PATH",
         "error Deployment ns/a",
         "--certfile=/no/tls.crt",
         {.container = "name: c, image: i, args: [gunicorn, --certfile=/no/tls.crt, "
                       "--keyfile=/no/tls.key, -b, 0.0.0.0:8443]"}},
        {"X-CERT-IN-GATEWAY",
         "warning Gateway ns/gw",
         "s",
         {.tls = "tls: {mode: PASSTHROUGH, credentialName: s}"},
         {.tls = "tls: {mode: SIMPLE, credentialName: s}"}},
        {"X-UNSUPPORTED",
         "warning Service ns/a",
         "targetport",
         {.ports = "{name: tls, port: 443, targetport: 8443, targetPort: 8443}"}},
    };
}

std::vector<Case> rules() {
    const std::string full = "a.ns.svc.cluster.local";
    const std::string on_port =
        "trafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: "
        "{number: NUMBER}, tls: {mode: SIMPLE}}]}";
    const auto for_port = [&](std::string_view number) {
        return destination_rule("a", test::replaced(on_port, "NUMBER", number));
    };
    const std::string subset = "subsets: [{name: v1, labels: {v: a}}]";
    const std::string wrapped_subset =
        "subsets: [{name: v1, trafficPolicy: {tls: {mode: MUTUAL}}}]";
    return {
        {"IST0174",
         "warning DestinationRule ns/dr",
         "b",
         {.more = destination_rule("b", subset)},
         {.more = destination_rule("a", subset)}},
        {"IST0174",
         "warning DestinationRule ns/dr",
         "a.ns",
         {.more = destination_rule("a.ns", subset)},
         {.more = destination_rule(full, subset)}},
        {"IST0174",
         "warning DestinationRule ns/dr",
         "'*.b.ns.svc.cluster.local'",
         {.more = destination_rule("'*.b.ns.svc.cluster.local'", subset)},
         {.more = destination_rule("'*.ns.svc.cluster.local'", subset)}},
        {"IST0101",
         "error VirtualService ns/vs",
         "v2",
         {.destination = "host: a, subset: v2", .more = destination_rule("a", subset)},
         {.destination = "host: a, subset: v1", .more = destination_rule("a", subset)}},
        {"X-DOUBLE-TLS",
         "error DestinationRule ns/dr",
         "SIMPLE",
         {.more = destination_rule("a", policy("SIMPLE"))},
         {.more = destination_rule("a", policy("DISABLE"))}},
        {"X-DOUBLE-TLS",
         "error DestinationRule ns/dr",
         "MUTUAL",
         {.more = destination_rule("'*.ns.svc.cluster.local'", policy("MUTUAL"))},
         {.more = destination_rule("'*.x.svc.cluster.local'", policy("MUTUAL"))}},
        {"X-DOUBLE-TLS",
         "error DestinationRule ns/dr",
         "SIMPLE",
         {.more = for_port("443")},
         {.more = for_port("444")}},
        {"X-DOUBLE-TLS",
         "error DestinationRule ns/dr",
         "MUTUAL",
         {.destination = "host: a, subset: v1", .more = destination_rule("a", wrapped_subset)},
         {.more = destination_rule("a", wrapped_subset)}},
        {"X-DOUBLE-TLS",
         "warning DestinationRule ns/dr",
         "ISTIO_MUTUAL",
         {.more = destination_rule("a", policy("ISTIO_MUTUAL")) +
                  namespaced("istio-injection: disabled")},
         {.more = destination_rule("a", policy("ISTIO_MUTUAL")) +
                  namespaced("istio-injection: enabled")}},
        {"X-DOUBLE-TLS",
         "error DestinationRule ns/dr",
         "SIMPLE",
         {.more = destination_rule("a", policy("SIMPLE") + "\n  exportTo: ['*']")},
         {.more = destination_rule("a", policy("SIMPLE") + "\n  exportTo: [.]")}},
        {"X-NO-ENDPOINTS",
         "error DestinationRule ns/dr",
         "PASSTHROUGH",
         {.more = destination_rule("a", "trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}")},
         {.more = destination_rule("a", "trafficPolicy: {loadBalancer: {simple: RANDOM}}")}},
    };
}

}  // namespace

TEST_CASE("each code about names fires where it should, and not beside it", "[analyze]") {
    for (const Case& c : names()) {
        check(c);
    }
}

TEST_CASE("each code about routes fires where it should, and not beside it", "[analyze]") {
    for (const Case& c : routes()) {
        check(c);
    }
}

TEST_CASE("each code about workloads fires where it should, and not beside it", "[analyze]") {
    for (const Case& c : workloads()) {
        check(c);
    }
}

TEST_CASE("each code about DestinationRules fires where it should, and not beside it",
          "[analyze]") {
    for (const Case& c : rules()) {
        check(c);
    }
}

TEST_CASE("a lab in which nothing is wrong has no findings", "[analyze]") {
    const auto report = test::analyzed(test::text_of({}));
    CHECK(test::lines(report).empty());
    CHECK(report.documents == 4);
}

TEST_CASE("the tutorial's own manifests have no error", "[analyze]") {
    const auto report = test::analyzed(test::tutorial());
    CHECK(test::lines(report) ==
          std::vector<std::string>{"info IST0118 Service passthrough-test/httpbin 20",
                                   "info X-SECRET-MISSING Deployment passthrough-test/httpbin 57"});
    CHECK_FALSE(report.has(Level::warning));
}

TEST_CASE("every code has its words, in order, once", "[analyze]") {
    std::string_view last;
    for (const CodeText& code : analyze::codes()) {
        CAPTURE(code.id);
        CHECK(last < code.id);
        last = code.id;
        CHECK(analyze::find_code(code.id) == &code);
        CHECK(code.means.ends_with('.'));
        CHECK_FALSE(code.name.empty());
    }
    CHECK(analyze::find_code("IST0104") == nullptr);
    CHECK(analyze::find_code("") == nullptr);
}

}  // namespace analyze_codes_test
