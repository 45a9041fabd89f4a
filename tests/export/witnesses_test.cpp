#include "lab/export/cluster/witnesses.h"

#include "lab/export/cluster/documents.h"
#include "tests/support/catch.h"
#include "tests/support/exporting.h"
#include "tests/support/kubernetes.h"

namespace export_witnesses_test {

using namespace sni;
using namespace sni::exporting;
using sni::test::Contains;
using sni::test::Exporting;

namespace {

const std::string kRoutes = R"(apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: tls, protocol: TLS}
    tls: {mode: PASSTHROUGH}
    hosts: ["pay.example.com"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: pay, namespace: shop}
spec:
  hosts: ["pay.example.com"]
  gateways: [edge]
  tls:
  - match: [{port: 443, sniHosts: ["pay.example.com"]}]
    route: [{destination: {host: pay, port: {number: 443}}}]
---
)";

const std::string kService = R"(apiVersion: v1
kind: Service
metadata: {name: pay, namespace: shop}
spec:
  selector: {app: pay}
  ports:
  - name: https   # for everybody
    port: 443
    targetPort: 8443
---
)";

const std::string kPods = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: pay, namespace: shop}
spec:
  selector: {matchLabels: {app: pay}}
  template:
    metadata: {labels: {app: pay}}
    spec:
      containers:   # one
      - name: pay
        image: example.test/pay:7
        ports:
        - containerPort: 8443
          name: tls
)";

struct Stood {
    explicit Stood(const std::string& documents, const std::string& routes = kRoutes)
        : input(routes + documents),
          witnesses(stand_witnesses(input.manifest, input.workloads, "registry.test/sni-lab:1",
                                    [](const std::string&) { return IdentityFrom::secret; })),
          text(join(select(input.manifest, {}, witnesses.edits).texts)),
          read(text) {}

    const manifest::Container& witness() const {
        return read.manifest.deployments.front().pod.containers.front();
    }

    Exporting input;
    Witnesses witnesses;
    std::string text;
    Exporting read;  ///< what was written, read again
};

std::vector<std::string> texts(const std::vector<manifest::Text>& all) {
    std::vector<std::string> out;
    for (const manifest::Text& one : all) {
        out.push_back(one.value);
    }
    return out;
}

}  // namespace

TEST_CASE("a witness goes into the pods, and the Service leads to it", "[export]") {
    const Stood stood(kService + kPods);
    CAPTURE(stood.text);
    REQUIRE(stood.witnesses.refused.empty());
    CHECK(stood.read.mistakes == "");
    REQUIRE(stood.read.workloads.size() == 1);
    CHECK(stood.read.workloads.front().target_port == 18443);
    REQUIRE(stood.read.manifest.deployments.front().pod.containers.size() == 2);
    CHECK(stood.witness().image.value == "registry.test/sni-lab:1");
    CHECK(texts(stood.witness().args) ==
          std::vector<std::string>{"witness", "--listen=0.0.0.0:18443", "--to=127.0.0.1:8443",
                                   "--admin=127.0.0.1:18444", "--name=shop/pay",
                                   "--identity=/etc/sni-lab/identity/identity.key"});
    CHECK(stood.witness().mounts.front().path.value == "/etc/sni-lab/identity");
    REQUIRE(stood.read.manifest.deployments.front().pod.volumes.size() == 1);
    CHECK(stood.read.manifest.deployments.front().pod.volumes.front().secret->value ==
          "sni-lab-identity");
    REQUIRE(stood.witnesses.places.size() == 1);
    CHECK(stood.witnesses.places.front().port == 18443);
    CHECK(stood.witnesses.places.front().admin() == 18444);
}

TEST_CASE("all else stays as it was written, comments included", "[export]") {
    const Stood stood(kService + kPods);
    CHECK_THAT(stood.text, Contains("  - name: https   # for everybody\n    port: 443\n"
                                    "    targetPort: 18443\n"));
    CHECK_THAT(stood.text,
               Contains("      containers:   # one\n      - name: \"sni-lab-witness\"\n"));
    CHECK_THAT(stood.text, Contains("      - name: pay\n        image: example.test/pay:7\n"));
}

TEST_CASE("a targetPort that is left out or a name is turned as well", "[export]") {
    SECTION("left out") {
        const Stood stood(R"(apiVersion: v1
kind: Service
metadata: {name: pay, namespace: shop}
spec:
  selector: {app: pay}
  ports:
  - port: 443
    name: https
---
)" + kPods);
        CHECK_THAT(stood.text, Contains("  - targetPort: 18443\n    port: 443\n"));
        CHECK(stood.read.workloads.front().target_port == 18443);
        CHECK_THAT(stood.text, Contains("--to=127.0.0.1:443"));
    }
    SECTION("a name, in quotes") {
        const Stood stood(R"(apiVersion: v1
kind: Service
metadata: {name: pay, namespace: shop}
spec: {selector: {app: pay}, ports: [{port: 443, targetPort: 'tls', name: https}]}
---
)" + kPods);
        CAPTURE(stood.text);
        CHECK_THAT(stood.text, Contains("{port: 443, targetPort: 18443, name: https}"));
        CHECK_THAT(stood.text, Contains("--to=127.0.0.1:8443"));
    }
}

