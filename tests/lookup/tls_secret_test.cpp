// Secrets that a listener of the Gateway API ends TLS with.
#include "lab/lookup/tls_secret.h"

#include <map>
#include <string>

#include "lab/core/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/kubernetes.h"
#include "tests/support/manifest.h"
#include "tests/support/routing.h"

namespace lookup_tls_secret_test {

using namespace sni;
using namespace sni::test::k8s;
using test::Routed;

namespace {

/// PEM of a SEQUENCE that is whole, or is not.
std::string pem(std::string_view label, std::string_view der = {"\x30\x01\x00", 3}) {
    return "-----BEGIN " + std::string(label) + "-----\n" + to_base64(as_bytes(der)) +
           "\n-----END " + std::string(label) + "-----\n";
}

std::string problem(std::map<std::string, std::string> data) {
    manifest::Secret secret;
    secret.data = std::move(data);
    return lookup::tls_secret_problem(secret);
}

std::string with_secret(std::string_view cert, std::string_view key) {
    return api_gateway("gw",
                       "{name: l, port: 443, protocol: HTTPS, hostname: a.org, "
                       "tls: {certificateRefs: [{name: web}]}}") +
           "---\napiVersion: v1\nkind: Secret\nmetadata: {name: web, namespace: ns}\n"
           "data: {tls.crt: " +
           to_base64(as_bytes(cert)) + ", tls.key: " + to_base64(as_bytes(key)) + "}\n";
}

}  // namespace

TEST_CASE("a Secret for TLS holds a certificate and a key in PEM", "[lookup]") {
    const std::string cert = pem("CERTIFICATE");
    const std::string key = pem("PRIVATE KEY");
    CHECK(problem({{"tls.crt", cert}, {"tls.key", key}}).empty());
    CHECK(problem({{"tls.crt", "of whom it is\n" + cert}, {"tls.key", pem("EC PRIVATE KEY")}})
              .empty());
    CHECK(problem({{"tls.crt", cert}, {"tls.key", pem("EC PARAMETERS") + key}}).empty());
    CHECK(problem({{"cert", cert}, {"key", key}}).empty());
    CHECK(problem({{"tls.crt", cert}}) == "has not both tls.crt and tls.key");
    CHECK(problem({{"tls.crt", "Hello world"}, {"tls.key", key}}) ==
          "has no certificate in tls.crt");
    CHECK(problem({{"tls.crt", key}, {"tls.key", key}}) == "has no certificate in tls.crt");
    CHECK(problem({{"tls.crt", cert}, {"tls.key", cert}}) == "has no private key in tls.key");
    CHECK(problem({{"tls.crt", cert}, {"tls.key", pem("ENCRYPTED PRIVATE KEY")}}) ==
          "has a key in tls.key that needs a password");
}

TEST_CASE("what stands in PEM's lines must be one whole SEQUENCE", "[lookup]") {
    const auto bad = [](std::string_view der) {
        return problem({{"tls.crt", pem("CERTIFICATE", der)}, {"tls.key", pem("PRIVATE KEY")}});
    };
    const std::string long_der = std::string("\x30\x81\x80", 3) + std::string(128, '\0');
    CHECK(bad(long_der).empty());
    CHECK_FALSE(bad(long_der.substr(0, 100)).empty());
    CHECK_FALSE(bad(long_der + "x").empty());
    CHECK_FALSE(bad("Hello world").empty());
    CHECK_FALSE(bad("").empty());
    CHECK_FALSE(bad("\x30\x85").empty());
    CHECK_FALSE(problem({{"tls.crt", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"},
                         {"tls.key", pem("PRIVATE KEY")}})
                    .empty());
}

TEST_CASE("a listener whose Secret holds garbage has no certificate, and is not opened",
          "[lookup]") {
    const std::string cert = pem("CERTIFICATE");
    const std::string key = pem("PRIVATE KEY");
    constexpr const char* kInvalid = "ns/gw/l ResolvedRefs=False InvalidCertificateRef";
    const Routed good(with_secret(cert, key));
    CHECK_FALSE(good.has_condition("Gateway", kInvalid));
    CHECK(good.to("a.org") == "terminate");
    for (const auto& [one, other] :
         {std::pair<std::string, std::string>{"Hello world", key}, {cert, "Hello world"}}) {
        const Routed bad(with_secret(one, other));
        CHECK(bad.has_condition("Gateway", kInvalid));
        CHECK(bad.has_condition("Gateway", "ns/gw/l Programmed=False Invalid"));
        CHECK(bad.to("a.org") == "closed-port");
    }
}

TEST_CASE("a certificateRef to another kind than Secret is none, whatever is called so",
          "[lookup]") {
    const auto with_ref = [](std::string_view ref) {
        const std::string text = with_secret(pem("CERTIFICATE"), pem("PRIVATE KEY"));
        return Routed(test::replaced(text, "{name: web}", ref))
            .has_condition("Gateway", "ns/gw/l ResolvedRefs=False InvalidCertificateRef");
    };
    CHECK_FALSE(with_ref("{kind: Secret, group: '', name: web}"));
    CHECK(with_ref("{kind: ConfigMap, name: web}"));
    CHECK(with_ref("{kind: Secret, group: example.org, name: web}"));
}

}  // namespace lookup_tls_secret_test
