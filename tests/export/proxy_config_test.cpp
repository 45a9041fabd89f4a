#include "lab/export/routers/proxy_config.h"

#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"

namespace export_proxy_config_test {

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;
using sni::test::Contains;

namespace {

/// "a.org -> ns-a-443 127.0.0.1:10443*1", one for each route of each gate.
std::vector<std::string> lines(const ProxyConfig& config) {
    std::vector<std::string> all;
    for (const Gate& gate : config.gates) {
        for (const Route& route : gate.routes) {
            std::string line = route.name + " ->";
            if (route.pool) {
                line += " " + config.pools[*route.pool].name;
                for (const Server& server : config.pools[*route.pool].servers) {
                    line += " " + to_string(server.address) + "*" + std::to_string(server.weight);
                }
            }
            all.push_back(line);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("routes come exact names first, then the longest wildcard, and every name last",
          "[export]") {
    const test::Exporting in(
        workload("a") + workload("b") + gateway("gw", server("'*'")) +
        service("all", "'*'", rule("'*'", "b")) + service("wide", "'*.org'", rule("'*.org'", "b")) +
        service("deep", "'*.a.org'", rule("'*.a.org'", "a")) +
        service("exact", "Z.a.org", rule("Z.a.org", "b")) + service("m", "m.org", rule("m.org")));
    CHECK(in.mistakes.empty());
    CHECK(lines(in.config()) == std::vector<std::string>{"m.org -> ns-a-443 127.0.0.1:10444*1",
                                                         "z.a.org -> ns-b-443 127.0.0.1:10443*1",
                                                         "*.a.org -> ns-a-443 127.0.0.1:10444*1",
                                                         "*.org -> ns-b-443 127.0.0.1:10443*1",
                                                         "* -> ns-b-443 127.0.0.1:10443*1"});
}

TEST_CASE("a destination's weight is divided among its addresses", "[export]") {
    const test::Exporting in(workload("a") + workload("b") + gateway("gw", server("'*'")) +
                             service("vs", "s.org",
                                     "  - match: [{sniHosts: [s.org]}]\n    route:\n"
                                     "    - {destination: {host: a}, weight: 75}\n"
                                     "    - {destination: {host: b}, weight: 25}\n"));
    CHECK(in.mistakes.empty());
    CHECK(lines(in.config()) ==
          std::vector<std::string>{"s.org -> ns-vs 127.0.0.1:10443*3 127.0.0.1:10444*1"});
    Known known;
    known.given["ns/a"] = {loopback(1), loopback(2)};
    CHECK(lines(in.config(known)) ==
          std::vector<std::string>{"s.org -> ns-vs 127.0.0.1:1*3 127.0.0.1:2*3 127.0.0.1:10443*2"});
}

TEST_CASE("a ServiceEntry leads to its endpoints, each with its port and weight", "[export]") {
    const auto config = [](std::string_view entry) {
        return test::Exporting(gateway("gw", server("'*'")) +
                               service("vs", "s.org", rule("s.org", "out.example")) +
                               "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
                               "metadata: {name: out, namespace: ns}\nspec: {hosts: [out.example], "
                               "ports: [{number: 443, name: tls, protocol: TLS}], " +
                               std::string(entry) + "}\n")
            .config();
    };
    const auto to = [&](std::string_view entry) { return lines(config(entry)).front(); };
    CHECK(to("resolution: STATIC, endpoints: [{address: 192.0.2.1, ports: {tls: 8443}, weight: 9}, "
             "{address: 'fd00::1'}]") ==
          "s.org -> ns-out.example-443 192.0.2.1:8443*9 [fd00::1]:443*1");
    CHECK(to("resolution: DNS, endpoints: [{address: a.example, ports: {tls: 1443}}]") ==
          "s.org -> ns-out.example-443 a.example:1443*1");
    CHECK(to("resolution: DNS") == "s.org -> ns-out.example-443 out.example:443*1");

    for (const char* unknown : {"resolution: STATIC, endpoints: [{address: 'unix:///run/a.sock'}]",
                                "resolution: STATIC, workloadSelector: {labels: {app: vm}}"}) {
        CAPTURE(unknown);
        const ProxyConfig none = config(unknown);
        CHECK(lines(none) == std::vector<std::string>{"s.org ->"});
        REQUIRE(none.notes.size() == 1);
        CHECK_THAT(none.notes.front(), Contains("nobody knows an address of ns/out.example"));
    }
}

TEST_CASE("the running lab's backends come before made-up addresses, and --backend before them",
          "[export]") {
    const test::Exporting in(workload("a") + gateway("gw", server("'*'")) +
                             service("vs", "s.org", rule("s.org")));
    Known known;
    known.running[{"ns/a", 8443}] = loopback(7);
    CHECK(lines(in.config(known)) == std::vector<std::string>{"s.org -> ns-a-443 127.0.0.1:7*1"});
    known.given["ns/a"] = {loopback(8)};
    CHECK(lines(in.config(known)) == std::vector<std::string>{"s.org -> ns-a-443 127.0.0.1:8*1"});
    known = {};
    known.running[{"ns/a", 9443}] = loopback(7);  // another port of those pods
    CHECK(lines(in.config(known)) ==
          std::vector<std::string>{"s.org -> ns-a-443 127.0.0.1:10443*1"});
}

TEST_CASE("a name that leads nowhere is refused, and not left to a wildcard", "[export]") {
    const test::Exporting in(workload("a") + gateway("gw", server("'*'")) +
                             service("wide", "'*.org'", rule("'*.org'", "a")) +
                             service("lost", "lost.org", rule("lost.org", "missing")));
    const ProxyConfig config = in.config();
    CHECK(lines(config) ==
          std::vector<std::string>{"lost.org ->", "*.org -> ns-a-443 127.0.0.1:10443*1"});
    REQUIRE(config.notes.size() == 1);
    CHECK_THAT(config.notes.front(), Contains("VirtualService \"ns/lost\""));
}

TEST_CASE("a name that the gateway ends itself is refused, and said", "[export]") {
    const test::Exporting in(workload("a") +
                             gateway("gw", server("'*.org'") + ", " +
                                               server("own.org", "SIMPLE", 443, "https", "HTTPS")) +
                             service("wide", "'*.org'", rule("'*.org'", "a")));
    const ProxyConfig config = in.config();
    CHECK(lines(config) ==
          std::vector<std::string>{"own.org ->", "*.org -> ns-a-443 127.0.0.1:10443*1"});
    REQUIRE(config.notes.size() == 1);
    CHECK_THAT(config.notes.front(), Contains("the gateway itself answers there"));
}

TEST_CASE("a port that Envoy would refuse is left out, and said", "[export]") {
    const test::Exporting in(workload("a") + gateway("gw", server("'*'")) +
                             service("vs", "'*a.org'", rule("'*a.org'")));
    const ProxyConfig config = in.config();
    CHECK(config.gates.empty());
    REQUIRE(config.notes.size() == 1);
    CHECK_THAT(config.notes.front(), Contains("port 443 is left out"));
}

TEST_CASE("no two Gateway ports are served at one address", "[export]") {
    const test::Exporting in(
        workload("a") +
        gateway("gw", server("'*'") + ", " + server("'*'", "PASSTHROUGH", 9443, "other")) +
        service("vs", "s.org", rule("s.org")));
    const ProxyConfig config = in.config();
    REQUIRE(config.gates.size() == 2);
    CHECK(to_string(config.gates[0].listen) == "127.0.0.1:9443");
    CHECK(to_string(config.gates[1].listen) == "127.0.0.1:9444");
}

TEST_CASE("what lab.yaml says about a port is carried into its gate and its pools", "[export]") {
    const test::Exporting in(
        workload("a") +
        gateway("gw", server("'*'") + ", " + server("'*'", "PASSTHROUGH", 8443, "other")) +
        service("vs", "s.org", rule("s.org")));
    scenario::LabFile lab;
    lab.gates = {{.port = 8443,
                  .hello_timeout = std::chrono::milliseconds(500),
                  .idle_timeout = std::chrono::milliseconds(1500),
                  .proxy_protocol = 1,
                  .accept_proxy = true,
                  .forgery = scenario::Forgery::resign,
                  .place = {}}};
    const Known known;
    Addresses addresses(in.workloads, known);
    const ProxyConfig config = in.config(addresses, lab);
    REQUIRE(config.gates.size() == 2);
    CHECK_FALSE(config.gates[0].accept_proxy);
    CHECK(config.gates[1].accept_proxy);
    CHECK(config.gates[1].hello == std::chrono::milliseconds(500));
    CHECK(config.gates[1].idle == std::chrono::milliseconds(1500));
    // One address, asked in two ways.
    REQUIRE(config.pools.size() == 2);
    CHECK(config.pools[0].proxy_protocol == 0);
    CHECK(config.pools[1].proxy_protocol == 1);
    REQUIRE(config.notes.size() == 1);
    CHECK(config.notes[0] == "lab.yaml: the forgery resign of port 8443 is not carried over");
}

}  // namespace export_proxy_config_test