TEST_CASE("JSON and Lists are edited as block style is", "[export]") {
    const Stood stood(R"({"apiVersion": "v1", "kind": "List", "items": [
 {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "pay", "namespace": "shop"},
  "spec": {"selector": {"app": "pay"}, "ports": [{"port": 443}]}},
 {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "pay", "namespace": "shop"},
  "spec": {"selector": {"matchLabels": {"app": "pay"}}, "template": {
   "metadata": {"labels": {"app": "pay"}},
   "spec": {"volumes": [], "containers": [{"name": "pay", "image": "example.test/pay:7"}]}}}}]}
)");
    CAPTURE(stood.text);
    CHECK(stood.read.mistakes == "");
    CHECK(stood.read.workloads.front().target_port == 18443);
    CHECK(stood.witness().name.value == "sni-lab-witness");
    CHECK(stood.read.manifest.deployments.front().pod.volumes.size() == 1);
    CHECK(stood.witnesses.places.front().pods.kind == "StatefulSet");
}

namespace {

/// Half of the connections each.
std::string to_both() {
    const std::string one = "{destination: {host: pay, port: {number: 443}}";
    const std::string two = "{destination: {host: pay-too, port: {number: 443}}, weight: 50}";
    std::string routes = kRoutes;
    return routes.replace(routes.find(one), one.size() + 1, one + ", weight: 50}, " + two);
}

}  // namespace

TEST_CASE("two ports of a pod have a witness each, and none takes a port of the pod", "[export]") {
    const Stood stood(R"(apiVersion: v1
kind: Service
metadata: {name: pay, namespace: shop}
spec:
  selector: {app: pay}
  ports:
  - port: 443
    targetPort: 8443
---
apiVersion: v1
kind: Service
metadata: {name: pay-too, namespace: shop}
spec:
  selector: {app: pay}
  ports:
  - port: 443
    targetPort: 9443
---
)" + kPods + "        - containerPort: 18444\n",
                      to_both());
    CAPTURE(stood.text);
    REQUIRE(stood.witnesses.places.size() == 2);
    std::set<std::string> all;
    for (const manifest::Container& one : stood.read.manifest.deployments.front().pod.containers) {
        for (const manifest::ContainerPort& port : one.ports) {
            CHECK(all.insert(std::to_string(port.port.value)).second);
        }
        CHECK(all.insert(one.name.value).second);
    }
    for (const manifest::Service& service : stood.read.manifest.services) {
        const auto& target = std::get<manifest::Number>(service.ports.front().target);
        CHECK(all.contains(std::to_string(target.value)));
        CHECK(target.value > 18444);
    }
    CHECK(stood.read.manifest.deployments.front().pod.volumes.size() == 1);
}

TEST_CASE("what is written so that nothing can be put in is refused with its place", "[export]") {
    const std::string pods = GENERATE(
        R"(    spec:
      containers: &all
      - name: pay
)",
        R"(    spec:
      containers: []
      volumes:
)",
        R"(    spec: {}
)");
    const Stood stood(kService + R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: pay, namespace: shop}
spec:
  template:
    metadata: {labels: {app: pay}}
)" + pods);
    REQUIRE_FALSE(stood.witnesses.refused.empty());
    CHECK(stood.witnesses.refused.front().place.line > 20);
}

TEST_CASE("a Service without pods in the files gets no witness, and says why", "[export]") {
    const Stood stood(kService);
    CHECK(stood.witnesses.places.empty());
    REQUIRE(stood.witnesses.notes.size() == 1);
    CHECK_THAT(stood.witnesses.notes.front(), Contains("Service shop/pay gets no witness"));
}

TEST_CASE("pods with a witness stay as they are", "[export]") {
    const Stood once(kService + kPods);
    const std::string documents = once.text.substr(kRoutes.size());
    const Stood twice(documents);
    CHECK(twice.witnesses.edits.empty());
    CHECK(twice.text == once.text);
    CHECK_THAT(twice.witnesses.notes.front(), Contains("in its pods already"));
}

TEST_CASE("a port by its name and the same by its number lead to one witness", "[export]") {
    const Stood stood(R"(apiVersion: v1
kind: Service
metadata: {name: pay, namespace: shop}
spec:
  selector: {app: pay}
  ports:
  - {name: one, port: 443, targetPort: 8443}
  - {name: two, port: 9443, targetPort: tls}
---
)" + kPods);
    CHECK_THAT(stood.text, Contains("port: 443, targetPort: 18443}"));
    CHECK_THAT(stood.text, Contains("port: 9443, targetPort: 18443}"));
    CHECK(stood.read.manifest.deployments.front().pod.containers.size() == 2);
}

}  // namespace export_witnesses_test
