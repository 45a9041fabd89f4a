// How findings come together: order, owners, levels, and what is left out.
#include "lab/analyze/analyze.h"

#include "lab/yaml/source.h"
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_analyze_test {

using namespace sni;
using test::Lab;

namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("findings come in the order of the files, whoever made them", "[analyze]") {
    const Lab lab{.port = "number: 8443, name: tls, protocol: TLS",  // routing and a check
                  .match = "port: 1, sniHosts: [a.example.com]",
                  .ports = "{name: web, port: 443, targetPort: 8443}",             // a check
                  .more = test::document("v1", "Secret", "s", "data: {a: '?'}")};  // reading
    const auto report = test::analyzed_files(
        {{.name = "z.yaml", .text = test::text_of(lab)}, {.name = "a.yaml", .text = "kind: A\n"}});
    CHECK(test::lines(report) == Lines{"info IST0118 Service ns/a 7",
                                       "warning X-PORT-NEVER-MATCHES VirtualService ns/vs 38",
                                       "error X-VALUE Secret ns/s 44", "error X-MISSING A / 1"});
    CHECK_FALSE(report.all_looked_up);

    CHECK(test::lines(test::analyzed(test::text_of(lab))) ==
          Lines{"info IST0118 Service ns/a 7", "error X-NO-ROUTE Gateway ns/gw 27",
                "info IST0162 Gateway ns/gw 27",
                "warning X-PORT-NEVER-MATCHES VirtualService ns/vs 38",
                "error X-VALUE Secret ns/s 44"});
}

TEST_CASE("what might be defined in a document that cannot be read is not missed", "[analyze]") {
    const Lab lab{.gateways = "gateways: [none]", .more = "---\nkind: [\n"};
    const auto report = test::analyzed(test::text_of(lab));
    CHECK(test::times(report, "IST0101") == 0);
    CHECK(test::times(report, "IST0132") == 0);
    CHECK(test::times(report, "X-YAML-SYNTAX") == 1);
    CHECK_FALSE(report.all_looked_up);
}

TEST_CASE("a finding between documents belongs to none", "[analyze]") {
    const auto owner = [](std::string_view text) {
        const auto report = test::analyzed(text);
        REQUIRE(report.findings.size() == 1);
        return report.findings[0].object;
    };
    CHECK(owner("") == analyze::Object{});
    CHECK(owner(test::document("v1", "ConfigMap", "c", "")) ==
          analyze::Object{.kind = "ConfigMap", .ns = "ns", .name = "c"});
    CHECK(owner("kind: Service\n") == analyze::Object{.kind = "Service", .ns = {}, .name = {}});
    CHECK(owner("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n"
                "  metadata: {name: a, namespace: b, labels: {istio-injection: enabled}}\n"
                "- apiVersion: v1\n  kind: Namespace\n  metadata: {name: c}\n") ==
          analyze::Object{.kind = "Namespace", .ns = "", .name = "c"});
}

TEST_CASE("what the lab cannot run is no mistake of the manifests", "[analyze]") {
    const auto report =
        test::analyzed(test::text_of({.port = "number: 80, name: http, protocol: HTTP",
                                      .tls = "name: x",
                                      .rules = "  http:\n  - route: [{destination: {host: a}}]"}));
    CHECK(test::times(report, "X-UNSUPPORTED") > 0);
    CHECK_FALSE(report.has(Level::warning));
}

TEST_CASE("the same thing is said once, however many ways lead there", "[analyze]") {
    const std::string rule =
        "  - match: [{sniHosts: [SNI]}]\n    route: [{destination: {host: none}}]\n";
    const auto named = [&](std::string_view sni) { return test::replaced(rule, "SNI", sni); };
    const auto report = test::analyzed(
        test::text_of({.server_hosts = "'*.example.com'",
                       .hosts = "'*.example.com'",
                       .rules = "  tls:\n" + named("a.example.com") + named("b.example.com"),
                       .more = test::gateway("gw2", {.server_hosts = "'*.example.com'"})}));
    CHECK(test::times(report, "IST0101") == 2);  // two destinations
    CHECK(test::times(report, "IST0145") == 2);  // once for each Gateway
}

TEST_CASE("levels are counted and compared", "[analyze]") {
    const auto report = test::analyzed(test::text_of({.gateways = "gateways: [none]"}));
    CHECK(report.count(Level::error) == 2);  // no Gateway of that name, no route of gw
    CHECK(report.has(Level::error));
    const auto odd = test::analyzed(test::text_of({.hosts = "A.example.com"}));
    CHECK(odd.count(Level::warning) > 0);
    const auto note = test::analyzed(test::text_of({.ports = "{port: 443, targetPort: 8443}"}));
    CHECK(note.has(Level::info));
    CHECK_FALSE(note.has(Level::warning));
    CHECK_FALSE(test::analyzed(test::text_of({})).has(Level::info));
}

TEST_CASE("another cluster's gateway is what the options say", "[analyze]") {
    analyze::Options options = test::analyze_options();
    options.environment.gateway_namespace = "edge";
    const Lab lab{.tls = "tls: {mode: SIMPLE, credentialName: s}",
                  .more = test::document("v1", "Secret", "s", "stringData: {tls.crt: c}", "edge")};
    CHECK(test::times(test::analyzed(test::text_of(lab), options), "IST0161") == 1);
    CHECK(test::times(test::analyzed(test::text_of(lab)), "IST0101") == 1);
}

}  // namespace analyze_analyze_test
