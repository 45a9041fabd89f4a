// Every command that an export prints is a command: a shell can read it, and no word of it is
// empty.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "lab/scenario/catalogue.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/lab_folder.h"
#include "tests/support/manifest.h"
#include "tests/support/run_cli.h"

namespace e2e_export_commands_test {

using namespace sni;
using nlohmann::json;

namespace {

/// Programs that a test has no use for, each of which only looks at its words: an empty one ends
/// the script.
class Stubs {
  public:
    explicit Stubs(const std::filesystem::path& folder) : folder_(folder) {
        std::filesystem::create_directories(folder_);
        const auto stub = folder_ / "stub";
        test::spill(stub,
                    "#!/bin/sh\n"
                    "for word in \"$@\"; do\n"
                    "  [ -n \"$word\" ] || { echo \"an empty word: $0 $*\" >&2; exit 9; }\n"
                    "done\n"
                    "[ $# -gt 0 ] || { echo \"no words: $0\" >&2; exit 9; }\n"
                    "case \"$*\" in *jsonpath*) echo 192.0.2.1;; esac\n");
        std::filesystem::permissions(stub, std::filesystem::perms::owner_all);
        for (const char* name : {"kubectl", "docker", "sni-lab", "nginx", "haproxy", "envoy"}) {
            std::filesystem::create_symlink("stub", folder_ / name);
        }
    }
    std::string path() const { return folder_.string() + ":" + std::getenv("PATH"); }

  private:
    std::filesystem::path folder_;
};

void check_commands(const test::LabFolder& folder, const Stubs& stubs, const std::string& what,
                    const std::vector<std::string>& more) {
    for (const char* api : {"istio", "gateway", "envoy", "haproxy", "nginx"}) {
        std::vector<std::string> words = {"export", what, "--api", api, "--json"};
        words.insert(words.end(), more.begin(), more.end());
        const test::Ran ran = test::run(words);
        CAPTURE(what, api, ran.err);
        // Nothing to pass through: no router has a configuration for that.
        if (ran.status == 2 && ran.err.find("no port of these manifests") != std::string::npos)
            continue;
        REQUIRE(ran.status == 0);
        std::string script = "set -eu\n";
        const json exported = json::parse(ran.out);
        for (const json& step : exported["steps"]) {
            const std::string command = step["command"];
            CHECK(command.find("  ") == std::string::npos);
            script += command + "\n";
        }
        CAPTURE(script);
        const test::Finished ended = folder.run_other(
            {"env", "PATH=" + stubs.path(), "bash", "-c", script + "wait\necho through\n"});
        CAPTURE(ended.err);
        CHECK(ended.status == 0);
        CHECK(ended.out.ends_with("through\n"));
        CHECK(ended.err.find("an empty word") == std::string::npos);
    }
}

}  // namespace

TEST_CASE("every command that export prints for a scenario runs", "[e2e]") {
    const test::LabFolder folder;
    const Stubs stubs(folder / "bin");
    for (const std::string& name : scenario::scenario_names()) {
        check_commands(folder, stubs, name, {"--state", "state of " + name});
    }
}

TEST_CASE("every command that export prints for Secrets in the files runs", "[e2e]") {
    const test::LabFolder folder;
    const Stubs stubs(folder / "bin");
    const std::string secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: ";
    test::spill(folder / "m.yaml",
                test::k8s::workload("a") + test::k8s::gateway("gw", test::k8s::server("'*'")) +
                    test::k8s::service("vs", "'*.a.org'", test::k8s::rule("'*.a.org'")) + secret +
                    "a-credential, namespace: ns}\ntype: kubernetes.io/tls\nstringData: {tls.crt: "
                    "c, tls.key: k}\n" +
                    secret + "empty, namespace: ns}\n" + secret +
                    "odd, namespace: ns}\nstringData: {'a b': x, fine.p12: z}\n");
    check_commands(folder, stubs, (folder / "m.yaml").string(), {});
}

TEST_CASE("no word of a manifest is one that a shell runs", "[e2e]") {
    const test::LabFolder folder;
    const Stubs stubs(folder / "bin");
    const std::string touch = "x'; touch touched; echo '$(touch touched)";
    const std::string set =
        test::replaced(test::k8s::workload("a"), "kind: Deployment", "kind: ReplicaSet");
    const std::string name = (folder / "m\ntouch touched #.yaml").string();
    test::spill(name, set + test::k8s::gateway("gw", test::k8s::server("a.org")) +
                          test::k8s::service("vs", "a.org", test::k8s::rule("a.org")) +
                          "---\napiVersion: v1\nkind: Secret\nmetadata: {name: odd, namespace: "
                          "ns}\ntype: \"" +
                          touch + "\"\nstringData: {a: b}\n");
    check_commands(folder, stubs, name, {});
    for (const std::vector<std::string>& more : {std::vector<std::string>(), {"--witness"}}) {
        std::vector<std::string> words = {"export", name, "--out", (folder / "out.yaml").string()};
        words.insert(words.end(), more.begin(), more.end());
        const test::Ran ran = test::run(words);
        REQUIRE(ran.status == 0);
        CAPTURE(ran.out);
        const test::Finished ended = folder.run_other(
            {"env", "PATH=" + stubs.path(), "bash", "-c", "set -eu\n" + ran.out + "wait\n"});
        CAPTURE(ended.err);
        CHECK(ended.status == 0);
    }
    CHECK_FALSE(std::filesystem::exists(folder / "touched"));
    // No label has such a value.
    CHECK(test::read_text(test::replaced(set, "labels: {app: a}", "labels: {app: \"a'; touch x\"}"))
              .has("X-VALUE"));
    CHECK(
        test::read_text("---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: "
                        "[{name: c}], volumes: [{name: v, secret: {secretName: 'c; touch x'}}]}\n")
            .has("X-VALUE"));
}

}  // namespace e2e_export_commands_test
