// What export writes for other people's routers: their own checkers accept it, and verify proves
// passthrough through them.
#include <csignal>

#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/lab_folder.h"

namespace e2e_export_test {

using namespace sni::test;
using namespace sni::test::k8s;
using nlohmann::json;

namespace {

/// A Service, and pods with a certificate of their own.
std::string secure(const std::string& name) {
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name +
           ", namespace: ns}\nspec:\n  selector: {app: " + name +
           "}\n  ports: [{port: 443, targetPort: 8443}]\n---\napiVersion: apps/v1\n"
           "kind: Deployment\nmetadata: {name: " +
           name + ", namespace: ns}\nspec:\n  selector: {matchLabels: {app: " + name +
           "}}\n  template:\n    metadata: {labels: {app: " + name +
           "}}\n    spec:\n      containers:\n      - name: c\n        image: i\n        args: "
           "[gunicorn, --certfile=/c/tls.crt, --keyfile=/c/tls.key, -b, 0.0.0.0:8443, "
           "httpbin:app]\n        volumeMounts: [{name: c, mountPath: /c}]\n      volumes: [{name: "
           "c, secret: {secretName: " +
           name + "-cert}}]\n";
}

/// One exact name, names below it, and one shared by weight.
std::string manifests() {
    return secure("one") + secure("two") + gateway("gw", server("'*.example.com'")) +
           service("exact", "exact.example.com", rule("exact.example.com", "one")) +
           service("wide", "'*.example.com'", rule("'*.example.com'", "two")) +
           service("shared", "shared.example.com",
                   "  - match: [{sniHosts: [shared.example.com]}]\n    route:\n"
                   "    - {destination: {host: one}, weight: 50}\n"
                   "    - {destination: {host: two}, weight: 50}\n");
}

/// The lab with its backends, and what export made of it for one router.
class Site {
  public:
    Site(const std::string& api, const std::string& file) : port(free_port()) {
        spill(folder / "m.yaml", manifests());
        const Finished up = folder.run({"up", "m.yaml", "--detach", "--listen", "127.0.0.1:0"});
        INFO(up.err);
        REQUIRE(up.status == 0);
        const Finished exported = folder.run(
            {"export", "m.yaml", "--api", api, "--listen", "127.0.0.1:" + port, "--out", file});
        INFO(exported.err);
        REQUIRE(exported.status == 0);
        CHECK(exported.out.find("sni-lab verify --gateway 127.0.0.1:" + port) != std::string::npos);
    }

    /// Exit code of verify; `backend` must sign, unless it is empty.
    int verify(const std::string& sni, const std::string& backend = "",
               const std::string& wait = "20s") const {
        std::vector<std::string> words = {
            "verify", "--gateway",  "127.0.0.1:" + port,         "--sni",
            sni,      "--identity", ".sni-lab/identity.key.pub", "--wait",
            wait,     "--json"};
        if (!backend.empty()) words.insert(words.end(), {"--backend", backend});
        const Finished verified = folder.run(words);
        INFO(verified.err);
        const std::string verdict = json::parse(verified.out)["verdict"];
        CHECK((verdict == "proven") == (verified.status == 0));
        return verified.status;
    }

    /// The same questions for every router.
    void check_routes() const {
        CHECK(verify("exact.example.com", "ns/one") == 0);
        CHECK(verify("EXACT.Example.com", "ns/one", "0s") == 0);
        CHECK(verify("exact.example.com", "ns/two", "0s") != 0);
        CHECK(verify("www.example.com", "ns/two", "0s") == 0);
        CHECK(verify("shared.example.com", "", "0s") == 0);
        CHECK(verify("example.com", "", "0s") == 4);
        CHECK(verify("www.exampleXcom", "", "0s") == 4);
        CHECK(verify("other.example.org", "", "0s") == 4);
    }

    std::string path(const std::string& file) const { return (folder / file).string(); }

