// What charts write where they mean nothing: empty texts, 0, {} and [].
#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_zero_values_test {

using namespace sni;
using Codes = std::vector<std::string>;

namespace {

/// Of what is said of a lab; without what every one of them is told.
Codes codes(const test::Lab& lab) {
    Codes all;
    for (const auto& finding : test::analyzed(test::text_of(lab)).findings) {
        const std::string& code = finding.diagnostic.code;
        if (code != "X-SECRET-MISSING" && code != "X-LEFT-ASIDE") all.push_back(code);
    }
    return all;
}

Codes with_match(std::string_view more) {
    test::Lab lab;
    lab.match += more;
    return codes(lab);
}

Codes with_tls(std::string_view tls) {
    test::Lab lab;
    lab.tls = "tls: {" + std::string(tls) + "}";
    return codes(lab);
}

Codes with_ports(std::string_view target) {
    test::Lab lab;
    lab.ports = "{name: tls, port: 443, targetPort: " + std::string(target) + "}";
    return codes(lab);
}

bool has(const Codes& codes, std::string_view code) {
    return std::ranges::find(codes, code) != codes.end();
}

const Codes kNothing = codes({});

}  // namespace

TEST_CASE("a field of a match that is empty is as good as none", "[analyze]") {
    for (const char* more :
         {", port: 0", ", sourceLabels: {}", ", sourceNamespace: ''", ", destinationSubnets: []"}) {
        CAPTURE(more);
        CHECK(with_match(more) == kNothing);
    }
    CHECK(has(with_match(", port: 65536"), "IST0106"));
    CHECK(has(with_match(", sourceNamespace: x"), "X-IGNORED-MATCH"));
}

TEST_CASE("an empty certificate of a server is none", "[analyze]") {
    for (const char* field :
         {"credentialName: ''", "credentialNames: []", "serverCertificate: ''", "privateKey: ''"}) {
        CAPTURE(field);
        const std::string more = std::string(", ") + field;
        CHECK(with_tls("mode: PASSTHROUGH" + more) == kNothing);
        CHECK(!has(with_tls("mode: ISTIO_MUTUAL" + more), "IST0106"));
        CHECK(has(with_tls("mode: SIMPLE" + more), "IST0106"));
    }
    CHECK(has(with_tls("mode: SIMPLE, serverCertificate: /c, privateKey: ''"), "IST0106"));
    CHECK(!has(with_tls("mode: SIMPLE, serverCertificate: /c, privateKey: /k"), "IST0106"));
    CHECK(has(with_tls("mode: PASSTHROUGH, credentialName: c"), "IST0133"));
    CHECK(has(with_tls("mode: ISTIO_MUTUAL, credentialName: c"), "IST0106"));
}

TEST_CASE("targetPort 0 and an empty defaultEndpoint of a server are none", "[analyze]") {
    test::Lab lab;
    lab.port += ", targetPort: 0";
    lab.tls += "\n    defaultEndpoint: ''";
    CHECK(codes(lab) == kNothing);
    lab.port = "number: 443, name: tls, protocol: TLS, targetPort: 8443";
    CHECK(has(codes(lab), "IST0106"));
    lab = {};
    lab.tls += "\n    defaultEndpoint: 127.0.0.1:80";
    CHECK(has(codes(lab), "X-UNSUPPORTED"));
}

TEST_CASE("a Service's targetPort of 0 or nothing is its port", "[analyze]") {
    test::Lab same;
    same.ports = "{name: tls, port: 443}";
    for (const char* target : {"0", "''"}) {
        CAPTURE(target);
        CHECK(with_ports(target) == codes(same));
    }
    CHECK(has(with_ports("65536"), "X-VALUE"));
}

TEST_CASE("an empty hostname of a listener is no name, and its CRD refuses it", "[analyze]") {
    const auto listener = [](std::string_view hostname) {
        return test::analyzed(test::document(
            "gateway.networking.k8s.io/v1", "Gateway", "g",
            "spec:\n  gatewayClassName: istio\n  listeners:\n  - {name: l, port: 443, protocol: "
            "TLS, tls: {mode: Passthrough}" +
                std::string(hostname) + "}"));
    };
    CHECK(test::times(listener(", hostname: ''"), "X-VALUE") == 1);
    CHECK(test::times(listener(""), "X-VALUE") == 0);
}

}  // namespace analyze_zero_values_test
