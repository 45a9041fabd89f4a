#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"

namespace cli_diff_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

/// Two files, "old.yaml" and "new.yaml".
class Sides {
  public:
    Sides(const std::string& old, const std::string& now) {
        std::ofstream(this->old()) << old;
        std::ofstream(this->now()) << now;
    }
    std::string old() const { return (folder_ / "old.yaml").string(); }
    std::string now() const { return (folder_ / "new.yaml").string(); }
    test::Ran run(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"diff", old(), now()});
        return test::run(more);
    }

  private:
    test::TempFolder folder_;
};

std::string routed(std::string_view to) {
    return two_backends() + service("vs", "a.example.com", rule("a.example.com", to));
}

}  // namespace

TEST_CASE("diff says no when a name goes elsewhere, and yes when none does", "[cli]") {
    const Sides sides(routed("a"), routed("b"));
    const test::Ran moved = sides.run();
    CHECK(moved.status == 1);
    CHECK(moved.err.empty());
    CHECK_THAT(moved.out, test::StartsWith("1 name changes: 1 goes elsewhere; 0 names go") &&
                              test::Contains("a.example.com  443  ns/a:443 -> ns/b:443  ") &&
                              test::Contains("old.yaml:") && test::Contains("new.yaml:"));
    const test::Ran same = Sides(routed("a"), routed("a")).run();
    CHECK(same.status == 0);
    CHECK(same.out == "no change: 1 name goes where it went\n");
    CHECK(test::run({"diff", "passthrough", "passthrough"}).status == 0);
}

TEST_CASE("diff answers for programs, pull requests and workflows", "[cli]") {
    const Sides sides(routed("a"), routed("b"));
    const auto document = nlohmann::json::parse(sides.run({"--json"}).out);
    CHECK(document["schema"] == "sni-lab/diff/1");
    CHECK(document["changes"][0]["change"] == "moved");
    CHECK(document["changes"][0]["old"][0]["rule"]["kind"] == "VirtualService");
    CHECK_THAT(sides.run({"--markdown"}).out, test::StartsWith("## sni-lab diff\n"));
    CHECK_THAT(sides.run({"--github"}).out, test::StartsWith("::warning title=sni-lab diff"));
    CHECK(sides.run({"--json", "--github"}).status == 2);
}

TEST_CASE("diff says what makes manifests that it did not see, in every form", "[cli]") {
    const test::TempFolder folder;
    for (const char* side : {"old", "new"}) {
        std::filesystem::create_directories(folder / side / "more");
        std::ofstream(folder / side / "m.yaml") << routed("a");
        std::ofstream(folder / side / "kustomization.yaml") << "resources: [m.yaml]\n";
    }
    const std::string old = (folder / "old").string();
    const std::string now = (folder / "new").string();
    const auto run = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"diff", old, now});
        return test::run(more);
    };
    CHECK_FALSE(run({}).err.contains("note:"));
    std::ofstream(folder / "new" / "kustomization.yaml")
        << "resources: [m.yaml]\npatches: [{target: {kind: Gateway}, patch: x}]\n";
    std::ofstream(folder / "new" / "more" / "n.yaml") << workload("b");
    const test::Ran ran = run({});
    CHECK(ran.status == 3);
    CHECK_THAT(ran.err,
               test::Contains("kustomization.yaml:1: note: Kustomization: what it makes is not "
                              "looked at: nobody looked at these manifests; give what kustomize "
                              "build FOLDER prints\n") &&
                   test::Contains(now + "/more: note: a folder: what it holds is not looked at"));
    const auto document = nlohmann::json::parse(run({"--json"}).out);
    REQUIRE(document["not_looked_at"].size() == 2);
    CHECK(document["not_looked_at"][0]["line"].is_null());
    CHECK(document["not_looked_at"][1]["line"] == 1);
    CHECK_THAT(run({"--markdown"}).out, test::Contains("2 things were not looked at\n"));
    CHECK_THAT(run({"--github"}).out, test::Contains("not looked at,file=") &&
                                          test::Contains("/more::a folder: what it holds"));
}