    LabFolder folder;
    std::string port;
};

}  // namespace

TEST_CASE("nginx accepts what export writes, and verify is proven through it", "[e2e]") {
    if (!have("nginx")) return;
    const Site site("nginx", "nginx.conf");
    const std::string pid = "pid " + site.path("nginx.pid") + ";";
    const Finished checked = site.folder.run_other(
        {"/usr/sbin/nginx", "-t", "-e", "stderr", "-c", site.path("nginx.conf"), "-g", pid});
    INFO(checked.err);
    REQUIRE(checked.status == 0);
    const Background nginx({"/usr/sbin/nginx", "-e", "stderr", "-c", site.path("nginx.conf"), "-g",
                            pid + " error_log stderr; daemon off; master_process off;"});
    site.check_routes();
}

TEST_CASE("HAProxy accepts what export writes, and verify is proven through it", "[e2e]") {
    if (!have("haproxy")) return;
    const Site site("haproxy", "haproxy.cfg");
    const Finished checked =
        site.folder.run_other({"/usr/sbin/haproxy", "-c", "-f", site.path("haproxy.cfg")});
    INFO(checked.err);
    INFO(checked.out);
    REQUIRE(checked.status == 0);
    const Background haproxy({"/usr/sbin/haproxy", "-f", site.path("haproxy.cfg"), "-db", "-q"});
    site.check_routes();
}

TEST_CASE("Envoy accepts what export writes, and verify is proven through it", "[e2e]") {
    const std::string program = have_envoy();
    if (program.empty()) return;
    const Site site("envoy", "envoy.yaml");
    const Finished checked =
        site.folder.run_other({program, "--mode", "validate", "-c", site.path("envoy.yaml")});
    INFO(checked.err);
    REQUIRE(checked.status == 0);
    const Background envoy({program, "-c", site.path("envoy.yaml"), "-l", "off", "--concurrency",
                            "1", "--disable-hot-restart"});
    site.check_routes();
}

TEST_CASE("Envoy accepts what export writes of every scenario", "[e2e]") {
    const std::string program = have_envoy();
    if (program.empty()) return;
    const LabFolder folder;
    const json all = json::parse(folder.run({"scenario", "list", "--json"}).out);
    for (const json& scenario : all["scenarios"]) {
        const std::string name = scenario["name"];
        CAPTURE(name);
        const Finished exported =
            folder.run({"export", name, "--api", "envoy", "--out", "envoy.yaml"});
        INFO(exported.err);
        REQUIRE(exported.status == 0);
        const Finished checked = folder.run_other(
            {program, "--mode", "validate", "-l", "off", "-c", (folder / "envoy.yaml").string()});
        INFO(checked.err);
        CHECK(checked.status == 0);
    }
}

TEST_CASE("the commands that export prints lead to a proof, without a lab", "[e2e]") {
    if (!have("haproxy")) return;
    const LabFolder folder;
    const std::string port = free_port();
    const std::string backend = free_port();
    const Finished exported =
        folder.run({"export", "passthrough", "--api", "haproxy", "--listen", "127.0.0.1:" + port,
                    "--backend", "passthrough-test/httpbin=127.0.0.1:" + backend, "--json"});
    REQUIRE(exported.status == 0);
    const json document = json::parse(exported.out);
    CHECK(document["schema"] == "sni-lab/export/1");
    spill(folder / "haproxy.cfg", document["text"].get<std::string>());
    REQUIRE(folder.run({"certgen"}).status == 0);
    Background running(folder.command({"backend", "--listen", "127.0.0.1:" + backend, "--cert",
                                       ".sni-lab/certs/httpbin.example.com.crt", "--key",
                                       ".sni-lab/certs/httpbin.example.com.key", "--name",
                                       "passthrough-test/httpbin"}));
    running.line();
    const Background haproxy(
        {"/usr/sbin/haproxy", "-f", (folder / "haproxy.cfg").string(), "-db", "-q"});
    // The last step, as it is printed.
    const std::string last = document["steps"].back()["command"];
    REQUIRE(last.starts_with("sni-lab verify --gateway 127.0.0.1:" + port));
    const Finished verified = folder.run_other(
        {"sh", "-c", std::string(SNI_LAB_BINARY) + last.substr(std::string("sni-lab").size())});
    INFO(verified.out);
    CHECK(verified.status == 0);
}

}  // namespace e2e_export_test
