#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/kubernetes.h"
#include "tests/support/lab_folder.h"
#include "tests/support/manifest.h"

namespace cli_export_test {

using namespace sni;
using namespace sni::test::k8s;
using sni::test::Contains;
using sni::test::StartsWith;

namespace {

struct Run {
    int exit = -1;
    std::string out;
    std::string err;
};

/// Never with a lab that may be running here.
Run exported(std::vector<std::string> args) {
    const test::TempFolder state;
    args.insert(args.begin(), "export");
    args.insert(args.end(), {"--state", (state / "none").string()});
    std::ostringstream out;
    std::ostringstream err;
    const int exit = cli::run(args, out, err);
    return {exit, out.str(), err.str()};
}

std::string tutorial_file() {
    return std::string(SNI_LAB_SOURCE_DIR) + "/tests/data/manifest/tutorial.yaml";
}

}  // namespace

TEST_CASE("export gives the tutorial's documents back unchanged, with the lab's backend", "[cli]") {
    const Run run = exported({"passthrough", "--image", "registry.test/sni-lab:1"});
    CHECK(run.exit == 0);
    CHECK_THAT(run.out, StartsWith(test::tutorial()));
    CHECK_THAT(run.out, Contains("image: \"registry.test/sni-lab:1\""));
    CHECK_THAT(run.out, Contains("name: httpbin-sni-lab\n  namespace: passthrough-test\n"));
    CHECK_THAT(run.out, Contains("secretName: httpbin-credential"));
    CHECK_THAT(run.out, Contains("--name=passthrough-test/httpbin"));
    CHECK_THAT(run.out, !Contains("kind: Secret"));
}

TEST_CASE("export's commands go in order from the certificate to the proof", "[cli]") {
    const Run run = exported({"passthrough"});
    std::size_t at = 0;
    for (const char* command :
         {"sni-lab certgen", "openssl genpkey -algorithm ed25519", "docker build ",
          "kubectl apply -f cluster.yaml",
          "kubectl create -n passthrough-test secret tls httpbin-credential --cert=",
          "kubectl create -n passthrough-test secret generic sni-lab-identity "
          "--from-file=identity.key=",
          "kubectl scale -n passthrough-test deployment/httpbin --replicas=0",
          "kubectl rollout status -n passthrough-test deployment/httpbin-sni-lab",
          "kubectl get -n istio-system svc istio-ingressgateway",
          "sni-lab verify --gateway \"$GATEWAY\":443 --sni httpbin.example.com --identity "}) {
        CAPTURE(run.err, command);
        const std::size_t next = run.err.find(command, at);
        REQUIRE(next != std::string::npos);
        at = next;
    }
}

TEST_CASE("export to stdout is the documents alone, however stdout is named", "[cli]") {
    const Run run = exported({"passthrough"});
    for (const char* stdout : {"-", "/dev/stdout"}) {
        const Run named = exported({"passthrough", "--out", stdout});
        CHECK(named.exit == 0);
        CHECK(named.out == run.out);
        CHECK_THAT(named.err, Contains("kubectl apply -f cluster.yaml"));
    }
}

TEST_CASE("export adds the Namespace that is missing, as kubectl writes it", "[cli]") {
    const Run run = exported({tutorial_file(), "--namespace", "passthrough-test"});
    CHECK(run.exit == 0);
    const std::string first = run.out.substr(0, run.out.find("---\n"));
    CHECK(first ==
          "apiVersion: v1\nkind: Namespace\nmetadata:\n  creationTimestamp: null\n"
          "  name: passthrough-test\nspec: {}\nstatus: {}\n");
    CHECK_THAT(run.err, Contains("kubectl apply -n passthrough-test -f cluster.yaml"));
    if (!test::have("kubectl")) return;
    const test::Finished kubectl = test::run_program(
        {"kubectl", "create", "namespace", "passthrough-test", "--dry-run=client", "-o", "yaml"});
    REQUIRE(kubectl.status == 0);
    CHECK(first == kubectl.out);
}

TEST_CASE("export notes errors where analyze finds some, and there alone", "[cli]") {
    constexpr const char* kNote = "# note: sni-lab analyze finds errors in these manifests";
    const test::TempFolder folder;
    const auto noted = [&](const std::string& text) {
        test::spill(folder / "a.yaml", text);
        return exported({(folder / "a.yaml").string()}).err;
    };
    // The Service may be in other files.
    const std::string route = api_gateway("gw", listener("tls")) +
                              tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}");
    CHECK_THAT(noted(route), !Contains("analyze finds"));
    const std::string istio =
        workload("a") + gateway("gw", server("a.org")) + service("vs", "a.org", rule("a.org"));
    CHECK_THAT(noted(istio), !Contains("analyze finds"));
    CHECK_THAT(noted(istio + destination_rule("a", "tls: {mode: SIMPLE}")), Contains(kNote));
}