TEST_CASE("diff that looked at nothing but what makes manifests cannot tell", "[cli]") {
    const std::string release =
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\n"
        "spec: {values: {host: a.example.com}}\n";
    const Sides sides(release, test::replaced(release, "a.example", "b.example"));
    const test::Ran ran = sides.run();
    CHECK(ran.status == 3);
    CHECK(ran.out == "nothing was compared: 2 things were not looked at\n");
    CHECK_THAT(ran.err, test::Contains("note: HelmRelease \"default/shop\": what it makes"));
}

TEST_CASE("diff is not decided where what makes manifests differs", "[cli]") {
    const auto release = [](std::string_view host) {
        return fmt::format(
            "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
            "metadata: {{name: shop}}\nspec: {{values: {{host: {}}}}}\n",
            host);
    };
    const std::string one = routed("a") + release("a.example.com");
    CHECK(Sides(one, "# the same\n" + one).run().status == 0);
    const Sides sides(one, routed("a") + release("b.example.com"));
    const test::Ran ran = sides.run();
    CHECK(ran.status == 3);
    CHECK_THAT(ran.out, test::StartsWith("not decided: what makes manifests differs, and nobody "
                                         "looked at these; 1 name goes where it went\n"));
    CHECK_THAT(sides.run({"--github"}).out, test::StartsWith("::warning title=sni-lab diff::not "));
    CHECK(Sides(one, routed("a")).run().status == 3);
    CHECK(Sides(one, routed("b") + release("b.example.com")).run().status == 1);
}

TEST_CASE("diff says nothing at all where one side cannot be read", "[cli]") {
    const test::TempFolder folder;
    for (const std::string& wrong :
         {std::string("a: [\n"), std::string("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
                                             "spec: {ports: [{port: \"443\"}]}\n")}) {
        const Sides sides(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + routed("a"), wrong);
        const test::Ran ran = sides.run();
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK_THAT(ran.err, test::Contains("new.yaml") && !test::Contains("old.yaml"));
    }
    const Sides good(routed("a"), routed("a"));
    CHECK(test::run({"diff", good.old(), folder.path().string()}).status == 2);
    CHECK(test::run({"diff", (folder / "none").string(), good.old()}).status == 2);
    CHECK(test::run({"diff", "-", "-"}).status == 2);
    CHECK(test::run({"diff", good.old()}).status == 2);
}

TEST_CASE("diff takes a file on one side and a folder on the other", "[cli]") {
    const Sides sides(routed("a"), routed("a"));
    const test::TempFolder folder;
    std::ofstream(folder / "1.yaml") << two_backends();
    std::ofstream(folder / "2.yaml") << service("vs", "a.example.com", rule("a.example.com"));
    CHECK(test::run({"diff", sides.old(), folder.path().string()}).status == 0);
}

TEST_CASE("what export makes of Ingresses changes nothing, and diff says so", "[cli]") {
    const std::string ingress =
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: shop\n"
        "  namespace: ns\n  annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: \"true\"}\n"
        "spec:\n  ingressClassName: nginx\n  rules:\n  - host: a.example.com\n    http: {paths: "
        "[{path: /, backend: {service: {name: a, port: {number: 443}}}},\n"
        "      {path: /api, backend: {service: {name: b, port: {number: 443}}}}]}\n";
    const Sides sides(workload("a") + workload("b") + ingress, "");
    const test::Ran exported =
        test::run({"export", sides.old(), "--api", "gateway", "--out", sides.now()});
    CHECK(exported.status == 0);
    CHECK_THAT(exported.out, test::Contains("path /api is not looked at"));
    const std::string now = test::slurp(sides.now());
    CHECK_THAT(now, test::Contains("gateway.networking.k8s.io/v1\nkind: TLSRoute") &&
                        !test::Contains("kind: Ingress"));
    const test::Ran same = sides.run();
    CHECK(same.status == 0);
    CHECK(same.out == "no change: 1 name goes where it went\n");
    CHECK_THAT(same.err,
               test::Contains("of other gateways: Ingress [X-LEFT-ASIDE]") &&
                   test::Contains("old.yaml:") &&
                   test::Contains("note: Ingress \"ns/shop\": path /api is not looked at"));
    const auto document = nlohmann::json::parse(sides.run({"--json"}).out);
    CHECK(document["not_looked_at"][0]["what"] == "path /api");
    CHECK(test::run({"route", sides.old(), "--sni", "a.example.com"}).status == 0);
}

