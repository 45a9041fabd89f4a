// Contour's, OpenShift's and Kong's objects: what passes TLS on, and what does not.
#include "tests/diff/entrances.h"
#include "tests/support/diffed.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace diff_other_gateways_test {

using namespace sni;
using namespace sni::test::k8s;
using namespace sni::test::entrances;
using test::changes;
using test::diffed;

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
    const std::string plain = object("projectcontour.io/v1", "HTTPProxy",
                                     "{virtualhost: {fqdn: a.org}, routes: [{services: [{name: a, "
                                     "port: 80}]}]}",
                                     "", "plain");
    CHECK(changes(one, one + plain) == Lines{"lost a.org 443: ns/a:443 -> nowhere"});
    CHECK(changes(plain, plain) == kNone);
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

}  // namespace diff_other_gateways_test
