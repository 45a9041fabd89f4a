#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/app.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/temp_folder.h"

namespace cli_route_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

struct Run {
    int exit = -1;
    std::string out;
    std::string err;
};

Run route(std::vector<std::string> args) {
    args.insert(args.begin(), "route");
    std::ostringstream out;
    std::ostringstream err;
    const int exit = cli::run(args, out, err);
    return {exit, out.str(), err.str()};
}

}  // namespace

TEST_CASE("route answers for the tutorial and exits by whether a name is routed", "[cli]") {
    const Run known = route({"passthrough", "--sni", "httpbin.example.com"});
    CHECK(known.exit == 0);
    CHECK(known.err.empty());
    CHECK_THAT(known.out, test::Contains("httpbin.example.com at port 443: routed"));
    CHECK(route({"passthrough", "--sni", "other.example.com"}).exit == 4);
    CHECK(route({"passthrough", "--no-sni"}).exit == 4);
    CHECK(route({"passthrough", "--plaintext"}).exit == 4);
    CHECK(route({"passthrough", "--sni", "httpbin.example.com", "--port", "80"}).exit == 4);
    CHECK(route({"passthrough"}).exit == 0);
    CHECK_THAT(route({"passthrough", "--table"}).out,
               test::StartsWith("port 443\n    httpbin.example.com  "));
}

TEST_CASE("route lists what there is of the port that is named", "[cli]") {
    CHECK(route({"passthrough", "--port", "443"}).out == route({"passthrough"}).out);
    const Run nothing = route({"passthrough", "--port", "8443"});
    CHECK(nothing.exit == 4);
    CHECK(nothing.out == "no gateway listens at port 8443\n");
}

TEST_CASE("route says of what is no host name that it is none", "[cli]") {
    for (const std::string wrong :
         {"https://httpbin.example.com", "httpbin.example.com:443", "HTTPBIN.example.com/a"}) {
        const Run run = route({"passthrough", "--sni", wrong});
        CHECK(run.exit == 4);
        CHECK(run.err == "sni-lab: warning: --sni \"" + wrong +
                             "\" is no host name [SL1001]\n"
                             "why: a name has letters, digits, '-', '_' and '.'\n"
                             "hint: write the host alone: httpbin.example.com\n");
    }
    CHECK_THAT(route({"passthrough", "--sni",
                      "b\xc3\xbc"
                      "cher.example"})
                   .err,
               test::Contains("hint: write its A-labels: xn--bcher-kva.example\n"));
}

TEST_CASE("route asks every name that it is given, in that order", "[cli]") {
    const Run run = route({"passthrough", "--sni", "b.org", "--sni", "httpbin.example.com",
                           "--no-sni", "--plaintext", "--json"});
    CHECK(run.exit == 4);
    const auto document = nlohmann::json::parse(run.out);
    CHECK(document["schema"] == "sni-lab/route/1");
    REQUIRE(document["answers"].size() == 4);
    CHECK(document["answers"][0]["outcome"] == "reset");
    CHECK(document["answers"][1]["outcome"] == "routed");
    CHECK(document["answers"][1]["destinations"][0]["target_port"] == 8443);
    CHECK(document["answers"][2]["sni"].is_null());
    CHECK(document["answers"][3]["plaintext"] == true);
}

TEST_CASE("route refuses manifests that are wrong, and names that lead nowhere", "[cli]") {
    const test::TempFolder folder;
    const auto file = folder.path() / "a.yaml";
    std::ofstream(file) << "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
                           "spec: {ports: [{port: \"443\"}]}\n";
    CHECK(route({file.string(), "--sni", "a.org"}).exit == 2);
    std::ofstream(file) << "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" +
                               workload("a") + gateway("gw", server("'*'")) +
                               service("vs", "a.org", rule("a.org"));
    const Run unsupported = route({file.string(), "--sni", "a.org"});
    CHECK(unsupported.exit == 0);
    CHECK_THAT(unsupported.err, test::Contains("info: left aside: ConfigMap [X-LEFT-ASIDE]"));
    CHECK(route({file.string(), "--gateway", "ns/gw", "--sni", "a.org"}).exit == 0);
    CHECK(route({file.string(), "--gateway", "ns/gv", "--sni", "a.org"}).exit == 2);
    CHECK(route({file.string(), "--gateway-labels", "istio", "--sni", "a.org"}).exit == 2);
    CHECK(route({file.string(), "--gateway-labels", "istio=egress", "--sni", "a.org"}).exit == 4);
    CHECK(route({file.string(), "--port", "0"}).exit == 2);
    CHECK(route({(folder.path() / "none.yaml").string()}).exit == 2);
    CHECK(route({}).exit == 2);
}

TEST_CASE("route is inconclusive where what nobody looks at may take the name", "[cli]") {
    const test::TempFolder folder;
    const auto file = folder.path() / "a.yaml";
    std::ofstream(file) << "apiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: "
                           "{name: a, namespace: ns}\nspec: {routes: [{match: "
                           "'HostSNIRegexp(`.`)', services: [{name: a, port: 443}]}], tls: "
                           "{passthrough: true}}\n";
    const Run open = route({file.string(), "--sni", "a.org"});
    CHECK(open.exit == 3);
    CHECK_THAT(open.err, test::Contains("note: IngressRouteTCP \"ns/a\": the rule "
                                        "HostSNIRegexp(`.`) is not looked at"));
    CHECK(nlohmann::json::parse(
              route({file.string(), "--sni", "a.org", "--json"}).out)["answers"][0]["uncertain"] ==
          true);
    CHECK(route({file.string(), "--sni", "a.org", "--port", "80"}).exit == 4);
}

}  // namespace cli_route_test
