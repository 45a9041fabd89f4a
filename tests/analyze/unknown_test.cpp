// What these files do not hold is not said to be absent; what they show to be wrong is.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_unknown_test {

using namespace sni;
using test::Lab;

namespace {

using Lines = std::vector<std::string>;

std::string http_service(std::string_view rules, std::string_view more = {}) {
    return test::istio("VirtualService", "web", "  hosts: [a]\n  http:\n" + std::string(rules)) +
           std::string(more);
}

std::string http_route(std::string_view destination) {
    return "  - route: [{destination: {" + std::string(destination) + "}}]\n";
}

}  // namespace

TEST_CASE("destinations of http rules, mirrors and tcp rules are looked up as well", "[analyze]") {
    const Lab two{.ports = "{name: tls, port: 443, targetPort: 8443}, {name: tcp-b, port: 444}",
                  .container = "name: c, image: i"};
    const std::string base = test::service("shop", "app: shop", two.ports) +
                             test::deployment("shop", "app: shop", two.container);
    const auto code = [&](const std::string& rules) {
        const auto report = test::analyzed(base + http_service(rules));
        return test::lines(report).empty() ? std::string()
                                           : test::lines(report).at(0).substr(0, 14);
    };
    CHECK(code(http_route("host: shop, port: {number: 443}")).empty());
    CHECK(code(http_route("host: shopp, port: {number: 443}")) == "error IST0101 ");
    CHECK(code(http_route("host: shop, port: {number: 8080}")) == "error IST0101 ");
    CHECK(code(http_route("host: shop")) == "error IST0112 ");
    CHECK(code("  - route: [{destination: {host: shop, port: {number: 443}}}]\n"
               "    mirror: {host: shopp}\n") == "error IST0101 ");
    CHECK(code("  - route: [{destination: {host: shop, port: {number: 443}}}]\n"
               "    mirrors: [{destination: {host: shopp}}]\n") == "error IST0101 ");
    CHECK(code("  - directResponse: {status: 200}\n  tcp:\n  - route: [{destination: {host: "
               "shopp}}]\n") == "error IST0101 ");
    const std::string rule = test::destination_rule("shop", "subsets: [{name: v1}]");
    const auto subset = [&](std::string_view name, const std::string& more) {
        return test::lines(
            test::analyzed(base + more +
                           http_service(http_route("host: shop, port: {number: 443}, subset: " +
                                                   std::string(name)))));
    };
    CHECK(subset("v1", rule).empty());
    CHECK(subset("v2", rule).at(0).starts_with("error IST0101"));
    CHECK(subset("v2", "").at(0).starts_with("info IST0101"));
}

TEST_CASE("a Service of a namespace that the files do not show may be in others", "[analyze]") {
    CHECK(test::lines(test::analyzed(http_service(http_route("host: a")))) ==
          Lines{"info IST0101 VirtualService ns/web 8"});
    CHECK(test::lines(test::analyzed(http_service(http_route("host: a.far.svc.cluster.local")))) ==
          Lines{"info IST0101 VirtualService ns/web 8"});
    CHECK(test::lines(test::analyzed(http_service(http_route("host: www.example.org")))) ==
          Lines{"info IST0101 VirtualService ns/web 8"});
    CHECK(test::lines(test::analyzed(http_service(
              http_route("host: b"), test::service("a", "x: z", "{name: tls, port: 1}")))) ==
          Lines{"error IST0101 VirtualService ns/web 8"});
}

