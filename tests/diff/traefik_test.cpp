// Traefik's IngressRouteTCP: whose it is, which rule takes a name, and what goes in front.
#include "lab/routing/routing.h"
#include "tests/diff/entrances.h"
#include "tests/support/diffed.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace diff_traefik_test {

using namespace sni;
using namespace sni::test::k8s;
using namespace sni::test::entrances;
using test::changes;
using test::diffed;

TEST_CASE("Traefik's IngressRouteTCP passes the names of its rules on", "[diff]") {
    const auto tcp = [](std::string_view match, std::string_view tls = "tls: {passthrough: true}",
                        std::string_view services = "{name: a, port: 443}") {
        return object("traefik.io/v1alpha1", "IngressRouteTCP",
                      "{entryPoints: [websecure], routes: [{match: '" + std::string(match) +
                          "', services: [" + std::string(services) + "]}], " + std::string(tls) +
                          "}");
    };
    CHECK(changes(tcp("HostSNI(`a.org`)"), routes("a.org")) == kNone);
    CHECK(changes(tcp("HostSNI(`a.org`) || HostSNI(`b.org`)"), routes("a.org, b.org")) == kNone);
    CHECK(changes(tcp("HostSNI(`a.org`)", "tls: {secretName: s}"), routes("a.org")) ==
          Lines{"passed a.org 443: terminated -> ns/a:443"});
    CHECK(
        changes(tcp("HostSNI(`a.org`)", "tls: {passthrough: true}",
                    "{name: a, port: 443, weight: 3}, {name: b, port: https, weight: 1}") +
                    services(),
                services() +
                    routes("a.org",
                           "{name: a, port: 443, weight: 75}, {name: b, port: 443, weight: 25}")) ==
        kNone);
    CHECK(changes(tcp("HostSNI(`*`)"), routes("a.org")) ==
          Lines{"lost * 443: ns/a:443 -> nowhere"});
    const diff::Report odd =
        diffed(tcp("HostSNI(`a.org`) && ClientIP(`10.0.0.0/8`)"), routes("a.org"));
    CHECK(changes(odd) == Lines{"new a.org 443: nowhere -> ns/a:443"});
    REQUIRE(odd.aside.size() == 1);
    CHECK_THAT(odd.aside.front().what, test::Contains("ClientIP"));
}

TEST_CASE("an IngressRouteTCP belongs to the Traefik of its class", "[diff]") {
    const std::string both =
        services() +
        traefik("x", host_sni("a.org"), "kubernetes.io/ingress.class: traefik-internal") +
        traefik("z", host_sni("a.org", "b"), "kubernetes.io/ingress.class: traefik-external");
    const test::Routed routed(both, all());
    const auto answers = routing::ask_each(routed.routing(), {.sni = "a.org"});
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].gateways == Lines{"ingress/traefik-internal"});
    CHECK(answers[0].destinations.front().name == "a");
    CHECK(answers[1].gateways == Lines{"ingress/traefik-external"});
    CHECK(answers[1].destinations.front().name == "b");
}

TEST_CASE("Traefik takes no wildcard but * in HostSNI, and one name since version 3", "[diff]") {
    CHECK(ask(traefik("x", host_sni("*.a.org")), "www.a.org") == "closed-port");
    const test::Routed refused(services() + traefik("x", host_sni("*.a.org")), all());
    CHECK_THAT(refused.ask("www.a.org").why.back(), test::Contains("Traefik refuses HostSNI"));
    CHECK_FALSE(refused.ask("www.a.org").uncertain);
    const std::string two = host_sni("a.org`, `b.org");
    CHECK(ask(traefik("x", two), "b.org") == "closed-port");
    CHECK(ask(traefik("x", two, "", "traefik.containo.us/v1alpha1"), "b.org").starts_with(kToA));
    CHECK(ask(traefik("x", two + ", syntax: v2"), "b.org").starts_with(kToA));
}

TEST_CASE("of Traefik's rules the one of higher priority takes a name", "[diff]") {
    const std::string exact = traefik("x", host_sni("a.org"));
    CHECK(ask(exact + traefik("z", host_sni("a.org", "b")), "a.org").starts_with(kToA));
    const std::string higher = traefik("z", host_sni("a.org", "b", ", priority: 100"));
    CHECK(ask(exact + higher, "a.org").starts_with("routed ns/b"));
    // What takes everything comes last, unless it says otherwise.
    CHECK(ask(exact + traefik("z", host_sni("*", "b")), "a.org").starts_with(kToA));
    const std::string all_of_it = traefik("z", host_sni("*", "b", ", priority: 100"));
    CHECK(ask(exact + all_of_it, "a.org").starts_with("routed ns/b"));
    CHECK(ask(traefik("x", host_sni("a.org", "a", ", priority: 101")) + all_of_it, "a.org")
              .starts_with(kToA));
    // The longer rule.
    CHECK(ask(exact + traefik("z",
                              "match: 'HostSNI(`a.org`) || HostSNI(`b.org`)', services: "
                              "[{name: b, port: 443}]"),
              "a.org")
              .starts_with("routed ns/b"));
}

TEST_CASE("a PROXY header in front of what is passed on is a change", "[diff]") {
    const auto with = [](std::string_view header) {
        return services() + traefik("x",
                                    "match: 'HostSNI(`a.org`)', services: [{name: a, port: "
                                    "443" +
                                        std::string(header) + "}]");
    };
    const diff::Report report = diffed(with(""), with(", proxyProtocol: {version: 1}"));
    REQUIRE(report.changes.size() == 1);
    CHECK(report.changes.front().kind == diff::Change::Kind::moved);
    CHECK_THAT(diff::to_text(report), test::Contains("ns/a:443 -> ns/a:443 (PROXY header v1)"));
    // Without a version it is 2.
    CHECK(changes(with(", proxyProtocol: {}"), with(", proxyProtocol: {version: 2}")) == kNone);
    const test::Routed routed(with(", proxyProtocol: {}"), all());
    CHECK(routed.ask("a.org").destinations.front().proxy_header == 2);
}

}  // namespace diff_traefik_test
