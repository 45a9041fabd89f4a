// A destination's look-up: what it leads to, or how far it came.
#include "lab/lookup/services.h"

#include "lab/manifest/documents/documents.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace lookup_services_test {

using namespace sni;
using lookup::Target;

namespace {

std::string object(std::string_view version, std::string_view kind, std::string_view name,
                   std::string_view spec) {
    return "---\napiVersion: " + std::string(version) + "\nkind: " + std::string(kind) +
           "\nmetadata: {name: " + std::string(name) +
           ", namespace: ns}\nspec: " + std::string(spec) + "\n";
}

std::string entry(std::string_view name, std::string_view spec) {
    return object("networking.istio.io/v1", "ServiceEntry", name,
                  "{hosts: [out.example], ports: [{number: 443, name: tls, protocol: TLS}], " +
                      std::string(spec) + "}");
}

/// Where namespace "ns" comes to. Nothing of the manifest is left when it is looked at.
Target target(std::string_view text, const std::string& host,
              std::optional<std::int64_t> port = std::nullopt) {
    const auto parsed = manifest::parse_manifests({{"a.yaml", std::string(text)}}, "default");
    return lookup::Services(parsed.manifest, {}).target("ns", host, port, 443);
}

}  // namespace

TEST_CASE("a destination is the port of a Service, with all that others ask of it", "[lookup]") {
    const Target found = target(test::k8s::workload("a"), "a");
    CHECK(found.missing == Target::Missing::nothing);
    CHECK(found.problem.empty());
    CHECK(found.path() == "ns/a");
    CHECK(found.port == 443);
    CHECK(found.target_port == 8443);
    CHECK(found.selector == manifest::Labels{{"app", "a"}});
    REQUIRE(found.service_port);
    CHECK(found.service_port->port.at.line > 0);
}

TEST_CASE("a destination says what is missing, the first thing on the way", "[lookup]") {
    const Target host = target(test::k8s::workload("a"), "b", 8443);
    CHECK(host.missing == Target::Missing::host);
    CHECK(host.problem == "no Service has the host \"b\"");
    CHECK(host.path() == "ns/b");
    CHECK(host.port == 8443);

    const Target port = target(test::k8s::workload("a"), "a", 80);
    CHECK(port.missing == Target::Missing::port);
    CHECK(port.problem == "Service \"ns/a\" has no TCP port 80");
    CHECK_FALSE(port.service_port);

    const Target pods = target(test::k8s::workload("a", "ns", 0), "a");
    CHECK(pods.missing == Target::Missing::endpoints);
    CHECK(pods.problem == "Service \"ns/a\" has no endpoints: Deployment \"ns/a\" has 0 replicas");
    CHECK(pods.service_port);
}

TEST_CASE("the addresses of a ServiceEntry are those of all that have its host and namespace",
          "[lookup]") {
    const std::string first = entry("a", "resolution: STATIC, endpoints: [{address: 192.0.2.1}]");
    const std::string second = entry("b", "resolution: STATIC, endpoints: [{address: 192.0.2.2}]");
    const Target both = target(first + second, "out.example");
    CHECK(both.kind == Target::Kind::service_entry);
    CHECK(both.missing == Target::Missing::nothing);
    CHECK(lookup::address_texts(both.addresses) ==
          std::vector<std::string>{"192.0.2.1:443", "192.0.2.2:443"});

    CHECK(target(first, "out.example", 80).missing == Target::Missing::port);
    CHECK(target(entry("a", "resolution: NONE"), "out.example").missing ==
          Target::Missing::endpoints);
}

TEST_CASE("an endpoint's own port comes before the ServiceEntry's targetPort and number",
          "[lookup]") {
    const auto texts = [](std::string_view ports, std::string_view endpoints) {
        const Target found = target(
            object("networking.istio.io/v1", "ServiceEntry", "a",
                   "{hosts: [out.example], resolution: STATIC, ports: [" + std::string(ports) +
                       "], endpoints: [" + std::string(endpoints) + "]}"),
            "out.example", 443);
        auto all = lookup::address_texts(found.addresses);
        all.push_back(found.target_port ? std::to_string(*found.target_port) : "several");
        return all;
    };
    using Texts = std::vector<std::string>;
    const std::string plain = "{number: 443, name: tls, protocol: TLS}";
    const std::string aimed = "{number: 443, name: tls, protocol: TLS, targetPort: 8443}";
    CHECK(texts(plain,
                "{address: 192.0.2.1, ports: {tls: 9443}, weight: 18}, {address: 'fd00::1', "
                "weight: 2}") == Texts{"192.0.2.1:9443 x9", "[fd00::1]:443 x1", "several"});
    CHECK(texts(aimed, "{address: 192.0.2.1}, {address: 192.0.2.2}") ==
          Texts{"192.0.2.1:8443", "192.0.2.2:8443", "8443"});
    CHECK(texts(aimed, "{address: 192.0.2.1, ports: {tls: 9443}}") ==
          Texts{"192.0.2.1:9443", "9443"});
    CHECK(texts(plain, "{address: 'unix:///run/a.sock'}") ==
          Texts{"unix:///run/a.sock", "several"});
}

TEST_CASE("a WorkloadEntry that a workloadSelector takes is an endpoint of the ServiceEntry",
          "[lookup]") {
    const std::string selecting =
        entry("a", "resolution: STATIC, workloadSelector: {labels: {app: vm}}");
    const auto machine = [](std::string_view spec) {
        return object("networking.istio.io/v1", "WorkloadEntry", "vm", spec);
    };
    const Target found =
        target(selecting + machine("{address: 192.0.2.7, ports: {tls: 7443}, labels: {app: vm}}"),
               "out.example");
    CHECK(lookup::address_texts(found.addresses) == std::vector<std::string>{"192.0.2.7:7443"});
    CHECK(found.target_port == 7443);
    CHECK(found.note.empty());
    CHECK_FALSE(found.by_name);

    for (const std::string& other :
         {std::string(), machine("{address: 192.0.2.7, labels: {app: b}}"),
          machine("{address: vm.example, labels: {app: vm}}")}) {
        CAPTURE(other);
        const Target unknown = target(selecting + other, "out.example");
        CHECK(unknown.problem.empty());
        CHECK(unknown.addresses.empty());
        CHECK_THAT(unknown.note, test::Contains("WorkloadEntries of its namespace with app=vm"));
    }
    const std::string dns = entry("a", "resolution: DNS, workloadSelector: {labels: {app: vm}}");
    CHECK(lookup::address_texts(
              target(dns + machine("{address: vm.example, labels: {app: vm}}"), "out.example")
                  .addresses) == std::vector<std::string>{"vm.example:443"});
}

TEST_CASE("a Service without any port lacks the one that a rule means", "[lookup]") {
    const test::Read read = test::read_text(
        test::k8s::gateway("gw", test::k8s::server("a.example")) +
        test::k8s::service("vs", "a.example", test::k8s::rule("a.example", "out")) +
        object("v1", "Service", "out", "{type: ExternalName, externalName: example.org}"));
    CHECK(read.errors() == std::vector<std::string>{"IST0101"});
    CHECK_THAT(read.text("IST0101"), test::Contains("Service \"ns/out\" has no TCP port 443"));
}

}  // namespace lookup_services_test
