#include "lab/export/wiring.h"

#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;
using sni::test::Contains;

namespace {

/// "a.org -> ns-a-443 127.0.0.1:10443*1", one for each route of each gate.
std::vector<std::string> lines(const Wiring& wiring) {
    std::vector<std::string> all;
    for (const Gate& gate : wiring.gates) {
        for (const Route& route : gate.routes) {
            std::string line = route.name + " ->";
            if (route.pool) {
                line += " " + wiring.pools[*route.pool].name;
                for (const Server& server : wiring.pools[*route.pool].servers) {
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
        backend("a") + backend("b") + gateway("gw", server("'*'")) +
        service("all", "'*'", rule("'*'", "b")) + service("wide", "'*.org'", rule("'*.org'", "b")) +
        service("deep", "'*.a.org'", rule("'*.a.org'", "a")) +
        service("exact", "Z.a.org", rule("Z.a.org", "b")) + service("m", "m.org", rule("m.org")));
    CHECK(in.mistakes.empty());
    CHECK(lines(in.wiring()) == std::vector<std::string>{"m.org -> ns-a-443 127.0.0.1:10444*1",
                                                         "z.a.org -> ns-b-443 127.0.0.1:10443*1",
                                                         "*.a.org -> ns-a-443 127.0.0.1:10444*1",
                                                         "*.org -> ns-b-443 127.0.0.1:10443*1",
                                                         "* -> ns-b-443 127.0.0.1:10443*1"});
}

TEST_CASE("a destination's weight is divided among its addresses", "[export]") {
    const test::Exporting in(backend("a") + backend("b") + gateway("gw", server("'*'")) +
                             service("vs", "s.org",
                                     "  - match: [{sniHosts: [s.org]}]\n    route:\n"
                                     "    - {destination: {host: a}, weight: 75}\n"
                                     "    - {destination: {host: b}, weight: 25}\n"));
    CHECK(in.mistakes.empty());
    CHECK(lines(in.wiring()) ==
          std::vector<std::string>{"s.org -> ns-vs 127.0.0.1:10443*3 127.0.0.1:10444*1"});
    Known known;
    known.given["ns/a"] = {loopback(1), loopback(2)};
    CHECK(lines(in.wiring(known)) ==
          std::vector<std::string>{"s.org -> ns-vs 127.0.0.1:1*3 127.0.0.1:2*3 127.0.0.1:10443*2"});
}

TEST_CASE("the running lab's backends come before made-up addresses, and --backend before them",
          "[export]") {
    const test::Exporting in(backend("a") + gateway("gw", server("'*'")) +
                             service("vs", "s.org", rule("s.org")));
    Known known;
    known.running[{"ns/a", 8443}] = loopback(7);
    CHECK(lines(in.wiring(known)) == std::vector<std::string>{"s.org -> ns-a-443 127.0.0.1:7*1"});
    known.given["ns/a"] = {loopback(8)};
    CHECK(lines(in.wiring(known)) == std::vector<std::string>{"s.org -> ns-a-443 127.0.0.1:8*1"});
    known = {};
    known.running[{"ns/a", 9443}] = loopback(7);  // another port of those pods
    CHECK(lines(in.wiring(known)) ==
          std::vector<std::string>{"s.org -> ns-a-443 127.0.0.1:10443*1"});
}

TEST_CASE("a name that leads nowhere is refused, and not left to a wildcard", "[export]") {
    const test::Exporting in(backend("a") + gateway("gw", server("'*'")) +
                             service("wide", "'*.org'", rule("'*.org'", "a")) +
                             service("lost", "lost.org", rule("lost.org", "missing")));
    const Wiring wiring = in.wiring();
    CHECK(lines(wiring) ==
          std::vector<std::string>{"lost.org ->", "*.org -> ns-a-443 127.0.0.1:10443*1"});
    REQUIRE(wiring.notes.size() == 1);
    CHECK_THAT(wiring.notes.front(), Contains("VirtualService \"ns/lost\""));
}

TEST_CASE("a name that the gateway ends itself is refused, and said", "[export]") {
    const test::Exporting in(backend("a") +
                             gateway("gw", server("'*.org'") + ", " +
                                               server("own.org", "SIMPLE", 443, "https", "HTTPS")) +
                             service("wide", "'*.org'", rule("'*.org'", "a")));
    const Wiring wiring = in.wiring();
    CHECK(lines(wiring) ==
          std::vector<std::string>{"own.org ->", "*.org -> ns-a-443 127.0.0.1:10443*1"});
    REQUIRE(wiring.notes.size() == 1);
    CHECK_THAT(wiring.notes.front(), Contains("the gateway itself answers there"));
}

TEST_CASE("a port that Envoy would refuse is left out, and said", "[export]") {
    const test::Exporting in(backend("a") + gateway("gw", server("'*'")) +
                             service("vs", "'*a.org'", rule("'*a.org'")));
    const Wiring wiring = in.wiring();
    CHECK(wiring.gates.empty());
    REQUIRE(wiring.notes.size() == 1);
    CHECK_THAT(wiring.notes.front(), Contains("port 443 is left out"));
}

TEST_CASE("low Gateway ports are served 9000 higher", "[export]") {
    CHECK(to_string(default_listen(443)) == "127.0.0.1:9443");
    CHECK(to_string(default_listen(8443)) == "127.0.0.1:8443");
}

TEST_CASE("no two Gateway ports are served at one address", "[export]") {
    const test::Exporting in(
        backend("a") +
        gateway("gw", server("'*'") + ", " + server("'*'", "PASSTHROUGH", 9443, "other")) +
        service("vs", "s.org", rule("s.org")));
    const Wiring wiring = in.wiring();
    REQUIRE(wiring.gates.size() == 2);
    CHECK(to_string(wiring.gates[0].listen) == "127.0.0.1:9443");
    CHECK(to_string(wiring.gates[1].listen) == "127.0.0.1:9444");
}
