#include <chrono>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace manifest_scale_test {

using namespace sni;
using namespace sni::test::k8s;

TEST_CASE("ten thousand documents are read and routed in a moment", "[manifest]") {
    // 100 Gateways, 5,000 VirtualServices with 20,000 names, and what they lead to.
    constexpr int kGateways = 100;
    constexpr int kServices = 5'000;
    std::string text;
    for (int i = 0; i < kGateways; ++i) {
        const std::string id = std::to_string(i);
        text += gateway("g" + id, server("'*.g" + id + ".example.com'"));
    }
    for (int i = 0; i < kServices; ++i) {
        const std::string id = std::to_string(i);
        const std::string below = ".g" + std::to_string(i % kGateways) + ".example.com";
        std::string names;
        for (const char* part : {"a", "b", "c", "d"}) {
            names += (names.empty() ? "" : ", ") + std::string(part) + id + below;
        }
        text += service("v" + id, names, rule(names, "s" + id), "",
                        "g" + std::to_string(i % kGateways));
        if (i < kServices - kGateways) {
            text += "---\napiVersion: v1\nkind: Service\nmetadata: {name: s" + id +
                    ", namespace: ns}\nspec:\n  ports: [{port: 443, targetPort: 8443}]\n";
        }
    }
    const auto start = std::chrono::steady_clock::now();
    const test::Routed routed(std::move(text));
    CHECK(routed.to("a7.g7.example.com") == "routed ns/s7:443->8443");
    CHECK(routed.to("d4899.g99.example.com") == "routed ns/s4899:443->8443");
    CHECK(routed.to("d4999.g99.example.com") == "reset");  // its Service is missing
    CHECK(routed.to("e7.g7.example.com") == "reset");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    UNSCOPED_INFO("took " << took.count() << " s");
    // 1.5 s where it counts; generous for sanitizers and a busy machine.
    CHECK(took < std::chrono::seconds(60));
}

TEST_CASE("ten thousand documents are resolved without a quadratic scan", "[manifest]") {
    std::vector<manifest::File> files;
    for (int file = 0; file < 20; ++file) {
        std::string text;
        for (int i = 0; i < 100; ++i) {
            const std::string id = std::to_string(file * 100 + i);
            text += workload("a" + id) + service("v" + id, "h" + id + ".example.com",
                                                 rule("h" + id + ".example.com", "a" + id));
        }
        files.push_back({.name = std::to_string(file) + ".yaml", .text = std::move(text)});
    }
    files.push_back({.name = "gw.yaml", .text = gateway("gw", server("'*.example.com'"))});
    const test::Read read = test::read_files(std::move(files));
    CHECK(read.codes().empty());
    CHECK(read.scenario.routes.size() == 2'000);
    CHECK(read.scenario.backends.size() == 2'000);
}

TEST_CASE("four thousand Gateways with a route each are routed without a quadratic scan",
          "[manifest]") {
    constexpr int kGateways = 4'000;
    std::string text = workload("a");
    for (int i = 0; i < kGateways; ++i) {
        const std::string id = std::to_string(i);
        text += api_gateway("g" + id, listener("l", "h" + id + ".example.com")) +
                tls_route("r" + id, "{name: g" + id + "}", "h" + id + ".example.com",
                          "{name: a, port: 443}");
    }
    const auto start = std::chrono::steady_clock::now();
    const test::Routed routed(std::move(text));
    CHECK(routed.to("h7.example.com") == "routed ns/a:443->8443*1");
    CHECK(routed.to("h3999.example.com") == "routed ns/a:443->8443*1");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    UNSCOPED_INFO("took " << took.count() << " s");
    // 1.5 s where it counts; generous for sanitizers and a busy machine.
    CHECK(took < std::chrono::seconds(60));
}

}  // namespace manifest_scale_test
