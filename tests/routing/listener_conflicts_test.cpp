// Listeners of one Gateway of the Gateway API that are in each other's way.
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace routing_listener_conflicts_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

constexpr const char* kOnlyA = "routed ns/a:443->8443*1";
constexpr std::string_view kPlain = "{name: h, port: 443, protocol: HTTP, hostname: a.org}";

std::string with(const std::string& listeners) {
    return workload("a") + api_gateway("gw", listeners) +
           tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}");
}

}  // namespace

TEST_CASE("of listeners with two protocols on a port the first one stays", "[manifest]") {
    const Routed routed(with(listener("l", "a.org") + ", " + std::string(kPlain)));
    CHECK(routed.to("a.org") == kOnlyA);
    CHECK(routed.attached("l") == 1);
    CHECK(routed.conditions("Gateway") ==
          std::vector<std::string>{
              "ns/gw Accepted=True ListenersNotValid", "ns/gw Programmed=True Programmed",
              "ns/gw ResolvedRefs=True ResolvedRefs", "ns/gw/l Conflicted=False NoConflicts",
              "ns/gw/l Accepted=True Accepted", "ns/gw/l ResolvedRefs=True ResolvedRefs",
              "ns/gw/l Programmed=True Programmed", "ns/gw/h Conflicted=True ProtocolConflict",
              "ns/gw/h Accepted=False ProtocolConflict",
              "ns/gw/h Programmed=False ProtocolConflict"});
}

TEST_CASE("plain HTTP of another name is in the way of TLS that comes later by its own name",
          "[manifest]") {
    const auto beside = [](std::string_view http) {
        return Routed(with(listener("l", "a.org") + ", {name: " + std::string(http) +
                           ", port: 443, protocol: HTTP, hostname: b.org}"));
    };
    // Istio makes a Gateway of each listener and merges them by name: nobody is told of a conflict.
    const Routed after = beside("m");
    CHECK(after.to("a.org") == kOnlyA);
    CHECK(after.has_condition("Gateway", "ns/gw/l Conflicted=False NoConflicts"));
    CHECK(after.has_condition("Gateway", "ns/gw/m Conflicted=False NoConflicts"));
    CHECK(after.has_condition("Gateway", "ns/gw Accepted=True Accepted"));
    const Routed before = beside("h");
    CHECK(before.to("a.org") == "reset");
    CHECK(before.has_condition("Gateway", "ns/gw/l Accepted=True Accepted"));
    CHECK(before.attached("l") == 1);
    const auto& why = before.ask("a.org").why;
    CHECK(std::ranges::any_of(why, [](const std::string& each) {
        return each.find("listener \"h\" has the port for plain HTTP") != std::string::npos;
    }));
}

TEST_CASE("no route is attached to a listener that lost its port", "[manifest]") {
    const Routed routed(with(std::string(kPlain) + ", " + listener("l", "a.org")));
    CHECK(routed.to("a.org") != kOnlyA);
    CHECK(routed.attached("l") == 0);
    CHECK(routed.has_condition("Gateway", "ns/gw/l Conflicted=True ProtocolConflict"));
    CHECK(routed.has_condition("Gateway", "ns/gw/h Conflicted=False NoConflicts"));
}

TEST_CASE("HTTPS and TLS of one name conflict, of two names they do not", "[manifest]") {
    const auto https = [](std::string_view host) {
        return ", {name: h, port: 443, hostname: " + std::string(host) +
               ", protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}";
    };
    const Routed same(with(listener("l", "a.org") + https("a.org")));
    CHECK(same.has_condition("Gateway", "ns/gw/l Conflicted=False NoConflicts"));
    CHECK(same.has_condition("Gateway", "ns/gw/h Conflicted=True ProtocolConflict"));
    CHECK(same.to("a.org") == kOnlyA);
    const Routed other(with(listener("l", "a.org") + https("b.org")));
    CHECK(other.has_condition("Gateway", "ns/gw/h Conflicted=False NoConflicts"));
}

TEST_CASE("a listener that lost its port shuts no third one out", "[manifest]") {
    const Routed routed(with(std::string(kPlain) + ", {name: t, port: 443, protocol: TCP}, " +
                             "{name: p, port: 443, protocol: HTTP, hostname: p.org}, " +
                             listener("l", "a.org")));
    CHECK(routed.has_condition("Gateway", "ns/gw/t Conflicted=True ProtocolConflict"));
    CHECK(routed.has_condition("Gateway", "ns/gw/p Conflicted=False NoConflicts"));
    CHECK(routed.has_condition("Gateway", "ns/gw/l Conflicted=True ProtocolConflict"));
}

TEST_CASE("a conflict of listeners names the one that stays", "[manifest]") {
    const test::Read read =
        test::read_text(with(listener("l", "a.org") + ", " + std::string(kPlain)));
    REQUIRE(read.errors() == std::vector<std::string>{"X-LISTENER"});
    CHECK_THAT(read.all(), test::Contains("listener \"l\" comes first on port 443"));
}

TEST_CASE("nobody is told to pass TLS on where a listener ends it on purpose", "[manifest]") {
    const test::Read read = test::read_text(
        with(listener("l", "a.org") +
             ", {name: h, port: 8443, hostname: b.org, protocol: HTTPS, tls: {certificateRefs: "
             "[{name: c}]}}"));
    CHECK_THAT(read.all(), test::Contains("the lab does not run listener \"h\""));
    CHECK_THAT(read.all(), !test::Contains("hint:"));
}

TEST_CASE("a listener that ends TLS for more than the lab plays is not told to pass TLS on",
          "[manifest]") {
    const test::Read read = test::read_text(
        workload("a") + workload("b") +
        api_gateway("gw",
                    "{name: l, port: 443, protocol: TLS, hostname: a.org, tls: {mode: Terminate, "
                    "certificateRefs: [{name: c}]}}") +
        tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}, {name: b, port: 443}"));
    CHECK_THAT(read.all(), test::Contains("the lab does not run listener \"l\""));
    CHECK_THAT(read.all(), !test::Contains("hint:"));
    CHECK_THAT(read.all(), !test::Contains("Passthrough"));
}

}  // namespace routing_listener_conflicts_test
