// Other gateways' objects beside the Gateway API's: what passes TLS on, and what does not.
#include <nlohmann/json.hpp>

#include "lab/routing/route_report.h"
#include "tests/support/diffed.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace diff_entrances_test {

using namespace sni;
using namespace sni::test::k8s;
using test::changes;
using test::diffed;
using Lines = std::vector<std::string>;

namespace {

std::string object(std::string_view version, std::string_view kind, std::string_view spec,
                   std::string_view annotations = "", std::string_view name = "x") {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: " + std::string(name) + ", namespace: ns, annotations: {" +
           std::string(annotations) + "}}\nspec: " + std::string(spec) + "\n";
}

constexpr std::string_view kNginx = "nginx.ingress.kubernetes.io/ssl-passthrough: 'true'";

/// One rule for `host`, whose `path` leads to Service a.
std::string ingress(std::string_view host, std::string_view annotations,
                    std::string_view path = "/", std::string_view port = "number: 443",
                    std::string_view name = "x") {
    return object(
        "networking.k8s.io/v1", "Ingress",
        "{rules: [{host: '" + std::string(host) + "', http: {paths: [{path: " + std::string(path) +
            ", pathType: Prefix, backend: {service: {name: a, port: {" + std::string(port) +
            "}}}}]}}], tls: [{hosts: ['" + std::string(host) + "'], secretName: s}]}",
        annotations, name);
}

std::string services() {
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\nspec:\n"
           "  ports: [{name: https, port: 443, targetPort: 8443}]\n"
           "---\napiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: ns}\nspec:\n"
           "  ports: [{name: https, port: 443, targetPort: 8443}]\n";
}

std::string routes(std::string_view names, std::string_view backends = "{name: a, port: 443}") {
    return api_gateway("edge", listener("l")) + tls_route("r", "{name: edge}", names, backends);
}

const Lines kNone;

lookup::Environment all() {
    lookup::Environment environment;
    environment.entrances = true;
    return environment;
}

}  // namespace

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
    CHECK(changes(tcp("HostSNI(`a.org`)", "tls: {passthrough: true}",
                      "{name: a, port: 443, weight: 3}, {name: b, port: https, weight: 1}") +
                      services(),
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

namespace {

/// Each route is "match: …, services: …".
std::string traefik(std::string_view name, std::string_view route,
                    std::string_view annotations = "",
                    std::string_view version = "traefik.io/v1alpha1") {
    return object(version, "IngressRouteTCP",
                  "{entryPoints: [websecure], routes: [{" + std::string(route) +
                      "}], tls: {passthrough: true}}",
                  annotations, name);
}

std::string host_sni(std::string_view host, std::string_view service = "a",
                     std::string_view more = "") {
    return "match: 'HostSNI(`" + std::string(host) +
           "`)', services: [{name: " + std::string(service) + ", port: 443}]" + std::string(more);
}

std::string ask(const std::string& text, const std::string& name) {
    return test::Routed(services() + text, all()).to(name);
}

}  // namespace

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

TEST_CASE("what nobody looks at and may take a name leaves the answer open", "[diff]") {
    const test::Routed regexp(
        services() + traefik("x",
                             "match: 'HostSNIRegexp(`^.+$`)', services: [{name: a, port: "
                             "443}]"),
        all());
    const routing::Answer open = regexp.ask("a.org");
    CHECK(open.outcome == routing::Outcome::closed_port);
    CHECK(open.uncertain);
    CHECK_THAT(open.why.back(), test::Contains("the rule HostSNIRegexp(`^.+$`) is not looked at"));
    CHECK_FALSE(regexp.ask("a.org", 8443).uncertain);
    CHECK_THAT(routing::to_text(regexp.listeners(), open),
               test::StartsWith("a.org at port 443: closed port, as far as it was looked at\n"));
    CHECK_THAT(routing::notes(regexp.listeners()),
               test::StartsWith("a.yaml:") &&
                   test::Contains("note: IngressRouteTCP \"ns/x\": the rule HostSNIRegexp"));
    const std::string of_port = test::replaced(traefik("x", host_sni("a.org")), "websecure", "db");
    const test::Routed port(services() + of_port, all());
    CHECK(port.ask("a.org", 5432).uncertain);
    CHECK_FALSE(port.ask("b.org", 5432).uncertain);
    CHECK(port.ask("a.org").outcome == routing::Outcome::routed);
    CHECK_THAT(port.ask("a.org").why.back(), test::Contains("which port entry point db has"));
    // Other paths are beside the point of where a name goes.
    const test::Routed path(services() + ingress("a.org", kNginx, "/api"), all());
    CHECK_FALSE(path.ask("a.org", 8443).uncertain);
}

TEST_CASE("a gateway with nothing but what nobody looks at answers, too", "[diff]") {
    const test::Routed routed(
        services() + ingress("b.org", kNginx) +
            traefik("x", "match: 'HostSNIRegexp(`^.+$`)', services: [{name: a, port: 443}]"),
        all());
    const auto answers = routing::ask_each(routed.routing(), {.sni = "a.org"});
    REQUIRE(answers.size() == 2);
    CHECK(answers[1].gateways == Lines{"ingress/traefik"});
    CHECK(answers[1].uncertain);
}

TEST_CASE("Contour's HTTPProxy passes its fqdn on to the services of tcpproxy", "[diff]") {
    const auto proxy = [](std::string_view tls, std::string_view services) {
        return object("projectcontour.io/v1", "HTTPProxy",
                      "{virtualhost: {fqdn: a.org, tls: {" + std::string(tls) +
                          "}}, tcpproxy: {services: [" + std::string(services) + "]}}");
    };
    CHECK(changes(proxy("passthrough: true", "{name: a, port: 443}"), routes("a.org")) == kNone);
    CHECK(changes(proxy("passthrough: true",
                        "{name: a, port: 443, weight: 90}, {name: b, port: 443, weight: 10}"),
                  routes("a.org", "{name: a, port: 443, weight: 9}, {name: b, port: 443}")) ==
          kNone);
    CHECK(changes(proxy("passthrough: true", "{name: a, port: 443}, {name: b, port: 443}"),
                  routes("a.org", "{name: a, port: 443}, {name: b, port: 443}")) == kNone);
    CHECK(changes(proxy("secretName: s", "{name: a, port: 443}"), routes("a.org")) ==
          Lines{"passed a.org 443: terminated -> ns/a:443"});
}

TEST_CASE("two HTTPProxies of one fqdn are both refused by Contour", "[diff]") {
    const auto proxy = [](std::string_view name, std::string_view fqdn,
                          std::string_view more = "") {
        return object("projectcontour.io/v1", "HTTPProxy",
                      "{virtualhost: {fqdn: " + std::string(fqdn) +
                          ", tls: {passthrough: true}}, tcpproxy: {services: [{name: a, port: "
                          "443}]}" +
                          std::string(more) + "}",
                      "", name);
    };
    const std::string one = proxy("one", "a.org");
    CHECK(changes(one, one + proxy("two", "A.org")) ==
          Lines{"lost a.org 443: ns/a:443 -> nowhere"});
    CHECK(changes(one, one + proxy("two", "b.org")) == Lines{"new b.org 443: nowhere -> ns/a:443"});
    // Another Contour's.
    CHECK(
        test::Routed(one + proxy("two", "a.org", ", ingressClassName: other"), all()).to("a.org") ==
        test::Routed(one, all()).to("a.org"));
    const test::Routed both(one + proxy("two", "a.org"), all());
    CHECK_THAT(both.ask("a.org").why.back(),
               test::Contains("several HTTPProxies have the fqdn \"a.org\""));
}

TEST_CASE("OpenShift's Route passes its host on to what its target port means", "[diff]") {
    const auto route = [](std::string_view port, std::string_view termination = "passthrough",
                          std::string_view more = "") {
        return services() + object("route.openshift.io/v1", "Route",
                                   "{host: www.a.org, to: {kind: Service, name: a}, port: "
                                   "{targetPort: " +
                                       std::string(port) + "}, tls: {termination: " +
                                       std::string(termination) + "}" + std::string(more) + "}");
    };
    const std::string now = services() + routes("www.a.org");
    CHECK(changes(route("https"), now) == kNone);
    CHECK(changes(route("8443"), now) == kNone);
    CHECK(changes(route("https", "edge"), now) ==
          Lines{"passed www.a.org 443: terminated -> ns/a:443"});
    CHECK(changes(route("https", "reencrypt"), now) ==
          Lines{"passed www.a.org 443: terminated -> ns/a:443"});
    CHECK(changes(route("https", "passthrough", ", wildcardPolicy: Subdomain"),
                  services() + routes("'*.a.org'")) == kNone);
    CHECK(changes(route("https", "passthrough",
                        ", alternateBackends: [{kind: Service, name: b, weight: 50}]"),
                  services() + routes("www.a.org",
                                      "{name: a, port: 443, weight: 2}, {name: b, "
                                      "port: 443}")) == kNone);
}

TEST_CASE("the target port of OpenShift's Route is that of the pods", "[diff]") {
    const std::string named =
        test::replaced(workload("a"), "ports: [{port: 443, targetPort: 8443}]",
                       "ports: [{name: https, port: 443, targetPort: tls}]");
    const auto to = [&](std::string_view port, const std::string& service) {
        return test::Routed(
                   service + object("route.openshift.io/v1", "Route",
                                    "{host: a.org, to: {kind: Service, name: a}, port: "
                                    "{targetPort: " +
                                        std::string(port) + "}, tls: {termination: passthrough}}"),
                   all())
            .to("a.org");
    };
    CHECK(to("8443", named).starts_with(kToA));
    CHECK(to("https", named).starts_with(kToA));
    CHECK(to("443", named) == "reset");
    CHECK(to("tls", named) == "reset");
    // No pod here tells which number the name has.
    CHECK(to("8443", named.substr(0, named.rfind("---"))).starts_with("routed ns/a:443"));
}

TEST_CASE("Kong's TCPIngress passes TLS on where its annotation says so", "[diff]") {
    const auto tcp = [](std::string_view kind, std::string_view annotations) {
        return object("configuration.konghq.com/v1beta1", kind,
                      "{rules: [{host: a.org, port: 443, backend: {serviceName: a, servicePort: "
                      "443}}]}",
                      annotations);
    };
    CHECK(changes(tcp("TCPIngress", "konghq.com/protocols: tls_passthrough"), routes("a.org")) ==
          kNone);
    CHECK(changes(tcp("TLSIngress", "konghq.com/protocols: tls_passthrough"), routes("a.org")) ==
          kNone);
    CHECK(changes(tcp("TCPIngress", "a: b"), routes("a.org")) ==
          Lines{"passed a.org 443: terminated -> ns/a:443"});
    CHECK(changes(tcp("TLSIngress", "a: b"), routes("a.org")) == kNone);
    CHECK(changes(tcp("TLSIngress", "konghq.com/protocols: tls"), routes("a.org")) ==
          Lines{"passed a.org 443: terminated -> ns/a:443"});
}

TEST_CASE("Kong's TCPIngress passes TLS on where the KongIngress that it names says so", "[diff]") {
    const std::string ingress =
        object("configuration.konghq.com/v1beta1", "TCPIngress",
               "{rules: [{host: a.org, port: 443, backend: {serviceName: a, servicePort: 443}}]}",
               "konghq.com/override: pass");
    const auto kong = [](std::string_view protocol) {
        return "---\napiVersion: configuration.konghq.com/v1\nkind: KongIngress\nmetadata: {name: "
               "pass, namespace: ns}\nroute: {protocols: [" +
               std::string(protocol) + "]}\n";
    };
    CHECK(changes(ingress + kong("tls_passthrough"), routes("a.org")) == kNone);
    CHECK(changes(kong("tls_passthrough") + ingress, routes("a.org")) == kNone);
    const diff::Report other = diffed(ingress + kong("tls"), routes("a.org"));
    CHECK(changes(other) == Lines{"passed a.org 443: terminated -> ns/a:443"});
    CHECK(other.aside.empty());
    const diff::Report elsewhere = diffed(ingress, routes("a.org"));
    REQUIRE(elsewhere.aside.size() == 1);
    CHECK(elsewhere.aside.front().what == "KongIngress ns/pass");
}

TEST_CASE("other gateways' objects count where they are asked for, and nowhere else", "[diff]") {
    const std::string text = services() + ingress("a.org", kNginx);
    CHECK(test::Routed(text).to("a.org") == "closed-port");
    lookup::Environment environment;
    environment.entrances = true;
    CHECK(test::Routed(text, environment).to("a.org") == "routed ns/a:443->8443*1");
}

TEST_CASE("what is Istio's alone says nothing of an Ingress's backend", "[diff]") {
    const std::string service =
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns, annotations: "
        "{networking.istio.io/exportTo: istio-system}}\nspec:\n  ports: [{name: udp-x, port: 443, "
        "targetPort: 8443}]\n";
    const auto report = diffed(service + ingress("a.org", kNginx), services());
    REQUIRE(report.changes.size() == 1);
    CHECK(report.changes.front().was.front().is_served());
}

TEST_CASE("a port that nobody knows the number of has none", "[diff]") {
    CHECK(changes(services() + ingress("a.org", kNginx, "/", "name: htps"), services()) ==
          Lines{"moved a.org 443: ns/a closed -> nowhere"});
}

}  // namespace diff_entrances_test
