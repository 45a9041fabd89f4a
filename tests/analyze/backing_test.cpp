// What files say about the pods behind a Service, and what they leave open: the same answer for
// route and for analyze.
#include "lab/lookup/backing.h"

#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"
#include "tests/support/routing.h"

namespace analyze_backing_test {

using namespace sni;

namespace {

/// A Gateway and a rule that leads to Service a.
const std::string kGate = test::gateway("gw", {}) + test::virtual_service("vs", {});
const std::string kService = test::service("a", "app: a", "{name: tls, port: 443}");
const std::string kBare =
    test::document("v1", "Service", "a", "spec: {ports: [{name: tls, port: 443}]}");

std::string pods(std::string_view kind, std::string_view version, std::string_view app,
                 std::string_view more = {}) {
    const std::string labels = "{app: " + std::string(app) + "}";
    return test::document(
        version, kind, std::string(app) + "-pods",
        "spec:\n  selector: {matchLabels: " + labels + "}\n  template: {metadata: {labels: " +
            labels + "}, spec: {containers: [{name: c, image: i}]}}\n" + std::string(more));
}

std::string slice(std::string_view addresses, std::string_view ports = "{name: tls, port: 8443}",
                  std::string_view type = "IPv4") {
    return "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
           "metadata: {name: a-1, namespace: ns, labels: {kubernetes.io/service-name: a}}\n"
           "addressType: " +
           std::string(type) + "\nports: [" + std::string(ports) + "]\nendpoints: [" +
           std::string(addresses) + "]\n";
}

struct Said {
    std::string route;
    std::vector<std::string> analyze;  // levels of X-NO-ENDPOINTS
};

Said said(const std::string& more) {
    Said both{.route = test::Routed(kGate + more).to("a.example.com"), .analyze = {}};
    for (const auto& finding : test::analyzed(kGate + more).findings) {
        if (finding.diagnostic.code == "X-NO-ENDPOINTS")
            both.analyze.emplace_back(to_string(finding.diagnostic.level));
    }
    return both;
}

const std::string kRouted = "routed ns/a:443->443";
const std::string kRoutedByHand = "routed ns/a:443->8443";
using Levels = std::vector<std::string>;

}  // namespace

TEST_CASE("pods that the files do not hold are unknown, not absent", "[analyze]") {
    for (const std::string& more :
         {kService, kBare,
          kService + test::deployment("b", "app: b", "name: c, image: i") +
              test::service("b", "app: b", "{port: 443}"),
          kService + pods("Rollout", "argoproj.io/v1alpha1", "a") +
              pods("Deployment", "apps/v1", "z"),
          kService + pods("Job", "batch/v1", "j")}) {
        CAPTURE(more);
        const Said both = said(more);
        CHECK(both.route == kRouted);
        CHECK(both.analyze == Levels{"info"});
    }
}

TEST_CASE("whatever makes pods stands behind a Service", "[analyze]") {
    for (const auto& [kind, version] :
         {std::pair{"StatefulSet", "apps/v1"}, std::pair{"DaemonSet", "apps/v1"},
          std::pair{"ReplicaSet", "apps/v1"}, std::pair{"Deployment", "apps/v1"},
          std::pair{"Job", "batch/v1"}}) {
        CAPTURE(kind);
        // Beside a Deployment of another name, which proves nothing.
        const Said both =
            said(kService + pods(kind, version, "a") + pods("Deployment", "apps/v1", "other"));
        CHECK(both.route == kRouted);
        CHECK(both.analyze.empty());
    }
    CHECK(said(kService + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ns, "
                          "labels: {app: a}}\nspec: {containers: [{name: c, image: i}]}\n")
              .analyze.empty());
}

TEST_CASE("endpoints that are made by hand are endpoints", "[analyze]") {
    const std::string endpoints = test::document(
        "v1", "Endpoints", "a",
        "subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{name: tls, port: 8443}]}]");
    for (const std::string& more :
         {slice("{addresses: [10.0.0.1]}"),
          slice("{addresses: [10.0.0.1], conditions: {ready: true}}"), endpoints}) {
        CAPTURE(more);
        for (const std::string& service : {kBare, kService}) {
            const Said both = said(service + more + pods("Deployment", "apps/v1", "other"));
            CHECK(both.route == kRoutedByHand);
            CHECK(both.analyze.empty());
        }
    }
    const Said none = said(kBare + slice("{addresses: [10.0.0.1], conditions: {ready: false}}"));
    CHECK(none.route == "reset");
    CHECK(none.analyze == Levels{"error"});
}

TEST_CASE("endpoints made by hand have the ports that their lists name", "[analyze]") {
    constexpr std::string_view kReady = "{addresses: [10.0.0.1]}";
    CHECK(said(kBare + slice(kReady, "{name: tls, port: 9999}")).route == "routed ns/a:443->9999");
    const std::string older =
        "subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{name: other, port: "
        "8443}]}, {ports: [{name: tls, port: 8443}]}]";
    for (const std::string& nobody :
         {slice(kReady, "{name: other, port: 8443}"), slice(kReady, "{port: 8443}"),
          slice(kReady, ""), slice("{addresses: [a.example]}", "{name: tls, port: 8443}", "FQDN"),
          test::document("v1", "Endpoints", "a", older)}) {
        CAPTURE(nobody);
        const Said both = said(kBare + nobody);
        CHECK(both.route == "reset");
        CHECK(both.analyze == Levels{"error"});
    }
}

TEST_CASE("a WorkloadEntry with the labels is an endpoint", "[analyze]") {
    const std::string more = kService + pods("Deployment", "apps/v1", "other");
    const auto entry = [](std::string_view app) {
        return test::document(
            "networking.istio.io/v1", "WorkloadEntry", "vm",
            "spec: {address: 192.0.2.1, labels: {app: " + std::string(app) + "}}");
    };
    CHECK(said(more + entry("a")).route == kRouted);
    CHECK(said(more + entry("a")).analyze.empty());
    CHECK(said(more + entry("b")).route == "reset");
    CHECK(said(more + entry("b")).analyze == Levels{"error"});
    CHECK(test::read_text(kGate + more + entry("a")).errors() ==
          std::vector<std::string>{"X-NOT-PLAYED"});
}

TEST_CASE("a CronJob's pods are behind the Service that selects them, at times", "[analyze]") {
    const std::string more = kService + pods("Deployment", "apps/v1", "other");
    const auto cron_job = [](std::string_view app) {
        return test::document("batch/v1", "CronJob", "c",
                              "spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: " +
                                  std::string(app) + "}}, spec: {containers: []}}}}}");
    };
    CHECK(said(more + cron_job("a")).route == kRouted);
    CHECK(said(more + cron_job("a")).analyze == Levels{"info"});
    CHECK(said(more + cron_job("b")).analyze == Levels{"error"});
}

TEST_CASE("what an operator makes of its own kinds is unknown, not absent", "[analyze]") {
    const std::string more = kService + pods("Deployment", "apps/v1", "other");
    const auto object = [](std::string_view version, std::string_view kind,
                           std::string_view ns = "ns", std::string_view spec = "{}") {
        return test::document(version, kind, "o", "spec: " + std::string(spec), ns);
    };
    for (const std::string& makes : {object("kafka.strimzi.io/v1beta2", "Kafka"),
                                     object("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
                                     object("monitoring.coreos.com/v1", "Prometheus"),
                                     object("networking.istio.io/v1", "WorkloadGroup"),
                                     object("argoproj.io/v1alpha1", "Application", "argocd",
                                            "{destination: {namespace: ns}}")}) {
        CAPTURE(makes);
        CHECK(said(more + makes).route == kRouted);
        CHECK(said(more + makes).analyze == Levels{"info"});
    }
    for (const std::string& does_not :
         {object("monitoring.coreos.com/v1", "ServiceMonitor"),
          object("cert-manager.io/v1", "Certificate"), object("policy/v1", "PodDisruptionBudget"),
          object("networking.k8s.io/v1", "NetworkPolicy"),
          object("security.istio.io/v1", "PeerAuthentication"),
          object("kafka.strimzi.io/v1beta2", "Kafka", "far")}) {
        CAPTURE(does_not);
        CHECK(said(more + does_not).analyze == Levels{"error"});
    }
}

TEST_CASE("what the files prove is an error for both", "[analyze]") {
    SECTION("pods that no Service selects") {
        const Said both = said(kService + pods("Deployment", "apps/v1", "b"));
        CHECK(both.route == "reset");
        CHECK(both.analyze == Levels{"error"});
    }
    SECTION("no replicas") {
        const std::string more = kService + pods("StatefulSet", "apps/v1", "a", "  replicas: 0\n");
        CHECK(said(more).route == "reset");
        CHECK(said(more).analyze == Levels{"error"});
        CHECK(test::text_of(test::analyzed(kGate + more), "X-NO-ENDPOINTS")
                  .find("why: StatefulSet \"ns/a-pods\" has 0 replicas") != std::string::npos);
        std::string why;
        for (const std::string& sentence : test::Routed(kGate + more).ask("a.example.com").why) {
            why += sentence + "\n";
        }
        CAPTURE(why);
        CHECK(why.find("0 replicas") != std::string::npos);
    }
    SECTION("no pod that still runs") {
        const auto pod = [](std::string_view phase) {
            return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ns, "
                   "labels: {app: a}}\nspec: {containers: [{name: c, image: i}]}\n"
                   "status: {phase: " +
                   std::string(phase) + "}\n";
        };
        for (const char* phase : {"Succeeded", "Failed"}) {
            CHECK(said(kService + pod(phase)).route == "reset");
            CHECK(said(kService + pod(phase)).analyze == Levels{"error"});
            CHECK(test::text_of(test::analyzed(kGate + kService + pod(phase)), "X-NO-ENDPOINTS")
                      .find("why: Pod \"ns/p\" is over: its phase is " + std::string(phase)) !=
                  std::string::npos);
        }
        CHECK(said(kService + pod("Running")).route == kRouted);
        CHECK(said(kService + pod("Pending")).route == kRouted);
        CHECK(said(kService + pod("Failed") + pods("Deployment", "apps/v1", "a")).route == kRouted);
    }
}

TEST_CASE("a lab cannot run pods that the files do not hold", "[analyze]") {
    for (const std::string& more : {kService, kBare}) {
        CHECK(test::read_text(kGate + more).errors() == std::vector<std::string>{"X-NO-ENDPOINTS"});
    }
    CHECK(test::read_text(kGate + kBare + slice("{addresses: [10.0.0.1]}")).errors() ==
          std::vector<std::string>{"X-NOT-PLAYED"});
}

TEST_CASE("a Service of type ExternalName leads out, and is no mistake", "[analyze]") {
    const std::string outside = test::document(
        "v1", "Service", "a", "spec: {type: ExternalName, externalName: x.example.org}");
    const auto report =
        test::analyzed(test::text_of({}) + test::replaced(outside, "name: a", "name: x"));
    CHECK(test::lines(report).empty());
    CHECK(test::read_text(
              kGate + test::replaced(outside, "externalName", "ports: [{port: 443}], externalName"))
              .errors() == std::vector<std::string>{"X-NOT-PLAYED"});
}

}  // namespace analyze_backing_test
