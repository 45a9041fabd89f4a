#include "lab/export/workloads.h"

#include "lab/export/cluster/cluster_steps.h"
#include "lab/export/routers/local_steps.h"
#include "lab/export/steps.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace export_workloads_test {

using namespace sni;
using namespace sni::exporting;
using namespace sni::test::k8s;
using sni::test::Contains;

namespace {

Names names() {
    return {
        .file = "lab.yaml",
        .state = "state",
        .certgen = "sni-lab certgen",
        .identity = "id.key",
        .client_ca = "lab-ca.crt",
        .image = "image",
        .pair = [](const std::string& host) { return std::pair(host + ".crt", host + ".key"); }};
}

std::string commands(const std::vector<Step>& steps) {
    std::string all;
    for (const Step& step : steps) {
        all += step.command + "\n";
    }
    return all;
}

/// Pods of two Services that serve the Secret "wild".
std::string two_that_share_a_secret() {
    std::string pods;
    for (const char* name : {"a", "b"}) {
        pods += test::replaced(workload(name), "containers: [{name: c,",
                               "volumes: [{name: t, secret: {secretName: wild}}], containers: "
                               "[{name: c, volumeMounts: [{name: t, mountPath: /t}],");
    }
    return pods + gateway("gw", server("'*'")) + service("one", "a.org", rule("a.org", "a")) +
           service("two", "b.org", rule("b.org", "b"));
}

}  // namespace

TEST_CASE("the lab's backend takes the pods' Secret, port and labels", "[export]") {
    const test::Exporting in(test::tutorial());
    REQUIRE(in.workloads.size() == 1);
    CHECK(in.workloads[0] ==
          Workload{.name = "passthrough-test/httpbin",
                   .ns = "passthrough-test",
                   .service = "httpbin",
                   .selector = {{"app", "httpbin"}},
                   .target_port = 8443,
                   .port_name = "",
                   .secret = {.name = "httpbin-credential", .hosts = {"httpbin.example.com"}},
                   .hosts = {"httpbin.example.com"},
                   .pods = {{"Deployment", "httpbin", 1}},
                   .questions = {{"httpbin.example.com", 443, true}}});
}

TEST_CASE("the Deployment that export adds is behind the Service, and runs on its own",
          "[export]") {
    const test::Exporting before(test::tutorial());
    const std::string text = test::tutorial() + "---\n" +
                             deployment(before.workloads.at(0), "image", IdentityFrom::secret);
    const test::Exporting after(text);
    CHECK(after.mistakes.empty());
    REQUIRE(after.workloads.size() == 1);
    CHECK(after.workloads[0].pods == std::vector<OtherPods>{{"Deployment", "httpbin", 1},
                                                            {"Deployment", "httpbin-sni-lab", 1}});
}

TEST_CASE("a port that the Service calls by name has that name in the pod", "[export]") {
    const std::string service_with_name =
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ns}\nspec:\n"
        "  selector: {app: a}\n  ports: [{port: 443, targetPort: tls}]\n";
    const test::Exporting in(service_with_name + gateway("gw", server("'*'")) +
                             service("vs", "s.org", rule("s.org")));
    REQUIRE(in.workloads.size() == 1);
    CHECK(in.workloads[0].target_port == 8443);
    CHECK(in.workloads[0].secret.name == "a-credential");
    CHECK(in.workloads[0].name == "ns/a");
    CHECK_THAT(deployment(in.workloads[0], "i", IdentityFrom::itself),
               Contains("- containerPort: 8443\n          name: \"tls\"\n"));
}

