#include "lab/routing/route_report.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/routing.h"

namespace routing_route_report_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

std::string both() {
    return workload("a") + gateway("gw", server("'*.example.com'")) +
           service("vs", "'*.example.com'", rule("'*.example.com'") + rule("x.example.com"));
}

}  // namespace

TEST_CASE("the JSON of route is an interface and stays as it is", "[manifest]") {
    const Routed routed(
        both() + api_gateway("api", listener("l", "", "")) +
        tls_route("r", "{name: api, sectionName: l}", "y.org", "{name: nobody, port: 443}"));
    const std::vector<routing::Answer> answers = {routed.ask("x.example.com"),
                                                  routed.ask(std::nullopt), routed.ask("a", 80)};
    auto document = routing::to_json(routed.listeners(), answers,
                                     routing::service_targets(routed.manifest(), {}));
    for (auto& answer : document["answers"]) {
        CHECK(answer["why"].is_array());
        CHECK(answer["why"].size() > 0);
        answer.erase("why");
    }
    for (auto& condition : document["conditions"]) {
        if (condition["kind"] == "Gateway") condition = nullptr;
    }
    CHECK(document.dump() ==
          R"({"schema":"sni-lab/route/1","answers":[)"
          R"({"sni":"x.example.com","plaintext":false,"port":443,"outcome":"routed",)"
          R"("destinations":[{"kind":"Service","namespace":"ns","name":"a","port":443,)"
          R"("target_port":8443,"weight":100}],"rule":{"kind":"VirtualService",)"
          R"("namespace":"ns","name":"vs","file":"a.yaml","line":34}},)"
          R"({"sni":null,"plaintext":false,"port":443,"outcome":"reset","destinations":[],)"
          R"("rule":null},)"
          R"({"sni":"a","plaintext":false,"port":80,"outcome":"closed-port","destinations":[],)"
          R"("rule":null}],)"
          R"("conditions":[null,null,null,null,null,null,null,)"
          R"({"kind":"TLSRoute","namespace":"ns","name":"r","parent":"ns/api","listener":"l",)"
          R"("type":"Accepted","status":"True","reason":"Accepted"},)"
          R"({"kind":"TLSRoute","namespace":"ns","name":"r","parent":"ns/api","listener":"l",)"
          R"("type":"ResolvedRefs","status":"False","reason":"BackendNotFound"}],)"
          R"("attached":[{"gateway":"ns/api","listener":"l","routes":1}],)"
          R"("targets":[{"service":"ns/a","port":443,"target_port":8443}]})");
}

