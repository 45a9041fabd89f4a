#include "lab/export/cluster/cluster_steps.h"

#include "lab/export/cluster/cluster.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"

namespace export_cluster_steps_test {

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;

namespace {

/// Of each command of the Gateway API's export, which of these words stand in it.
std::vector<std::string> told(const std::string& text, const std::vector<std::string>& words) {
    lookup::Environment environment;
    environment.entrances = true;
    const test::Exporting in(text, environment);
    const scenario::LabFile lab;
    const auto exported = for_cluster(
        {in.manifest, in.environment, in.routing.listeners, lab, in.workloads},
        {.api = ClusterApi::gateway, .image = "i", .witness = false, .default_namespace = "ns"},
        {.file = "f",
         .state = "s",
         .certgen = "c",
         .identity = "id",
         .client_ca = "ca",
         .image = "i",
         .pair = [](const std::string& host) { return std::pair(host + ".crt", host + ".key"); }});
    REQUIRE(exported);
    std::vector<std::string> all;
    for (const Step& step : exported->steps) {
        for (const std::string& word : words) {
            if (step.command.contains(word)) all.push_back(word);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("each name is asked at the address of the Gateway that takes it", "[export]") {
    const std::string text = workload("a") + workload("b") + workload("c") +
                             api_gateway("one", listener("l", "*.one.org")) +
                             api_gateway("two", listener("l", "*.two.org")) +
                             tls_route("a", "{name: two}", "a.two.org", "{name: a, port: 443}") +
                             tls_route("b", "{name: one}", "b.one.org", "{name: b, port: 443}") +
                             tls_route("c", "{name: one}", "c.one.org", "{name: c, port: 443}");
    const std::vector<std::string> words = {
        "GATEWAY=$(kubectl get -n ns gateway.gateway.networking.k8s.io/one",
        "GATEWAY=$(kubectl get -n ns gateway.gateway.networking.k8s.io/two", "--sni a.two.org",
        "--sni b.one.org", "--sni c.one.org"};
    CHECK(told(text, words) ==
          std::vector<std::string>{words[0], words[3], words[4], words[1], words[2]});
}

TEST_CASE("a Gateway that is made anew is asked for the names that were its own", "[export]") {
    const auto pods = [](std::string_view name) {
        return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(name) +
               ", namespace: ns, labels: {gw: " + std::string(name) +
               "}}\nspec: {containers: [{name: c, image: i}]}\n";
    };
    const auto own_gateway = [](const std::string& name) {
        std::string text = gateway(name, server("'*'"));
        const std::string_view selector = "istio: ingressgateway";
        return text.replace(text.find(selector), selector.size(), "gw: " + name);
    };
    const std::string text = workload("a") + workload("b") + pods("in") + pods("out") +
                             own_gateway("in") + own_gateway("out") +
                             service("a", "a.org", rule("a.org", "a"), "", "in") +
                             service("b", "b.org", rule("b.org", "b"), "", "out");
    const std::vector<std::string> words = {"gateway.networking.k8s.io/in ", "--sni a.org",
                                            "gateway.networking.k8s.io/out ", "--sni b.org"};
    CHECK(told(text, words) == words);
}

}  // namespace export_cluster_steps_test