TEST_CASE("backends on this machine are started before the router, each with its own port",
          "[export]") {
    const test::Exporting in(workload("a") + workload("b") + gateway("gw", server("'*'")) +
                             service("one", "a.org, '*.a.org'", rule("a.org, '*.a.org'", "a")) +
                             service("two", "b.org", rule("b.org", "b")));
    const Known known;
    Addresses addresses(in.workloads, known);
    const ProxyConfig config = in.config(addresses);
    const std::string all = commands(local_steps(config, in.workloads, addresses.to_start(),
                                                 haproxy_program("haproxy.cfg"), names()));
    CHECK(all ==
          "test -e a.org.crt || sni-lab certgen 'a.org' --san '*.a.org'\n"
          "test -e b.org.crt || sni-lab certgen 'b.org'\n"
          "mkdir -p -m 700 state\n"
          "test -e id.key || openssl genpkey -algorithm ed25519 -out id.key\n"
          "openssl pkey -in id.key -pubout -out id.key.pub\n"
          "sni-lab backend --listen 127.0.0.1:10443 --cert a.org.crt --key a.org.key --name ns/a "
          "--identity id.key &\n"
          "sni-lab backend --listen 127.0.0.1:10444 --cert b.org.crt --key b.org.key --name ns/b "
          "--identity id.key &\n"
          "haproxy -c -f haproxy.cfg\n"
          "haproxy -db -f haproxy.cfg &\n"
          "sni-lab verify --gateway 127.0.0.1:9443 --sni a.org --identity id.key.pub --backend "
          "ns/a --wait 60s\n"
          "sni-lab verify --gateway 127.0.0.1:9443 --sni www.a.org --identity id.key.pub --backend "
          "ns/a --wait 60s\n"
          "sni-lab verify --gateway 127.0.0.1:9443 --sni b.org --identity id.key.pub --backend "
          "ns/b --wait 60s\n");
}

TEST_CASE("Services that share a Secret share one pair, with the hosts of all", "[export]") {
    const test::Exporting shared(two_that_share_a_secret());
    REQUIRE(shared.workloads.size() == 2);
    for (const Workload& workload : shared.workloads) {
        CHECK(workload.secret.name == "wild");
        CHECK(workload.secret.hosts == std::vector<std::string>{"a.org", "b.org"});
    }
    const Known known;
    Addresses addresses(shared.workloads, known);
    const ProxyConfig config = shared.config(addresses);
    const std::string local = commands(local_steps(config, shared.workloads, addresses.to_start(),
                                                   haproxy_program("haproxy.cfg"), names()));
    CHECK_THAT(local, test::StartsWith("test -e a.org.crt || sni-lab certgen 'a.org' --san "
                                       "'b.org'\nmkdir ") &&
                          Contains("--cert a.org.crt --key a.org.key --name ns/b ") &&
                          !Contains("b.org.crt"));
    ClusterPlan plan;
    plan.workloads = shared.workloads;
    const std::string cluster = commands(cluster_steps(plan, names()));
    CHECK_THAT(cluster,
               Contains("--sni b.org") && Contains("--cacert a.org.crt") && !Contains("b.org.crt"));
}

TEST_CASE("whatever has no route is asked for by a name that the certificate has", "[export]") {
    const test::Exporting in(
        workload("a") +
        gateway("gw", server("'*'") + ", " + server("'*'", "PASSTHROUGH", 8443, "o")) +
        service("vs", "a.org", rule("a.org", "a", ", port: 443")) +
        service("all", "'*'", rule("'*'", "a", ", port: 8443")));
    REQUIRE(in.workloads.size() == 1);
    CHECK(in.workloads[0].questions ==
          std::vector<Question>{{"a.org", 443, true}, {"a.org", 8443, true}});
}

TEST_CASE("documents of several namespaces are applied by the context, the others by -n",
          "[export]") {
    const auto applied = [](std::string ns, bool elsewhere) {
        ClusterPlan plan;
        plan.apply_namespace = std::move(ns);
        plan.elsewhere = elsewhere;
        return commands(cluster_steps(plan, names()));
    };
    CHECK(applied("", true) == "kubectl apply -f lab.yaml\n");
    CHECK(applied("team", false) == "kubectl apply -n team -f lab.yaml\n");
    CHECK(applied("team", true) ==
          "kubectl config set-context --current --namespace=team\nkubectl apply -f lab.yaml\n");
}

TEST_CASE("nginx is given its file by the whole path, in its own words", "[export]") {
    const Program program = nginx_program("nginx.conf");
    CHECK(program.check ==
          "nginx -t -e stderr -c \"$PWD\"/nginx.conf -g \"pid '$PWD/nginx.pid';\"");
    CHECK_THAT(nginx_program("/tmp/n.conf").run, Contains("-c /tmp/n.conf "));
}