TEST_CASE("addresses that the files list are told with their ports and weights", "[manifest]") {
    const Routed routed(
        gateway("gw", server("a.org")) + service("vs", "a.org", rule("a.org", "out.example")) +
        "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: out, "
        "namespace: ns}\nspec: {hosts: [out.example], resolution: STATIC, ports: [{number: 443, "
        "name: tls, protocol: TLS}], endpoints: [{address: 192.0.2.1, ports: {tls: 8443}, weight: "
        "9}, {address: 'unix:///run/a.sock'}]}\n");
    const std::vector<routing::Answer> answers = {routed.ask("a.org")};
    const auto document = routing::to_json(routed.listeners(), answers, {});
    const auto& destination = document["answers"][0]["destinations"][0];
    CHECK(destination["target_port"].is_null());
    CHECK(destination["addresses"].dump() ==
          R"([{"address":"192.0.2.1","port":8443,"weight":9},)"
          R"({"address":"unix:///run/a.sock","port":null,"weight":1}])");
    constexpr const char* kThere = "192.0.2.1:8443 x9, unix:///run/a.sock x1";
    CHECK_THAT(answers[0].why[1], test::Contains(kThere));
    CHECK_THAT(routing::table_text(routed.listeners()), test::Contains(kThere));
}

TEST_CASE("a gateway's condition has no parent, and its own no listener", "[manifest]") {
    const Routed routed(api_gateway("api", listener("l")));
    const auto document = routing::to_json(routed.listeners(), {}, {});
    CHECK(document["conditions"][0].dump() ==
          R"({"kind":"Gateway","namespace":"ns","name":"api","parent":null,"listener":null,)"
          R"("type":"Accepted","status":"True","reason":"Accepted"})");
    CHECK(document["conditions"][3].dump() ==
          R"({"kind":"Gateway","namespace":"ns","name":"api","parent":null,"listener":"l",)"
          R"("type":"Conflicted","status":"False","reason":"NoConflicts"})");
}

TEST_CASE("TLS that the gateway puts around what it passes on is told", "[manifest]") {
    const std::string rules = both() + destination_rule("a", "tls: {mode: SIMPLE}");
    const Routed routed(rules);
    const routing::Answer answer = routed.ask("x.example.com");
    CHECK_THAT(routing::to_text(routed.listeners(), answer),
               test::StartsWith("x.example.com at port 443: routed: TLS passes the gateway, which "
                                "puts TLS of its own around it\n") &&
                   test::Contains("  - DestinationRule \"ns/dr\" puts TLS of the gateway's own "
                                  "(SIMPLE) around it, which no pod takes off: the client's "
                                  "handshake fails\n") &&
                   test::Contains("Service ns/a:443 -> 8443 (in TLS of the gateway's own)"));
    const auto document = routing::to_json(routed.listeners(), {answer}, {});
    CHECK(document["answers"][0]["destinations"][0]["wrapped"] ==
          "DestinationRule \"ns/dr\" puts TLS of the gateway's own (SIMPLE) around it");
    // The rule says otherwise for the port, or is not the gateway's to see.
    for (const std::string policy : {"tls: {mode: DISABLE}", "tls: {mode: ISTIO_MUTUAL}",
                                     "tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: "
                                     "443}, tls: {mode: DISABLE}}]"}) {
        const Routed plain(both() + destination_rule("a", policy));
        CHECK_THAT(routing::to_text(plain.listeners(), plain.ask("x.example.com")),
                   test::Contains("untouched"));
    }
}

TEST_CASE("a target port that no pod has is null", "[manifest]") {
    const Routed routed(
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 443, "
        "targetPort: tls}]}\n");
    const auto targets = routing::service_targets(routed.manifest(), {});
    REQUIRE(targets.size() == 1);
    CHECK(targets[0].service == "default/s");
    CHECK_FALSE(targets[0].target_port.has_value());
}

TEST_CASE("the text shows the chains in order, the one that takes the name, and the rest",
          "[manifest]") {
    const Routed routed(both());
    CHECK(routing::to_text(routed.listeners(), routed.ask("x.example.com")) ==
          "x.example.com at port 443: routed: TLS passes the gateway untouched\n"
          "  - VirtualService \"ns/vs\" (a.yaml:34) takes it by the name \"x.example.com\"\n"
          "  - it beats \"*.example.com\" of VirtualService \"ns/vs\" (a.yaml:32): the most "
          "specific name wins, whatever the order\n"
          "  - to Service \"ns/a\", port 443, target port 8443\n"
          "filter chains of port 443, the most specific name first\n"
          "  > x.example.com  Service ns/a:443 -> 8443  VirtualService \"ns/vs\"\n"
          "    *.example.com  Service ns/a:443 -> 8443  VirtualService \"ns/vs\"\n"
          "  whatever has no name here is closed without an answer\n");
    CHECK(routing::to_text(routed.listeners(), routed.ask("x.example.com", 80)) ==
          "x.example.com at port 80: closed port: nothing listens there\n"
          "  - no Gateway that is looked at has a server on port 80\n"
          "  - the Gateways here listen at 443: --port 443 asks there\n"
          "  - without a filter chain there is no listener: the connection is refused\n");
    CHECK(routing::table_text(routed.listeners()) ==
          "port 443\n"
          "    x.example.com  Service ns/a:443 -> 8443  VirtualService \"ns/vs\"\n"
          "    *.example.com  Service ns/a:443 -> 8443  VirtualService \"ns/vs\"\n");
}

TEST_CASE("of many names only those are shown that fit", "[manifest]") {
    std::string names = "a0.org";
    for (int i = 1; i < 100; ++i) {
        names += ", a" + std::to_string(i) + ".org";
    }
    const Routed routed(workload("a") + gateway("gw", server("'*'")) +
                        service("vs", names, rule(names)));
    const std::string text = routing::to_text(routed.listeners(), routed.ask("a7.org"));
    CHECK_THAT(text, test::Contains("  > a7.org  ") &&
                         test::Contains("and 99 more names; --table lists them\n"));
}

TEST_CASE("status is told object by object", "[manifest]") {
    const Routed routed(workload("a") + api_gateway("gw", listener("l")) +
                        tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}"));
    CHECK(routing::status_text(routed.listeners()) ==
          "Gateway ns/gw\n"
          "  Accepted      True   Accepted\n"
          "  Programmed    True   Programmed\n"
          "  ResolvedRefs  True   ResolvedRefs\n"
          "Gateway ns/gw, listener l\n"
          "  Conflicted    False  NoConflicts\n"
          "  Accepted      True   Accepted\n"
          "  ResolvedRefs  True   ResolvedRefs\n"
          "  Programmed    True   Programmed\n"
          "  attached routes: 1\n"
          "TLSRoute ns/r at Gateway ns/gw\n"
          "  Accepted      True   Accepted\n"
          "  ResolvedRefs  True   ResolvedRefs\n");
}

}  // namespace routing_route_report_test
