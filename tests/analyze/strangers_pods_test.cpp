// Gateways whose pods are not in the files: their rules are still held against each other.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_strangers_pods_test {

using namespace sni;

namespace {

std::string gateway(std::string_view selector) {
    return test::istio("Gateway", "sni",
                       "  selector: {" + std::string(selector) +
                           "}\n  servers:\n  - {port: {number: 443, name: tls, protocol: TLS}, "
                           "hosts: ['*.example.org'], tls: {mode: PASSTHROUGH}}\n");
}

std::string service(std::string_view name, std::string_view sni) {
    return test::istio("VirtualService", std::string(name),
                       "  hosts: [" + std::string(sni) +
                           "]\n  gateways: [sni]\n  tls:\n  - match: "
                           "[{sniHosts: [" +
                           std::string(sni) +
                           "]}]\n    route: [{destination: "
                           "{host: x.far.svc.cluster.local, port: {number: 443}}}]\n");
}

bool has(const std::string& text, std::string_view code) {
    const auto lines = test::lines(test::analyzed(text));
    return std::ranges::any_of(lines, [&](const std::string& line) { return line.contains(code); });
}

}  // namespace

TEST_CASE("a name of two rules is told, whoever the gateway's pods are", "[analyze]") {
    for (const char* selector : {"istio: ingressgateway", "istio: ingress", "gw: edge"}) {
        CAPTURE(selector);
        CHECK(has(gateway(selector) + service("a", "f.example.org") + service("b", "f.example.org"),
                  "X-DUP-SNI"));
        CHECK_FALSE(
            has(gateway(selector) + service("a", "f.example.org") + service("b", "g.example.org"),
                "X-DUP-SNI"));
    }
}

}  // namespace analyze_strangers_pods_test
