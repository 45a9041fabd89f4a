// Which names an Ingress passes on, and which it ends.
#include "tests/diff/entrances.h"
#include "tests/support/diffed.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace diff_ingress_test {

using namespace sni;
using namespace sni::test::k8s;
using namespace sni::test::entrances;
using test::changes;
using test::diffed;

TEST_CASE("an Ingress with ssl-passthrough goes where its TLSRoute goes", "[diff]") {
    for (const std::string_view annotation :
         {kNginx, std::string_view("haproxy.org/ssl-passthrough: 'true'"),
          std::string_view("ingress.kubernetes.io/ssl-passthrough: 'true'"),
          std::string_view("haproxy-ingress.github.io/ssl-passthrough: 'true'")}) {
        CAPTURE(annotation);
        CHECK(changes(ingress("a.org", annotation), routes("a.org")) == kNone);
        CHECK(changes(services() + ingress("a.org", annotation, "/", "name: https"),
                      services() + routes("a.org")) == kNone);
        // The Service is in the other side's files, or in none.
        CHECK(changes(ingress("a.org", annotation, "/", "name: https"),
                      services() + routes("a.org")) == kNone);
        CHECK(changes(ingress("a.org", annotation),
                      services() + routes("a.org", "{name: b, port: 443}")) ==
              Lines{"moved a.org 443: ns/a:443 -> ns/b:443"});
    }
}

TEST_CASE("an Ingress of old is read, too", "[diff]") {
    const std::string old = object("extensions/v1beta1", "Ingress",
                                   "{rules: [{host: a.org, http: {paths: [{backend: {serviceName: "
                                   "a, servicePort: https}}]}}]}",
                                   kNginx);
    CHECK(changes(services() + old, services() + routes("a.org")) == kNone);
}

TEST_CASE("an Ingress without the annotation ends TLS at the names of its tls block", "[diff]") {
    CHECK(changes(ingress("a.org", "a: b"), routes("a.org")) ==
          Lines{"passed a.org 443: terminated -> ns/a:443"});
    CHECK(changes(ingress("a.org", "nginx.ingress.kubernetes.io/ssl-passthrough: 'false'"),
                  routes("a.org")) == Lines{"passed a.org 443: terminated -> ns/a:443"});
    CHECK(changes(ingress("a.org", kNginx), ingress("a.org", "a: b")) ==
          Lines{"terminated a.org 443: ns/a:443 -> terminated"});
}

TEST_CASE("an annotation of another controller's passes nothing on, and is told", "[diff]") {
    const auto of_class = [](std::string_view name, std::string_view annotation = kNginx) {
        return ingress("a.org", std::string(annotation) +
                                    ", kubernetes.io/ingress.class: " + std::string(name));
    };
    for (const char* other : {"traefik", "haproxy", "istio", "traefik-internal", "public-kong"}) {
        CAPTURE(other);
        const diff::Report report = diffed(of_class("nginx"), of_class(other));
        CHECK(changes(report) == Lines{"terminated a.org 443: ns/a:443 -> terminated"});
        REQUIRE(report.aside.size() == 1);
        CHECK_THAT(report.aside.front().what,
                   test::Contains("nginx.ingress.kubernetes.io/ssl-passthrough"));
    }
    for (const char* own : {"nginx", "nginx-internal", "public", "edge-nginx"}) {
        CAPTURE(own);
        CHECK(changes(of_class(own), routes("a.org")) == kNone);
    }
    // The one of both that its controller knows counts.
    CHECK(
        changes(of_class("haproxy", std::string(kNginx) + ", haproxy.org/ssl-passthrough: 'true'"),
                routes("a.org")) == kNone);
}

TEST_CASE("only the root path of a host is passed on, and the others are told", "[diff]") {
    const diff::Report report = diffed(ingress("a.org", kNginx, "/api"), routes("a.org"));
    CHECK(changes(report) == Lines{"passed a.org 443: terminated -> ns/a:443"});
    REQUIRE(report.aside.size() == 1);
    CHECK(report.aside.front().what == "path /api");
    CHECK(report.aside.front().object == "Ingress \"ns/x\"");
    CHECK(report.aside.front().place.line > 0);
    CHECK_THAT(diff::notes(report),
               test::StartsWith("a.yaml:") && test::Contains("path /api is not looked at"));
}

TEST_CASE("a wildcard is passed on by HAProxy's controllers, and not by nginx's", "[diff]") {
    CHECK(changes(ingress("*.a.org", "haproxy.org/ssl-passthrough: 'true'"), routes("'*.a.org'")) ==
          kNone);
    CHECK(changes(ingress("*.a.org", kNginx), routes("'*.a.org'")) ==
          Lines{"passed *.a.org 443: terminated -> ns/a:443"});
}

TEST_CASE("of two Ingresses with one host the first one counts", "[diff]") {
    const std::string nginx = "kubernetes.io/ingress.class: nginx";
    CHECK(changes(ingress("a.org", std::string(kNginx) + ", " + nginx, "/", "number: 443", "x") +
                      ingress("a.org", nginx, "/", "number: 443", "z"),
                  routes("a.org")) == kNone);
}

TEST_CASE("a host whose paths stand in several Ingresses that end TLS loses nothing", "[diff]") {
    lookup::Environment environment;
    environment.entrances = true;
    const std::string second = ingress("a.org", "a: b", "/", "number: 443", "z");
    const test::Routed ended(ingress("a.org", "a: b") + second, environment);
    CHECK(ended.listeners().lost.empty());
    const test::Routed passed(
        ingress("a.org", std::string(kNginx) + ", kubernetes.io/ingress.class: ingress") + second,
        environment);
    REQUIRE(passed.listeners().lost.size() == 1);
    CHECK(passed.listeners().lost.front().rule.name == "z");
}

}  // namespace diff_ingress_test
