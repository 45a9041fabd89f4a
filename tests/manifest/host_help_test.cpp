// Hosts in manifests that are none, and what was meant.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace manifest_host_help_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

constexpr const char* kHelp = "write its A-labels: xn--bcher-kva.example";

}  // namespace

TEST_CASE("a name in Unicode is answered with its A-labels wherever manifests have hosts",
          "[manifest]") {
    const std::string name = "bücher.example";
    const auto all = [](const std::string& text) { return test::read_text(text).all(); };
    CHECK_THAT(all(gateway("gw", server(name))), test::Contains(kHelp));
    CHECK_THAT(all(gateway("gw", server("ns/" + name))), test::Contains(kHelp));
    CHECK_THAT(all(service("vs", name, rule("a.org"))), test::Contains(kHelp));
    CHECK_THAT(all(service("vs", "a.org", rule(name))), test::Contains(kHelp));
    CHECK_THAT(all(api_gateway("gw", listener("l", name))), test::Contains(kHelp));
    CHECK_THAT(all(tls_route("r", "{name: gw}", name, "{name: a, port: 443}")),
               test::Contains(kHelp));
    const auto istio = [](std::string_view kind, std::string_view spec) {
        return "---\napiVersion: networking.istio.io/v1\nkind: " + std::string(kind) +
               "\nmetadata: {name: n, namespace: ns}\nspec: {" + std::string(spec) + "}\n";
    };
    CHECK_THAT(all(istio("DestinationRule", "host: " + name)), test::Contains(kHelp));
    CHECK_THAT(all(istio("ServiceEntry", "hosts: [" + name +
                                             "], resolution: DNS, ports: [{number: 443, name: tls, "
                                             "protocol: TLS}]")),
               test::Contains(kHelp));
}

TEST_CASE("a wildcard in Unicode keeps its star, and a URL its host alone", "[manifest]") {
    CHECK_THAT(test::read_text(service("vs", "'*.bücher.example'", rule("a.org"))).all(),
               test::Contains("write its A-labels: *.xn--bcher-kva.example"));
    CHECK_THAT(test::read_text(service("vs", "'https://a.org'", rule("a.org"))).all(),
               test::Contains("write the host alone: a.org"));
    CHECK_THAT(test::read_text(gateway("gw", server("'a.org:443'"))).all(),
               test::Contains("write the host alone: a.org"));
}

}  // namespace manifest_host_help_test
