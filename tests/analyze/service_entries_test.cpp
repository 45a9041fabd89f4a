// Rules of a gateway that lead to a ServiceEntry.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_service_entries_test {

using namespace sni;
using Lines = std::vector<std::string>;

namespace {

Lines found(std::string_view entry, std::string_view gateways = "gateways: [gw]",
            std::string_view port = "443") {
    test::Lab lab;
    lab.gateways = gateways;
    lab.destination = "host: api.example.net, port: {number: " + std::string(port) + "}";
    lab.more = test::istio("ServiceEntry", "e",
                           "  hosts: [api.example.net]\n"
                           "  ports: [{number: 443, name: tls, protocol: TLS}]\n" +
                               std::string(entry));
    const auto report = test::analyzed(test::text_of(lab));
    Lines lines;
    for (const std::string& line : test::lines(report)) {
        if (line.contains("X-NO-ENDPOINTS") || line.contains("IST0101"))
            lines.push_back(line.substr(0, line.rfind(' ')));
    }
    return lines;
}

}  // namespace

TEST_CASE("a ServiceEntry in which a gateway finds nobody is an error at the rule", "[analyze]") {
    const Lines nobody = {"error X-NO-ENDPOINTS VirtualService ns/vs"};
    CHECK(found("  resolution: DNS").empty());
    CHECK(found("  resolution: NONE") == nobody);
    CHECK(found("  location: MESH_EXTERNAL") == nobody);
    CHECK(found("  resolution: STATIC") == nobody);
    CHECK(found("  resolution: STATIC\n  endpoints: [{address: 192.0.2.1}]").empty());
    // Sidecars know where the client wanted to go.
    CHECK(found("  resolution: NONE", "gateways: [mesh]").empty());
}

TEST_CASE("why nobody is found is said of the resolution that it has", "[analyze]") {
    const auto why = [](std::string_view resolution) {
        test::Lab lab;
        lab.destination = "host: api.example.net, port: {number: 443}";
        lab.more = test::istio("ServiceEntry", "e",
                               "  hosts: [api.example.net]\n"
                               "  ports: [{number: 443, name: tls, protocol: TLS}]\n"
                               "  resolution: " +
                                   std::string(resolution));
        return test::text_of(test::analyzed(test::text_of(lab)), "X-NO-ENDPOINTS");
    };
    CHECK_THAT(why("NONE"), test::Contains("which is what resolution NONE means"));
    CHECK_THAT(why("STATIC"), test::Contains("goes to the endpoints that are listed") &&
                                  !test::Contains("resolution NONE"));
}

TEST_CASE("a port that a ServiceEntry does not have is an error at the rule", "[analyze]") {
    CHECK(found("  resolution: DNS", "gateways: [gw]", "8443") ==
          Lines{"error IST0101 VirtualService ns/vs"});
}

TEST_CASE("the port of a ServiceEntry is looked for whatever kind of rule leads there",
          "[analyze]") {
    const auto codes = [](std::string_view rules, std::string_view destination) {
        test::Lab lab;
        lab.rules = "  " + std::string(rules) + "route: [{destination: {host: api.example.net" +
                    std::string(destination) + "}}]}]\n";
        lab.more = test::istio("ServiceEntry", "e",
                               "  hosts: [api.example.net]\n  resolution: DNS\n"
                               "  ports: [{number: 443, name: tls, protocol: TLS}, {number: 8443, "
                               "name: more, protocol: TLS}]\n");
        const auto report = test::analyzed(test::text_of(lab));
        return std::pair(test::times(report, "IST0101"), test::times(report, "IST0112"));
    };
    for (const std::string_view rules :
         {"http: [{", "tcp: [{", "tls: [{match: [{sniHosts: [a.example.com]}], "}) {
        CAPTURE(rules);
        CHECK(codes(rules, ", port: {number: 8443}") == std::pair(0UL, 0UL));
        CHECK(codes(rules, ", port: {number: 9443}") == std::pair(1UL, 0UL));
        CHECK(codes(rules, "") == std::pair(0UL, 1UL));
    }
}

}  // namespace analyze_service_entries_test
