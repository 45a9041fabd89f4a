// Folders that have one name, or the name of a scenario: which of them is meant is never guessed
// without a word.
#include <csignal>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_same_lab_test {

using namespace sni::test;
using nlohmann::json;

namespace {

std::string manifests_of(const std::string& scenario) {
    return slurp(std::string(SNI_LAB_SOURCE_DIR) + "/scenarios/" + scenario + "/manifests.yaml");
}

void spill_folder(const LabFolder& lab, const std::string& folder, const std::string& scenario) {
    std::filesystem::create_directories(lab / folder);
    spill(lab / (folder + "/m.yaml"), manifests_of(scenario));
}

Finished up(const LabFolder& lab, const std::string& scenario) {
    return lab.run({"up", scenario, "--detach", "--quiet", "--listen", "127.0.0.1:0"});
}

constexpr const char* kShadowed =
    "sni-lab: warning: wildcard is a scenario of the catalogue, and a folder here, too [SL1001]\n"
    "hint: write ./wildcard for what is here\n";

}  // namespace

TEST_CASE("a folder that ends TLS at the gateway for one of its names is not proven", "[e2e]") {
    const LabFolder lab;
    spill_folder(lab, "k8s", "mixed-modes");
    const Finished own = lab.run({"verify", "k8s", "-q"});
    CHECK(own.status == 1);
    CHECK(own.out ==
          "pass.example.com at port 443: PASSTHROUGH PROVEN\n"
          "*.example.com at port 443: TERMINATED BEFORE THE BACKEND\n");
    CHECK(lab.run({"scenario", "run", "k8s"}).status == 1);
    REQUIRE(up(lab, "k8s").status == 0);
    CHECK(lab.run({"verify", "--running"}).status == 1);
    CHECK(lab.run({"verify", "--running", "--sni", "pass.example.com"}).status == 0);
}

TEST_CASE("the running lab is judged for the scenario that it was started with alone", "[e2e]") {
    const LabFolder lab;
    spill_folder(lab, "a/k8s", "passthrough");
    spill_folder(lab, "b/k8s", "wildcard");
    REQUIRE(up(lab, "a/k8s").status == 0);
    CHECK(lab.run({"verify", "./a/../a/k8s"}).status == 0);
    const Finished other = lab.run({"verify", "b/k8s"});
    CHECK(other.status == 2);
    CHECK_THAT(other.err, Contains("the running lab plays scenario " + (lab / "a/k8s").string() +
                                   ", not b/k8s"));

    spill(lab / "a/k8s/m.yaml", manifests_of("passthrough") + "# changed\n");
    const Finished changed = lab.run({"verify", "a/k8s"});
    CHECK(changed.status == 2);
    CHECK(changed.err ==
          "sni-lab: error: the running lab was started with another a/k8s [SL1001]\n"
          "why: its files, or the flags about the cluster, have changed since\n"
          "hint: leave the name out for the lab as it is, or start it anew: sni-lab down && "
          "sni-lab up a/k8s --detach\n");
    CHECK(lab.run({"verify"}).status == 0);

    // Nor for other manifests from stdin.
    lab.run({"down"});
    const std::string program = SNI_LAB_BINARY;
    const auto piped = [&](const std::string& words, const std::string& file) {
        return lab.run_other({"sh", "-c", program + " " + words + " <" + file}).status;
    };
    REQUIRE(piped("up - --detach --quiet --listen 127.0.0.1:0", "b/k8s/m.yaml") == 0);
    CHECK(piped("verify -", "b/k8s/m.yaml") == 0);
    CHECK(piped("verify -", "a/k8s/m.yaml") == 2);
}

TEST_CASE("what a running lab is to be started with again is what it was started with", "[e2e]") {
    const LabFolder lab;
    spill_folder(lab, "wildcard", "wildcard");
    REQUIRE(up(lab, "./wildcard").status == 0);
    const std::string again = "sni-lab up " + (lab / "wildcard").string();
    CHECK_THAT(lab.run({"certgen", "www.example.com", "--force"}).out,
               Contains("\nNext: sni-lab down && " + again + "\n"));
    const auto record = json::parse(slurp(lab / ".sni-lab/lab.json"));
    REQUIRE(::kill(record["pid"].get<pid_t>(), SIGKILL) == 0);
    Finished gone;
    for (int tries = 0; tries < 50 && gone.status != 4; ++tries) {
        gone = lab.run({"verify"});
    }
    CHECK_THAT(gone.out, Contains(again + " --detach starts it again"));
}

TEST_CASE("every command says that it passes a folder of a scenario's name over", "[e2e]") {
    const LabFolder lab;
    spill_folder(lab, "wildcard", "passthrough");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"verify", "wildcard", "--state", "none"},
          {"scenario", "run", "wildcard"},
          {"scenario", "show", "wildcard"},
          {"certgen", "--scenario", "wildcard"}}) {
        CAPTURE(words);
        const Finished done = lab.run(words);
        CHECK(done.status == 0);
        CHECK(done.err == kShadowed);
    }
    CHECK_THAT(lab.run({"scenario", "run", "backend-down"}).err, !Contains("warning"));
    CHECK(lab.run({"scenario", "run", "./wildcard"}).err.empty());
}

TEST_CASE("what the lab plays as the manifests have it is said by whoever plays it", "[e2e]") {
    const LabFolder lab;
    std::filesystem::create_directory(lab / "k8s");
    spill(
        lab / "k8s/m.yaml",
        manifests_of("passthrough") +
            "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d, "
            "namespace: passthrough-test}\nspec: {host: "
            "httpbin.passthrough-test.svc.cluster.local, trafficPolicy: {tls: {mode: SIMPLE}}}\n");
    CHECK_THAT(lab.run({"verify", "k8s"}).err, Contains("warning") && Contains("[X-DOUBLE-TLS]"));
    CHECK_THAT(lab.run({"scenario", "run", "k8s"}).err, Contains("[X-DOUBLE-TLS]"));
}

}  // namespace e2e_same_lab_test