TEST_CASE("a Namespace that is not in these files may have any labels", "[analyze]") {
    const auto shared = [](std::string_view more) {
        return test::lines(test::analyzed(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
            "metadata: {name: gw, namespace: infra}\nspec:\n  gatewayClassName: istio\n"
            "  listeners: [{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}, "
            "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: a}}}}}]\n"
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: TLSRoute\n"
            "metadata: {name: r, namespace: ns}\nspec:\n"
            "  parentRefs: [{name: gw, namespace: infra}]\n  hostnames: [a.org]\n"
            "  rules: [{backendRefs: [{name: shop, port: 443}]}]\n" +
            test::service("shop", "app: shop", "{name: tls, port: 443, targetPort: 8443}") +
            test::deployment("shop", "app: shop", "name: c, image: i") + std::string(more)));
    };
    const auto ns = [](std::string_view labels) {
        return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns, labels: "
               "{istio-injection: disabled, " +
               std::string(labels) + "}}\n";
    };
    CHECK(shared("") == Lines{"info X-NOT-ATTACHED TLSRoute ns/r 13"});
    CHECK(shared(ns("team: a")).empty());
    CHECK(shared(ns("team: b")).at(0) == "error X-NOT-ATTACHED TLSRoute ns/r 13");
}

TEST_CASE("one document that cannot be read does not silence what others show", "[analyze]") {
    const Lab lab{.hosts = "A.example.com", .match = "port: 8443, sniHosts: [A.example.com]"};
    const auto whole = test::analyzed(test::text_of(lab));
    const auto broken = test::analyzed(test::text_of(lab) + "---\nkind: [\n");
    CHECK(test::times(broken, "X-PORT-NEVER-MATCHES") == 1);
    CHECK(test::times(broken, "X-CASE") == test::times(whole, "X-CASE"));
    CHECK(test::times(broken, "X-NO-ROUTE") == 0);  // the missing one might be there
    CHECK(to_text(broken).find("A document could not be read, so nothing is said about names") !=
          std::string::npos);
}

TEST_CASE("what is valid for Istio stops nothing", "[analyze]") {
    const auto none = [](const std::string& more) {
        const auto report = test::analyzed(test::text_of({}) + more);
        CAPTURE(test::lines(report));
        CHECK_FALSE(report.has(Level::warning));
    };
    none(test::istio("VirtualService", "delegate",
                     "  http:\n  - route: [{destination: {host: a}}]"));
    none(
        test::document("v1", "Service", "headless", "spec: {clusterIP: None, selector: {app: a}}"));
    none(test::gateway("plain", {.port = "number: 80, name: http, protocol: HTTP",
                                 .tls = "tls: {httpsRedirect: false}"}));
    const std::string name = "outbound_.443_._.a.ns.svc.cluster.local";
    CHECK_FALSE(test::analyzed(test::text_of({.server_hosts = "'*.local'",
                                              .hosts = name,
                                              .match = "sniHosts: [" + name + "]"}))
                    .has(Level::warning));
    // What only looks like it is refused still.
    CHECK(test::times(test::analyzed(test::text_of({.hosts = "outbound_.443.a.b"})), "IST0106") >
          0);
    CHECK(test::times(test::analyzed(test::istio("VirtualService", "x", "  tls: []")), "IST0106") ==
          1);
}

TEST_CASE("a name of a port, which Istio took away, is one finding with its remedy", "[analyze]") {
    const auto report =
        test::analyzed(test::text_of({.destination = "host: a, port: {name: tls}"}));
    CHECK(test::times(report, "IST0106") == 1);
    CHECK(test::times(report, "X-UNSUPPORTED") == 0);
    CHECK(test::text_of(report, "IST0106").find("write port: {number: …}") != std::string::npos);
}

TEST_CASE("the old way to name a Gateway is told beside what is refused", "[analyze]") {
    const auto report = test::analyzed(
        test::text_of({.gateways = "gateways: [gw.ns]", .match = "sniHosts: [b.example.com]"}));
    CHECK(test::times(report, "IST0106") == 1);
    CHECK(test::times(report, "IST0133") == 1);
}

TEST_CASE("a certificate without mode asks what was meant, once", "[analyze]") {
    const auto report = test::analyzed(test::text_of({.tls = "tls: {credentialName: s}"}));
    CHECK(test::lines(report) == Lines{"warning IST0133 Gateway ns/gw 29"});
    CHECK(test::text_of(report, "IST0133").find("write mode: SIMPLE") != std::string::npos);
}

}  // namespace analyze_unknown_test
