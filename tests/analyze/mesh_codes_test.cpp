// What sidecars make of rules and Services: whom a finding is about, and where there is none.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_mesh_codes_test {

using namespace sni;
using Lines = std::vector<std::string>;

namespace {

std::string level_and_text(const std::string& text, std::string_view code) {
    for (const auto& finding : test::analyzed(text).findings) {
        const Diagnostic& found = finding.diagnostic;
        if (found.code == code)
            return std::string(to_string(found.level)) + ": " + found.message + " / " + found.why;
    }
    return {};
}

/// "KIND NS/NAME" of each finding of the code.
Lines told(const std::string& text, std::string_view code) {
    Lines all;
    for (const auto& finding : test::analyzed(text).findings) {
        if (finding.diagnostic.code != code) continue;
        all.push_back(finding.object.kind + " " + finding.object.ns + "/" + finding.object.name);
    }
    return all;
}

std::string rule_of(std::string_view tls) {
    return test::destination_rule("sea.example.org",
                                  "trafficPolicy: {tls: {" + std::string(tls) + "}}");
}

std::string entry(std::string_view name, std::string_view protocol, std::string_view more) {
    return test::istio("ServiceEntry", name,
                       "  hosts: ['*.example.org']\n  resolution: NONE\n  " + std::string(more) +
                           "\n  ports: [{number: 443, name: p, protocol: " + std::string(protocol) +
                           "}]");
}

std::string rules(std::string_view name, std::string_view spec, std::string_view ns = "ns") {
    return test::document("networking.istio.io/v1", "VirtualService", name,
                          "spec: {" + std::string(spec) + "}", ns);
}

/// Rules for a, one of them with its subset.
std::string chooser(std::string_view gateways = "", std::string_view host = "a") {
    const std::string h(host);
    return rules("one", std::string(gateways) + "hosts: [" + h +
                            "], http: [{match: [{uri: {prefix: /x}}], route: [{destination: "
                            "{host: " +
                            h + ", subset: v2}}]}, {route: [{destination: {host: " + h + "}}]}]");
}

std::string of_pods(std::string_view name, std::string_view ports) {
    return test::service(name, "app: a", ports);
}

std::string injected_pods() {
    return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns, labels: {istio-injection: "
           "enabled}}\n" +
           test::deployment("a", "app: a", "name: c, image: i");
}

}  // namespace

TEST_CASE("without caCertificates a proxy asks the authorities of its own system", "[analyze]") {
    CHECK(level_and_text(rule_of("mode: SIMPLE"), "IST0128") ==
          "warning: nothing says who vouches for \"sea.example.org\" / the authorities of the "
          "proxy's own system are asked then; where insecureSkipVerify is set, nobody");
    CHECK(level_and_text(rule_of("mode: MUTUAL, credentialName: c"), "IST0128") ==
          "info: sidecars do not read credentialName without a workloadSelector / only gateways "
          "ask the Secret who vouches for the host");
}

TEST_CASE("a subset may have pods that a kind which is not read here makes", "[analyze]") {
    const std::string text =
        test::text_of({.labels = "app: a, version: v1"}) +
        test::destination_rule("a", "subsets: [{name: v2, labels: {version: v2}}]");
    const std::string rollout = test::document(
        "argoproj.io/v1alpha1", "Rollout", "a2",
        "spec: {template: {metadata: {labels: {app: a, version: v2}}, spec: {containers: []}}}");
    CHECK(level_and_text(text, "IST0173").starts_with("error: "));
    CHECK(level_and_text(text + rollout, "IST0173")
              .starts_with("info: the subset \"v2\" of a.ns.svc.cluster.local has no pod in these "
                           "files"));
}

TEST_CASE("ServiceEntries that nobody sees, or that are flawed, do not meet others", "[analyze]") {
    const std::string own = entry("one", "TLS", "exportTo: ['~']");
    CHECK(told(own + entry("two", "HTTPS", "exportTo: ['~']"), "IST0177").empty());
    CHECK(told(own + entry("two", "HTTPS", ""), "IST0177").empty());
    const std::string open = entry("one", "TLS", "");
    CHECK(told(open + entry("two", "HTTPS", "exportTo: [far]"), "IST0177").size() == 2);
    CHECK(told(open + entry("two", "HTTPS", "endpoints: 7"), "IST0177").empty());
    CHECK(told(entry("one", "TCP", ""), "IST0134").size() == 1);
    CHECK(told(entry("one", "TCP", "endpoints: 7"), "IST0134").empty());
}

TEST_CASE("mesh among the gateways of a VirtualService is none that sees a host", "[analyze]") {
    const std::string hidden =
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: h, namespace: far, annotations: "
        "{networking.istio.io/exportTo: istio-system}}\nspec: {selector: {app: h}, ports: [{name: "
        "tls, port: 443}]}\n";
    const auto level = [&](std::string_view gateways) {
        const std::string text =
            hidden + rules("m", std::string(gateways) +
                                    "hosts: [h.far.svc.cluster.local], http: [{route: "
                                    "[{destination: {host: h.far.svc.cluster.local}}]}]");
        return level_and_text(text, "IST0101").substr(0, 5);
    };
    CHECK(level("") == "error");
    CHECK(level("gateways: [mesh], ") == "error");
    CHECK(level("gateways: [mesh, istio-system/gw], ") == "info:");
}

TEST_CASE("subsets are lost on the rules of another VirtualService for gateways", "[analyze]") {
    const auto plain = [](std::string_view host, std::string_view gateway = "gw",
                          std::string_view ns = "ns") {
        return rules("two",
                     "gateways: [" + std::string(gateway) +
                         "], hosts: [b.example.org], http: [{route: [{destination: {host: " +
                         std::string(host) + "}}]}]",
                     ns);
    };
    const Lines two = {"VirtualService ns/two"};
    CHECK(told(chooser() + plain("a"), "IST0140") == two);
    CHECK(told(chooser() + plain("a.ns.svc.cluster.local"), "IST0140") == two);
    CHECK(told(chooser("", "a.ns.svc.cluster.local") + plain("a"), "IST0140") == two);
    CHECK(told(chooser() + plain("a", "mesh"), "IST0140").empty());
    CHECK(told(chooser() + plain("a", "gw", "elsewhere"), "IST0140").empty());
    CHECK(told(chooser("gateways: [gw], "), "IST0140").empty());
    CHECK(told(chooser("gateways: [mesh], "), "IST0140").empty());
}

TEST_CASE("ports of one Service are no two Services of a Deployment", "[analyze]") {
    const std::string both = "{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53}";
    const std::string web = "{name: x, port: 80, targetPort: 8080}, {name: y, port: 8080}";
    const std::string tls = "{name: tls, port: 443}";
    const auto codes = [](const std::string& services) {
        const std::string text = injected_pods() + services;
        return std::to_string(told(text, "IST0116").size()) + " and " +
               std::to_string(told(text, "IST0137").size());
    };
    CHECK(codes(of_pods("a", both) + of_pods("b", tls)) == "0 and 0");
    CHECK(codes(of_pods("a", web) + of_pods("b", tls)) == "0 and 0");
    // Another Service has one of the two: it differs from the other one.
    CHECK(codes(of_pods("a", both) + of_pods("b", "{name: tcp, port: 53}")) == "1 and 0");
    CHECK(codes(of_pods("b", "{name: udp, port: 53, protocol: UDP}") + of_pods("z", both)) ==
          "1 and 0");
    CHECK(codes(of_pods("a", web) + of_pods("b", "{name: y, port: 8080}")) == "0 and 1");
    CHECK(codes(of_pods("a", web) + of_pods("b", "{name: z, port: 81, targetPort: 8080}")) ==
          "0 and 1");
}

}  // namespace analyze_mesh_codes_test
