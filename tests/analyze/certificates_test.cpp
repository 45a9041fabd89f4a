// What is said about the certificates behind the gateway.
#include <nlohmann/json.hpp>

#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace analyze_certificates_test {

using namespace sni;
using namespace std::chrono_literals;
using test::Lab;

namespace {

using Codes = std::vector<std::string>;

certs::CertBundle certificate(std::vector<std::string> names, bool cn_only = false,
                              std::chrono::seconds from = -24h, std::chrono::seconds until = 24h) {
    return certs::issue({.names = std::move(names),
                         .organization = {},
                         .key = certs::KeyType::ec_p256,
                         .not_before = test::kToday + from,
                         .not_after = test::kToday + until,
                         .cn_only = cn_only});
}

std::string secret(const certs::CertBundle& bundle, std::string_view name = "s",
                   std::string_view ns = "ns") {
    return test::tls_secret(name, ns, bundle.cert_pem, bundle.key.reveal());
}

const std::string kMount =
    "name: c, image: i, volumeMounts: [{name: v, mountPath: /etc/certs}], ports: [{containerPort: "
    "8443}]";
const std::string kGunicorn =
    "name: c, image: i, volumeMounts: [{name: v, mountPath: /etc/certs}], args: [gunicorn, "
    "--certfile=/etc/certs/tls.crt, --keyfile=/etc/certs/tls.key, -b, 0.0.0.0:8443]";
const std::string kVolume = "{name: v, secret: {secretName: s}}";

/// The lab whose pod serves `more`'s Secret s.
Lab serving(const std::string& more) {
    return {.container = kMount, .volumes = kVolume, .more = more};
}

Codes certificate_findings(const Lab& lab) {
    Codes all;
    for (const std::string& line : test::lines(test::analyzed(test::text_of(lab)))) {
        if (!line.contains("X-ASSUMED-TLS")) all.push_back(line.substr(0, line.rfind(' ')));
    }
    return all;
}

/// A second backend, b.example.com, whose pod mounts Secret `name`.
std::string second_backend(std::string_view name, const std::string& container = kMount) {
    return test::service("b", "app: b", "{name: tls, port: 443, targetPort: 8443}") +
           test::deployment("b", "app: b", container,
                            "{name: v, secret: {secretName: " + std::string(name) + "}}");
}

Lab two_backends(const std::string& more, const std::string& container = kMount) {
    return {.server_hosts = "'*.example.com'",
            .hosts = "a.example.com, b.example.com",
            .rules =
                "  tls:\n  - match: [{sniHosts: [a.example.com]}]\n"
                "    route: [{destination: {host: a}}]\n"
                "  - match: [{sniHosts: [b.example.com]}]\n"
                "    route: [{destination: {host: b}}]",
            .container = container,
            .volumes = kVolume,
            .more = more};
}

}  // namespace

TEST_CASE("a certificate that fits its name, its key and the day has no findings", "[analyze]") {
    CHECK(certificate_findings(serving(secret(certificate({"a.example.com"})))).empty());
    CHECK(certificate_findings(serving(secret(certificate({"*.example.com"})))).empty());
}

TEST_CASE("dates are compared with the time that the options say", "[analyze]") {
    CHECK(certificate_findings(serving(secret(certificate({"a.example.com"}, false, -48h, -1s)))) ==
          Codes{"error X-EXPIRED Secret ns/s"});
    CHECK(certificate_findings(serving(secret(certificate({"a.example.com"}, false, 1s, 24h)))) ==
          Codes{"error X-NOT-YET Secret ns/s"});
    CHECK(certificate_findings(serving(secret(certificate({"a.example.com"}, false, 0s, 0s + 1s))))
              .empty());
    CHECK(test::text_of(test::analyzed(test::text_of(
                            serving(secret(certificate({"a.example.com"}, false, -48h, -24h))))),
                        "X-EXPIRED") ==
          "a.yaml:43:18: error: the certificate in Secret \"ns/s\" expired on "
          "2026-11-21T00:00:00Z [X-EXPIRED]\n"
          "why: it is 2026-11-22T00:00:00Z now\n"
          "hint: make a new one: sni-lab certgen\n");
}

TEST_CASE("a certificate in the last tenth of its life, and in its last two weeks, is told of",
          "[analyze]") {
    const auto findings = [](std::chrono::seconds from, std::chrono::seconds to) {
        return certificate_findings(
            serving(secret(certificate({"a.example.com"}, false, from, to))));
    };
    const Codes told{"warning X-ENDS-SOON Secret ns/s"};
    CHECK(findings(-351 * 24h, 13 * 24h) == told);
    CHECK(findings(-351 * 24h, 14 * 24h).empty());
    CHECK(findings(-81 * 24h, 10 * 24h).empty());
    CHECK(findings(-82 * 24h, 9 * 24h) == told);
    CHECK(findings(-1h, 24h).empty());
}

TEST_CASE("a certificate without SAN is told from one without the name", "[analyze]") {
    CHECK(certificate_findings(serving(secret(certificate({"a.example.com"}, true)))) ==
          Codes{"warning X-NO-SAN Secret ns/s"});
    CHECK(certificate_findings(serving(secret(certificate({"b.example.com"})))) ==
          Codes{"error X-CERT-NAME VirtualService ns/vs"});
    CHECK(certificate_findings(serving(secret(certificate({"b.example.com"}, true)))) ==
          Codes{"error X-CERT-NAME VirtualService ns/vs", "warning X-NO-SAN Secret ns/s"});
}

