// Other gateways' objects all together: where they count, and what nobody looks at in them.
#include "tests/diff/entrances.h"

#include <nlohmann/json.hpp>

#include "lab/routing/route_report.h"
#include "tests/support/diffed.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace diff_entrances_test {

using namespace sni;
using namespace sni::test::k8s;
using namespace sni::test::entrances;
using test::changes;
using test::diffed;

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