TEST_CASE("who shares a name is not named in the proof", "[export]") {
    const test::Exporting in(workload("a") + workload("b") + gateway("gw", server("'*'")) +
                             service("vs", "s.org",
                                     "  - match: [{sniHosts: [s.org]}]\n    route:\n"
                                     "    - {destination: {host: a}, weight: 75}\n"
                                     "    - {destination: {host: b}, weight: 25}\n"));
    const Known known{
        .given = {{"ns/a", {loopback(1)}}, {"ns/b", {loopback(2)}}}, .running = {}, .taken = {}};
    const std::string all =
        commands(local_steps(in.config(known), in.workloads, {}, envoy_program("e.yaml"), names()));
    CHECK_THAT(all, !Contains("--backend"));
    CHECK_THAT(all, !Contains("sni-lab backend"));
}

TEST_CASE("every name is asked once, shared or not", "[export]") {
    const test::Exporting in(workload("a") + workload("b") + gateway("gw", server("'*'")) +
                             service("vs", "s.org, b.org",
                                     "  - match: [{sniHosts: [s.org]}]\n    route:\n"
                                     "    - {destination: {host: a}, weight: 75}\n"
                                     "    - {destination: {host: b}, weight: 25}\n" +
                                         rule("b.org", "b")));
    const Known known{
        .given = {{"ns/a", {loopback(1)}}, {"ns/b", {loopback(2)}}}, .running = {}, .taken = {}};
    const std::string all =
        commands(local_steps(in.config(known), in.workloads, {}, envoy_program("e.yaml"), names()));
    const std::string verify = "sni-lab verify --gateway 127.0.0.1:9443 --sni ";
    CHECK_THAT(all, test::EndsWith(verify + "s.org --identity id.key.pub --wait 60s\n" + verify +
                                   "b.org --identity id.key.pub --backend ns/b --wait 60s\n"));
    CHECK(all.find("--sni s.org") == all.rfind("--sni s.org"));
}

TEST_CASE("the identity's Secret is made apart, and in no namespace with a gateway", "[export]") {
    const test::Exporting in(test::tutorial());
    ClusterPlan plan{.workloads = in.workloads,
                     .held_back = {},
                     .edges = {{"passthrough-test", "passthrough-gateway"}},
                     .edge_namespaces = {"istio-system"},
                     .gateway_namespace = "istio-system",
                     .apply_namespace = {}};
    const std::string apart = commands(cluster_steps(plan, names()));
    CHECK_THAT(apart, Contains("kubectl create -n passthrough-test secret generic sni-lab-identity "
                               "--from-file=identity.key=id.key "
                               "--from-file=identity.key.pub=id.key.pub\n"));
    plan.edge_namespaces = {"passthrough-test"};
    const std::string near = commands(cluster_steps(plan, names()));
    CHECK_THAT(near, !Contains("sni-lab-identity"));
    CHECK_THAT(near, Contains("--identity passthrough-test.httpbin-sni-lab.pub"));
}

TEST_CASE("the proof asks for a name that the routes give to that workload", "[export]") {
    const test::Exporting in(workload("any") + workload("exact") + workload("shadowed") +
                             gateway("gw", server("'*'")) +
                             service("any", "'*.example.com'", rule("'*.example.com'", "any")) +
                             service("exact", "www.example.com, sni-lab-1.example.com",
                                     rule("www.example.com, sni-lab-1.example.com", "exact")));
    REQUIRE(in.workloads.size() == 2);
    for (const Workload& workload : in.workloads) {
        REQUIRE(workload.asked());
        const std::size_t chain = in.routing.listeners.all[0].find(workload.asked()->sni).value();
        CHECK(in.routing.listeners.all[0].chains[chain].targets[0].name == workload.service);
    }
}