TEST_CASE("a certificate's wildcard is for one label and an SNI's for many", "[analyze]") {
    const auto routed = [](std::string_view sni, const certs::CertBundle& bundle) {
        Lab lab = serving(secret(bundle));
        lab.server_hosts = lab.hosts = std::string(sni);
        lab.match = "sniHosts: [" + std::string(sni) + "]";
        return certificate_findings(lab);
    };
    const certs::CertBundle wildcard = certificate({"*.example.com"});
    CHECK(routed("'*.example.com'", wildcard).empty());
    CHECK(routed("x.y.example.com", wildcard) == Codes{"error X-CERT-NAME VirtualService ns/vs"});
    CHECK(routed("example.com", wildcard) == Codes{"error X-CERT-NAME VirtualService ns/vs"});
    CHECK(routed("'*.example.org'", wildcard) == Codes{"warning X-CERT-NAME VirtualService ns/vs"});
    CHECK(routed("'*'", wildcard) == Codes{"info X-CATCH-ALL VirtualService ns/vs"});
}

TEST_CASE("a key of another certificate and what is no PEM are told apart", "[analyze]") {
    const certs::CertBundle own = certificate({"a.example.com"});
    const certs::CertBundle other = certificate({"a.example.com"});
    const auto with = [](std::string_view cert, std::string_view key) {
        return certificate_findings(serving(test::tls_secret("s", "ns", cert, key)));
    };
    CHECK(with(own.cert_pem, other.key.reveal()) == Codes{"error X-KEY-MISMATCH Secret ns/s"});
    CHECK(with("cert", own.key.reveal()) == Codes{"error X-BAD-CERT Secret ns/s"});
    CHECK(with(own.cert_pem, "key") == Codes{"error X-BAD-CERT Secret ns/s"});
    CHECK(with(own.cert_pem, own.key.reveal()).empty());
}

TEST_CASE("no finding shows a private key", "[analyze]") {
    const certs::CertBundle own = certificate({"a.example.com"});
    const certs::CertBundle other = certificate({"b.example.com"});
    const auto report = test::analyzed(
        test::text_of(serving(test::tls_secret("s", "ns", own.cert_pem, other.key.reveal()))));
    const std::string inside = other.key.reveal().substr(40, 40);
    CHECK(to_text(report).find(inside) == std::string::npos);
    CHECK(to_sarif(report, "1").dump().find(inside) == std::string::npos);
}

TEST_CASE("one certificate for the names of two backends is a hazard for HTTP/2", "[analyze]") {
    const std::string both = secret(certificate({"a.example.com", "b.example.com"}));
    const std::string a = secret(certificate({"a.example.com"}));
    const std::string b = secret(certificate({"b.example.com"}), "t");
    const Codes hazard{"warning X-COALESCE VirtualService ns/vs"};
    SECTION("in one Secret") {
        CHECK(certificate_findings(two_backends(both + second_backend("s"))) == hazard);
    }
    SECTION("in two Secrets, of which one covers both") {
        CHECK(certificate_findings(two_backends(both + b + second_backend("t"))) == hazard);
    }
    SECTION("by a wildcard") {
        const std::string wildcard = secret(certificate({"*.example.com"}));
        CHECK(certificate_findings(two_backends(wildcard + b + second_backend("t"))) == hazard);
    }
    SECTION("in a Secret that the files do not have") {
        CHECK(certificate_findings(two_backends(second_backend("s"))) ==
              Codes{"info X-SECRET-MISSING Deployment ns/a",
                    "warning X-COALESCE VirtualService ns/vs",
                    "info X-SECRET-MISSING Deployment ns/b"});
    }
    SECTION("but not with one each") {
        CHECK(certificate_findings(two_backends(a + b + second_backend("t"))).empty());
    }
    SECTION("and not where one backend speaks HTTP/1.1 only") {
        CHECK(certificate_findings(two_backends(both + second_backend("s", kGunicorn))).empty());
        CHECK(certificate_findings(two_backends(both + second_backend("s"), kGunicorn)).empty());
    }
    SECTION("and not for two names of one backend") {
        Lab lab = serving(both);
        lab.server_hosts = lab.hosts = "a.example.com, b.example.com";
        lab.match = "sniHosts: [a.example.com, b.example.com]";
        CHECK(certificate_findings(lab).empty());
    }
}

TEST_CASE("a gateway's own Secret must be there, whole and of today", "[analyze]") {
    const auto simple = [](const std::string& more) {
        return certificate_findings(
            {.tls = "tls: {mode: SIMPLE, credentialName: g}", .more = more});
    };
    const auto of_gateway = [](const Codes& findings) {
        Codes codes;
        for (const std::string& line : findings) {
            if (line.contains(" IST01") && line.ends_with("Gateway ns/gw")) codes.push_back(line);
        }
        return codes;
    };
    const certs::CertBundle own = certificate({"a.example.com"});
    const Codes bad{"error IST0161 Gateway ns/gw"};
    CHECK(of_gateway(simple(secret(own, "g", "istio-system"))).empty());
    CHECK(of_gateway(simple(secret(own, "g", "ns"))) == Codes{"error IST0101 Gateway ns/gw"});
    CHECK(of_gateway(simple(secret(certificate({"a.example.com"}, false, -48h, -24h), "g",
                                   "istio-system"))) == bad);
    CHECK(of_gateway(simple(test::tls_secret("g", "istio-system", own.cert_pem, "key"))) == bad);
    CHECK(of_gateway(simple(test::document("v1", "Secret", "g", "stringData: {tls.crt: c}",
                                           "istio-system"))) == bad);
    CHECK(of_gateway(
              simple(test::document("v1", "Secret", "g",
                                    "data: {cert: " + to_base64(as_bytes(own.cert_pem)) +
                                        ", key: " + to_base64(as_bytes(own.key.reveal())) + "}",
                                    "istio-system")))
              .empty());
}

}  // namespace analyze_certificates_test