TEST_CASE("what export makes of every other gateway's objects changes nothing", "[cli]") {
    const std::string services = workload("a") + workload("b");
    const std::string object = GENERATE(
        "traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: x, namespace: ns}\nspec: "
        "{routes: [{match: 'HostSNI(`a.org`)', services: [{name: a, port: 443, weight: 3}, {name: "
        "b, port: 443}]}], tls: {passthrough: true}}\n",
        "projectcontour.io/v1\nkind: HTTPProxy\nmetadata: {name: x, namespace: ns}\nspec: "
        "{virtualhost: {fqdn: a.org, tls: {passthrough: true}}, tcpproxy: {services: [{name: a, "
        "port: 443}]}}\n",
        "route.openshift.io/v1\nkind: Route\nmetadata: {name: x, namespace: ns}\nspec: {host: "
        "a.org, to: {kind: Service, name: a}, port: {targetPort: 8443}, tls: {termination: "
        "passthrough}}\n",
        "configuration.konghq.com/v1beta1\nkind: TCPIngress\nmetadata: {name: x, namespace: ns, "
        "annotations: {konghq.com/protocols: tls_passthrough}}\nspec: {rules: [{host: a.org, port: "
        "8443, backend: {serviceName: a, servicePort: 443}}]}\n");
    CAPTURE(object);
    const Sides sides(services + "---\napiVersion: " + object, "");
    CHECK(test::run({"export", sides.old(), "--api", "gateway", "--out", sides.now()}).status == 0);
    CHECK_THAT(test::slurp(sides.now()), test::Contains("kind: TLSRoute"));
    const test::Ran same = sides.run();
    CHECK(same.status == 0);
    CHECK(same.out == "no change: 1 name goes where it went\n");
}

TEST_CASE("diff is inconclusive where only kinds that may matter are there, unread", "[cli]") {
    const auto server = [](std::string_view service) {
        return "---\napiVersion: k8s.nginx.org/v1\nkind: TransportServer\nmetadata: {name: x, "
               "namespace: ns}\nspec: {listener: {name: tls-passthrough, protocol: "
               "TLS_PASSTHROUGH}, host: a.org, upstreams: [{name: s, service: " +
               std::string(service) + ", port: 443}], action: {pass: s}}\n";
    };
    const test::Ran alone = Sides(server("a"), server("b")).run();
    CHECK(alone.status == 3);
    CHECK(alone.out == "nothing was compared: 2 things were not looked at\n");
    CHECK_THAT(alone.err, test::Contains("note: TransportServer: all of it is not looked at"));
    const std::string rest = workload("a") + api_gateway("edge", listener("l")) +
                             tls_route("r", "{name: edge}", "a.org", "{name: a, port: 443}");
    const test::Ran beside = Sides(rest + server("a"), rest + server("b")).run();
    CHECK(beside.status == 0);
    CHECK_THAT(beside.err, test::Contains("note: TransportServer: all of it is not looked at"));
}

TEST_CASE("diff is inconclusive where it looked at nothing, and says why", "[cli]") {
    const Sides sides(service("vs", "a.org", rule("a.org")), service("vs", "b.org", rule("b.org")));
    const test::Ran ran = sides.run();
    CHECK(ran.status == 3);
    CHECK(ran.out == "nothing was compared: 2 things were not looked at\n");
    CHECK_THAT(ran.err, test::Contains("note: VirtualService \"ns/vs\": Gateway \"ns/gw\" is not "
                                       "looked at: it is not in these files"));
    CHECK(nlohmann::json::parse(sides.run({"--json"}).out)["not_looked_at"].size() == 2);
}

}  // namespace cli_diff_test