TEST_CASE("each workload is asked at its own Gateway port", "[export]") {
    const test::Exporting in(
        workload("a") + workload("b") +
        gateway("gw", server("'*'") + ", " + server("'*'", "PASSTHROUGH", 8443, "other")) +
        service("vs", "a.org", rule("a.org", "a", ", port: 443")) +
        service("two", "b.org", rule("b.org", "b", ", port: 8443")));
    ClusterPlan plan{.workloads = in.workloads,
                     .held_back = {},
                     .edges = {},
                     .edge_namespaces = {},
                     .gateway_namespace = "istio-system",
                     .apply_namespace = {}};
    const std::string all = commands(cluster_steps(plan, names()));
    CHECK_THAT(all, Contains("--gateway \"$GATEWAY\":443 --sni a.org"));
    CHECK_THAT(all, Contains("--gateway \"$GATEWAY\":8443 --sni b.org"));
}

TEST_CASE("two Secrets with the same file names are put into two folders", "[export]") {
    const ClusterPlan plan{
        .workloads = {},
        .held_back =
            {{"one", "pair", {"tls.crt", "tls.key"}, "kubernetes.io/tls", {}},
             {"two", "pair", {"server.der"}, "Opaque", {}},
             {"two", "login", {".dockerconfigjson"}, "kubernetes.io/dockerconfigjson", {}}},
        .edges = {},
        .edge_namespaces = {},
        .gateway_namespace = "istio-system",
        .apply_namespace = {}};
    const std::string all = commands(cluster_steps(plan, names()));
    CHECK_THAT(all, Contains("kubectl create -n one secret tls pair --cert=one.pair/tls.crt "
                             "--key=one.pair/tls.key\n"));
    CHECK_THAT(all, Contains("kubectl create -n two secret generic pair "
                             "--from-file=server.der=two.pair/server.der\n"));
    CHECK_THAT(all, Contains("--type=kubernetes.io/dockerconfigjson "
                             "--from-file=.dockerconfigjson=two.login/.dockerconfigjson\n"));
}

TEST_CASE("one pod with a witness is asked, whatever makes it", "[export]") {
    const auto script_of = [](std::vector<WitnessPlace> places) {
        ClusterPlan plan;
        plan.witnesses = std::move(places);
        return script(cluster_steps(plan, names()));
    };
    const OtherPods one{"StatefulSet", "one", 3};
    const OtherPods two{"Deployment", "two", 2};
    Workload pay{.ns = "shop", .service = "pay", .selector = {{"app", "pay"}}};
    pay.pods = {one, two};
    pay.questions = {{"pay.example.com", 443, true}};
    Workload canary{.ns = "shop", .service = "canary", .selector = {{"app", "canary"}}};
    canary.pods = {two};
    canary.questions = {{"canary.example.com", 443, true}};
    SECTION("the others behind its Service stand aside") {
        const std::string steps = script_of({{pay, one, "w", 18443}, {pay, two, "w", 18443}});
        CHECK_THAT(steps, Contains("kubectl scale -n shop statefulset/one --replicas=1\n"));
        CHECK_THAT(steps, Contains("kubectl scale -n shop deployment/two --replicas=0\n"));
        CHECK_THAT(steps, Contains("kubectl rollout status -n shop statefulset/one\n"));
        CHECK_THAT(steps, !Contains("may answer, too"));
    }
    SECTION("but for one that is asked itself behind another Service") {
        const std::string steps =
            script_of({{pay, one, "w", 18443}, {pay, two, "w", 18443}, {canary, two, "w", 18443}});
        CHECK_THAT(steps, Contains("kubectl scale -n shop deployment/two --replicas=1\n"));
        CHECK_THAT(steps, !Contains("deployment/two --replicas=0"));
        CHECK_THAT(steps, Contains("deployment/two may answer, too"));
    }
    SECTION("what kubectl has no rollout of is waited for by its labels") {
        Workload made = canary;
        made.pods = {{"ReplicaSet", "three", 1}};
        const std::string steps = script_of({{made, made.pods.front(), "w", 18443}});
        CHECK_THAT(steps, Contains("kubectl wait -n shop pod -l app=canary --for=condition=Ready"));
        CHECK_THAT(steps, Contains("port-forward -n shop replicaset/three 18444:18444 &"));
    }
}

}  // namespace export_workloads_test
