// Ten thousand documents, as a large installation keeps them.
#include <sys/resource.h>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/lab_folder.h"

namespace e2e_scale_test {

using namespace sni::test;
using namespace sni::test::k8s;

namespace {

constexpr int kGateways = 100;
constexpr int kServices = 5'000;

/// 100 Gateways, 5,000 VirtualServices with 20,000 names, and what they lead to.
std::vector<std::string> documents() {
    std::vector<std::string> all;
    for (int i = 0; i < kGateways; ++i) {
        const std::string id = std::to_string(i);
        all.push_back(gateway("g" + id, server("'*.g" + id + ".example.com'")));
    }
    for (int i = 0; i < kServices; ++i) {
        const std::string id = std::to_string(i);
        const std::string edge = "g" + std::to_string(i % kGateways);
        std::string names;
        for (const char* part : {"a", "b", "c", "d"}) {
            names += (names.empty() ? "" : ", ") + (part + id) + "." + edge + ".example.com";
        }
        all.push_back(service("v" + id, names, rule(names, "s" + id), "", edge));
        if (i < kServices - kGateways) {
            all.push_back("---\napiVersion: v1\nkind: Service\nmetadata: {name: s" + id +
                          ", namespace: ns}\nspec:\n  ports: [{port: 443, targetPort: 8443}]\n");
        }
    }
    return all;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// The most that any program had which this process started.
long children_mebibytes() {
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    return used.ru_maxrss / 1024;
}

}  // namespace

TEST_CASE("ten thousand documents in as many files are analysed and routed in 300 MB", "[e2e]") {
    if (kSanitized) return;  // a sanitizer's own memory and time would be measured
    const LabFolder folder;
    std::filesystem::create_directory(folder / "many");
    std::string whole;
    int number = 0;
    for (const std::string& document : documents()) {
        spill(folder / ("many/" + std::to_string(number++) + ".yaml"), document);
        whole += document;
    }
    REQUIRE(number == 10'000);
    spill(folder / "one.yaml", whole);
    // 100 Services are missing.
    CHECK(folder.run({"analyze", "many", "--json"}).status == 1);
    CHECK(folder.run({"route", "many", "--sni", "a7.g7.example.com"}).status == 0);
    CHECK(folder.run({"export", "one.yaml", "--api", "nginx"}).status == 0);
    CHECK(children_mebibytes() < 300);
}

}  // namespace e2e_scale_test
