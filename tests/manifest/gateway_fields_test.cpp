// Fields of the Gateway API's objects that route no name, and those that attach routes.
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"

namespace manifest_gateway_fields_test {

using namespace sni;
using namespace sni::test::k8s;

namespace {

test::Read with(std::string_view of_gateway, std::string_view of_route = "") {
    const std::string route = tls_route("r", "{name: gw}", "a.org", "{name: a, port: 443}");
    return test::read_text(workload("a") +
                           test::replaced(api_gateway("gw", listener("l", "a.org")), "spec:\n",
                                          "spec:\n" + std::string(of_gateway)) +
                           test::replaced(route, "spec:\n", "spec:\n" + std::string(of_route)));
}

}  // namespace

TEST_CASE("what a Gateway's own tls says of clients and backends is understood", "[manifest]") {
    const test::Read read = with(
        "  tls:\n    frontend: {default: {validation: {caCertificateRefs: [{group: '', kind: "
        "ConfigMap, name: ca}]}}}\n    backend: {clientCertificateRef: {name: c}}\n"
        "  infrastructure: {labels: {a: b}}\n  addresses: [{value: 192.0.2.1}]\n"
        "  allowedListeners: {namespaces: {from: Same}}\n");
    CAPTURE(read.all());
    CHECK(read.codes().empty());
}

TEST_CASE("a field that no version of Gateway has is told", "[manifest]") {
    CHECK(with("  backendTLS: {clientCertificateRef: {name: c}}\n").has("X-UNSUPPORTED"));
}

TEST_CASE("routes that name no Gateway may be attached, and that is told", "[manifest]") {
    CHECK(with("  defaultScope: None\n").codes().empty());
    CHECK(with("", "  useDefaultGateways: None\n").codes().empty());
    CHECK_THAT(with("  defaultScope: All\n").text("X-UNSUPPORTED"), test::Contains("defaultScope"));
    CHECK_THAT(with("", "  useDefaultGateways: All\n").text("X-UNSUPPORTED"),
               test::Contains("useDefaultGateways"));
}

}  // namespace manifest_gateway_fields_test
