// What is said to whoever has a Gateway and a VirtualService that do not meet.
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_binding_hints_test {

using namespace sni;

namespace {

/// Of a VirtualService for shop.example.com at a Gateway for `hosts`.
std::string not_in_gateway(std::string_view hosts) {
    test::Lab lab;
    lab.server_hosts = hosts;
    lab.hosts = "shop.example.com";
    lab.match = "sniHosts: [shop.example.com]";
    std::string text = test::text_of(lab);
    // Another namespace than the Gateway's.
    text = test::replaced(text, "name: vs, namespace: ns", "name: vs, namespace: shop");
    text = test::replaced(text, "gateways: [gw]", "gateways: [ns/gw]");
    return test::text_of(test::analyzed(text), "IST0132");
}

}  // namespace

TEST_CASE("a host that differs in nothing that is typed is no suggestion", "[analyze]") {
    CHECK_THAT(not_in_gateway("./shop.example.com"),
               !test::Contains("did you mean") &&
                   test::Contains("the Gateway takes the VirtualServices of namespace ns alone"));
    CHECK_THAT(not_in_gateway("~/shop.example.com"), !test::Contains("did you mean"));
    CHECK_THAT(not_in_gateway("SHOP.example.com"),
               !test::Contains("did you mean") && test::Contains("write shop.example.com"));
    CHECK_THAT(not_in_gateway("other/shop.example.con"),
               test::Contains("did you mean shop.example.con?"));
    CHECK_THAT(not_in_gateway("shop.example.con"),
               test::Contains("did you mean shop.example.con?"));
}

TEST_CASE("a Gateway whose VirtualService is hidden is told so, and asked for no other",
          "[analyze]") {
    const auto no_route = [](std::string_view gateways, std::string_view export_to) {
        test::Lab lab;
        lab.gateways = "gateways: [" + std::string(gateways) + "]" + std::string(export_to);
        return test::text_of(test::analyzed(test::text_of(lab)), "X-NO-ROUTE");
    };
    for (const char* export_to : {"\n  exportTo: ['.']", "\n  exportTo: [far]"}) {
        CAPTURE(export_to);
        CHECK_THAT(no_route("ns/gw", export_to),
                   test::Contains("by its exportTo") && test::Contains("remove exportTo") &&
                       !test::Contains("does not name") && !test::Contains("add a VirtualService"));
    }
    CHECK_THAT(no_route("other", ""), test::Contains("does not name this Gateway") &&
                                          test::Contains("add a VirtualService"));
}

}  // namespace analyze_binding_hints_test