TEST_CASE("no private key comes out of export, whatever goes in", "[cli]") {
    if (!test::have("kubectl")) return;
    const test::LabFolder folder;
    REQUIRE(folder.run({"certgen", "httpbin.example.com", "--out", "."}).status == 0);
    const test::Finished secret =
        folder.run_other({"kubectl", "create", "-n", "passthrough-test", "secret", "tls",
                          "httpbin-credential", "--cert=httpbin.example.com.crt",
                          "--key=httpbin.example.com.key", "--dry-run=client", "-o", "yaml"});
    REQUIRE(secret.status == 0);
    test::spill(folder / "secret.yaml", secret.out);
    // What kubectl writes is read, and is right.
    const test::Finished analyzed =
        folder.run({"analyze", "secret.yaml", "passthrough", "--fail-on", "warning"});
    INFO(analyzed.out);
    CHECK(analyzed.status == 0);
    const test::Finished again = folder.run_other(
        {"kubectl", "create", "namespace", "passthrough-test", "--dry-run=client", "-o", "yaml"});
    test::spill(folder / "ns.yaml", again.out);
    CHECK(folder
              .run({"analyze", "ns.yaml", tutorial_file(), "secret.yaml", "--namespace",
                    "passthrough-test"})
              .status == 0);

    const std::string key = secret.out.substr(secret.out.find("tls.key: ") + 9, 60);
    for (const char* api : {"istio", "gateway", "envoy", "haproxy", "nginx"}) {
        for (const char* form : {"--json", "--namespace=default"}) {
            const Run run =
                exported({(folder / "secret.yaml").string(), "passthrough", "--api", api, form});
            CAPTURE(api, form, run.err);
            CHECK(run.exit == 0);
            CHECK((run.out + run.err).find(key) == std::string::npos);
        }
    }
    const Run run = exported({(folder / "secret.yaml").string(), "passthrough"});
    CHECK_THAT(run.err, Contains("Secret passthrough-test/httpbin-credential stayed behind"));
    CHECK_THAT(run.err,
               Contains("kubectl create -n passthrough-test secret tls "
                        "httpbin-credential --cert=passthrough-test.httpbin-credential/tls.crt "
                        "--key=passthrough-test.httpbin-credential/tls.key"));
}

TEST_CASE("export refuses what it cannot take along and flags that say nothing", "[cli]") {
    const test::TempFolder folder;
    const auto file = (folder / "a.yaml").string();
    test::spill(file,
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  k: |\n"
                "    -----BEGIN PRIVATE KEY-----\n");
    const Run key = exported({file});
    CHECK(key.exit == 2);
    CHECK(key.out.empty());
    CHECK(exported({"passthrough", "--backend", "a/b=127.0.0.1:1"}).exit == 2);
    CHECK(exported({"passthrough", "--listen", "127.0.0.1:1"}).exit == 2);
    CHECK(exported({"passthrough", "--api", "nginx", "--image", "x"}).exit == 2);
    CHECK(exported({"passthrough", "--api", "nginx", "--backend", "a/b=127.0.0.1:1"}).exit == 2);
    CHECK(exported({"passthrough", "--api", "nginx", "--backend", "x"}).exit == 2);
    CHECK(exported({"passthrough", "--api", "nginx", "--listen", "80=127.0.0.1:1"}).exit == 2);
    CHECK(exported({"passthrough", "--api", "traefik"}).exit == 2);
    const Run envoy = exported({"passthrough", "--api", "envoy", "--out", "c envoy"});
    CHECK(envoy.exit == 2);
    CHECK_THAT(envoy.err, Contains("write --out FILE.yaml"));
    CHECK(exported({}).exit == 2);
    test::spill(file, workload("a"));
    CHECK(exported({file, "--api", "nginx"}).exit == 2);
}

TEST_CASE("the identity never lies where a gateway is", "[cli]") {
    const test::TempFolder folder;
    const auto file = (folder / "a.yaml").string();
    test::spill(file, workload("a") + api_gateway("g", listener("l")) +
                          tls_route("r", "{name: g}", "a.org", "{name: a, port: 443}"));
    const Run near = exported({file, "--api", "gateway"});
    CHECK(near.exit == 0);
    CHECK_THAT(near.out + near.err, !Contains("sni-lab-identity"));
    CHECK_THAT(near.out, Contains("emptyDir: {}"));
    CHECK_THAT(near.err, Contains("kubectl exec -n ns deployment/a-sni-lab -- cat"));
    // Istio's own gateways run elsewhere.
    const Run apart = exported({file, "--api", "istio"});
    CHECK_THAT(apart.out, Contains("secretName: sni-lab-identity"));
    CHECK_THAT(apart.err, Contains("kubectl create -n ns secret generic sni-lab-identity"));
}

