// Ports that a sidecar takes for HTTP, behind rules that pass TLS on.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_sidecars_test {

using namespace sni;
using test::Lab;

namespace {

std::string port(std::string_view name, std::string_view more = {}) {
    return "{name: " + std::string(name) + ", port: 443, targetPort: 8443" + std::string(more) +
           "}";
}

std::string injected(std::string_view labels) {
    return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns, labels: {" +
           std::string(labels) + "}}\n";
}

/// The level of X-PORT-PROTOCOL; empty: not found.
std::string level(const Lab& lab) {
    for (const auto& finding : test::analyzed(test::text_of(lab)).findings) {
        if (finding.diagnostic.code == "X-PORT-PROTOCOL")
            return std::string(to_string(finding.diagnostic.level));
    }
    return {};
}

}  // namespace

TEST_CASE("a port declared HTTP is a warning behind passthrough, and an error with a sidecar",
          "[analyze]") {
    for (const std::string& ports :
         {port("http"), port("http-web"), port("grpc"), port("HTTP2"), port("grpc-web-x"),
          port("tls", ", appProtocol: http"), port("tls", ", appProtocol: http-web"),
          port("tls", ", appProtocol: kubernetes.io/h2c")}) {
        CAPTURE(ports);
        CHECK(level({.ports = ports}) == "warning");
        CHECK(level({.ports = ports, .more = injected("istio-injection: enabled")}) == "error");
        CHECK(level({.ports = ports, .more = injected("istio.io/rev: stable")}) == "error");
        CHECK(level({.ports = ports, .more = injected("istio-injection: disabled")}).empty());
    }
    for (const std::string& ports : {port("tls"), port("https"), port("tcp-x"), port("web"),
                                     port("http", ", appProtocol: tls")}) {
        CAPTURE(ports);
        CHECK(level({.ports = ports, .more = injected("istio-injection: enabled")}).empty());
    }
}

TEST_CASE("a pod's own word on its sidecar counts more than its namespace's", "[analyze]") {
    const Lab lab{.ports = port("http"),
                  .labels = "app: a, sidecar.istio.io/inject: \"false\"",
                  .more = injected("istio-injection: enabled")};
    CHECK(level(lab).empty());
    CHECK(level({.ports = port("http"), .labels = "app: a, sidecar.istio.io/inject: \"true\""}) ==
          "error");
}

TEST_CASE("a port that no container lists is pointed out", "[analyze]") {
    const auto report =
        test::analyzed(test::text_of({.ports = "{name: tls, port: 443, targetPort: 8080}"}));
    CHECK(test::lines(report) == std::vector<std::string>{"info X-TARGET-PORT Service ns/a 7"});
    CHECK(test::text_of(report, "X-TARGET-PORT").find("lists port 8443") != std::string::npos);
    CHECK(test::lines(test::analyzed(test::text_of({.ports = "{name: tls, port: 443, targetPort: "
                                                             "8080}",
                                                    .container = "name: c, image: i"})))
              .empty());
}

TEST_CASE("the mesh's TLS that nobody opens says whether injection is off or was never on",
          "[analyze]") {
    const auto why = [](std::string_view labels) -> std::string {
        const Lab lab{.more =
                          test::istio("DestinationRule", "dr",
                                      "  host: a\n  trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}") +
                          injected(labels)};
        for (const auto& finding : test::analyzed(test::text_of(lab)).findings) {
            if (finding.diagnostic.code == "X-DOUBLE-TLS") return finding.diagnostic.why;
        }
        return {};
    };
    CHECK_THAT(why("istio-injection: disabled"), test::Contains("injection is off"));
    CHECK_THAT(why("team: x"), test::Contains("is not labelled for injection"));
    CHECK(why("istio-injection: enabled").empty());
}

}  // namespace analyze_sidecars_test