TEST_CASE("lab.yaml counts for export as it does for up, in the folder that was read", "[cli]") {
    const test::TempFolder folder;
    const std::filesystem::path sub = folder / "sub";
    std::filesystem::create_directories(sub);
    std::string text =
        workload("a") + gateway("gw", server("'*'")) + service("vs", "a.org", rule("a.org"));
    constexpr std::string_view kNamed = ", namespace: ns";
    for (std::size_t at = 0; (at = text.find(kNamed)) != std::string::npos;) {
        text.erase(at, kNamed.size());
    }
    test::spill(sub / "a.yaml", text);
    const auto with = [&](std::string_view lab) {
        test::spill(sub / "lab.yaml", lab);
        return exported({"-R", folder.path().string(), "--namespace", "team"});
    };
    const Run run = with("backends: [{name: team/a, client-certificate: true}]\n");
    CHECK(run.exit == 0);
    CHECK_THAT(run.err, Contains("client-certificate of team/a"));
    CHECK(with("backends: [{name: team/b, client-certificate: true}]\n").exit == 2);
    const Run broken = with("backends: [\n");
    CHECK(broken.exit == 2);
    CHECK_THAT(broken.err, Contains("lab.yaml:1"));
    CHECK_THAT(with("backend: []\n").err, Contains("field backend is not understood"));
}

TEST_CASE("pods that a Gateway selects are gateways, wherever the files put them", "[cli]") {
    const test::TempFolder folder;
    const auto file = (folder / "a.yaml").string();
    const std::string edge =
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: edge, namespace: ns, labels: {istio: "
        "ingressgateway}}\nspec: {containers: [{name: c, image: i}]}\n";
    test::spill(file, workload("a") + gateway("gw", server("'*'")) +
                          service("vs", "a.org", rule("a.org")) + edge);
    const Run run = exported({file});
    CHECK(run.exit == 0);
    CHECK_THAT(run.out + run.err, !Contains("sni-lab-identity"));
}

TEST_CASE("what export writes is read again without a complaint", "[cli]") {
    const test::TempFolder folder;
    for (const char* api : {"istio", "gateway"}) {
        CAPTURE(api);
        const Run run = exported({"passthrough", "--api", api});
        const auto file = (folder / "lab.yaml").string();
        test::spill(file, run.out);
        std::ostringstream out;
        std::ostringstream err;
        CHECK(cli::run({"route", file, "--sni", "httpbin.example.com"}, out, err) == 0);
        CHECK(err.str().empty());
        CHECK_THAT(out.str(), Contains("to Service \"passthrough-test/httpbin\", port 443"));
    }
}

TEST_CASE("export --witness leaves the image alone, and goes up to the proof by a port-forward",
          "[cli]") {
    const Run run = exported({"passthrough", "--witness"});
    CAPTURE(run.out, run.err);
    CHECK(run.exit == 0);
    CHECK_THAT(run.out, Contains("image: docker.io/kennethreitz/httpbin"));
    CHECK_THAT(run.out, Contains("--to=127.0.0.1:8443"));
    CHECK_THAT(run.out, !Contains("httpbin-sni-lab"));
    std::size_t at = 0;
    for (const char* command :
         {"openssl genpkey -algorithm ed25519", "docker build ", "kubectl apply -f cluster.yaml",
          "kubectl create -n passthrough-test secret generic sni-lab-identity ",
          "kubectl rollout status -n passthrough-test deployment/httpbin\n",
          "kubectl get -n istio-system svc istio-ingressgateway",
          "kubectl port-forward -n passthrough-test deployment/httpbin 18444:18444 &",
          "sni-lab verify --gateway \"$GATEWAY\":443 --sni httpbin.example.com --identity "}) {
        CAPTURE(command);
        const std::size_t next = run.err.find(command, at);
        REQUIRE(next != std::string::npos);
        at = next;
    }
    CHECK_THAT(run.err.substr(at), Contains(" --witness 127.0.0.1:18444 "));
    CHECK_THAT(run.err, Contains("clients come to port 18443 of the pods now"));
    CHECK_THAT(run.err, !Contains("certgen"));
    CHECK_THAT(run.err, !Contains("kubectl scale"));
}

TEST_CASE("export --witness is refused where no witness can stand", "[cli]") {
    CHECK(exported({"passthrough", "--witness", "--api", "envoy"}).exit == 2);
    const test::TempFolder folder;
    const std::string routes = test::tutorial();
    const std::size_t pods = routes.find("apiVersion: apps/v1");
    test::spill(folder / "a.yaml",
                routes.substr(0, pods) + routes.substr(routes.find("---", pods)));
    const Run run = exported({(folder / "a.yaml").string(), "--witness"});
    CHECK(run.exit == 2);
    CHECK_THAT(run.err, Contains("no service gets a witness"));
    CHECK_THAT(run.err, Contains("no pods of it are in the files"));
    test::spill(folder / "ingress.yaml",
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x, namespace: "
                "ns, annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: 'true'}}\nspec: "
                "{rules: [{host: a.org}], defaultBackend: {service: {name: a, port: {number: "
                "443}}}}\n");
    CHECK_THAT(exported({(folder / "ingress.yaml").string(), "--witness"}).err,
               Contains("objects of other gateways are read with --api gateway"));
}

}  // namespace cli_export_test
