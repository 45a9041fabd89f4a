// What a certificate, a key and the flags about TLS come to, told before the first client comes.

#include <nlohmann/json.hpp>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "certs/clock.h"
#include "certs/openssl.h"
#include "lab/backend/backend.h"
#include "lab/backend/check_options.h"
#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tls_client.h"

namespace backend_tls_policy_test {

using namespace sni;

namespace {

/// What a backend with these options says instead of beginning; empty when it would begin.
std::string refusal(const backend::Options& options, std::string_view code) {
    try {
        backend::check_options(options);
    } catch (const Failure& failure) {
        const Diagnostic& first = failure.diagnostics().front();
        CHECK(failure.exit() == Exit::usage);
        CHECK(first.code == code);
        return first.message + ": " + first.why;
    }
    return {};
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

/// A self-signed certificate with a key on this curve.
backend::Options with_curve(const char* curve) {
    const certs::Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen(curve));
    const certs::Owned<X509, X509_free> certificate(X509_new());
    X509* const x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 7);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("a.example.com"), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    X509_sign(x509, key.get(), EVP_sha256());
    const certs::Owned<BIO, BIO_vfree> cert_pem(BIO_new(BIO_s_mem()));
    const certs::Owned<BIO, BIO_vfree> key_pem(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(cert_pem.get(), x509);
    PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    backend::Options options = test::backend_options();
    options.chain_pem = text_of(cert_pem.get());
    options.key = certs::KeyPem(text_of(key_pem.get()));
    return options;
}

backend::Options with_rsa() {
    static const certs::CertBundle bundle = [] {
        certs::CertRequest request = test::certificate_request({"httpbin.example.com"});
        request.key = certs::KeyType::rsa_2048;
        return certs::issue(request);
    }();
    backend::Options options = test::backend_options();
    options.chain_pem = bundle.chain_pem();
    options.key = bundle.key;
    return options;
}

}  // namespace

TEST_CASE("a suite with Diffie-Hellman that is asked for is served", "[backend]") {
    backend::Options options = with_rsa();
    options.ciphers = "DHE-RSA-AES128-GCM-SHA256";
    options.max_tls = backend::TlsVersion::v1_2;
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening(),
                           {.max_version = TLS1_2_VERSION, .ciphers = "DHE-RSA-AES128-GCM-SHA256"});
    CHECK(client.get("/uuid").status == 200);
    CHECK(std::string(SSL_get_cipher_name(client.ssl())) == "DHE-RSA-AES128-GCM-SHA256");
}

TEST_CASE("each name in a list of ciphers must be one", "[backend]") {
    backend::Options options = test::backend_options();
    const std::string good = "ECDHE-ECDSA-AES128-GCM-SHA256";
    for (const std::string& bad :
         std::vector<std::string>{good + ":TYPO", "TYPO:" + good, good + ":ECDHE+TYPO",
                                  good + ":+TYPO", std::string("TYPO"), good + ":TLS_TYPO",
                                  good + ",TYPO", good + " TYPO", good + ", TYPO"}) {
        CAPTURE(bad);
        options.ciphers = bad;
        CHECK(refusal(options, code::kBackendPolicy).find("TYPO") != std::string::npos);
    }
    for (const std::string& fine : std::vector<std::string>{
             good, "HIGH:!aNULL:!RC4:@STRENGTH", "ECDHE+AESGCM:-DHE:+SHA256", "DEFAULT@SECLEVEL=1",
             good + ":TLS_AES_128_GCM_SHA256", std::string("TLS_AES_128_CCM_SHA256"),
             good + ", TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384"}) {
        CAPTURE(fine);
        options.ciphers = fine;
        CHECK(refusal(options, "").empty());
    }
}

TEST_CASE("a list of ciphers for a version that is not served is refused", "[backend]") {
    backend::Options options = test::backend_options();
    SECTION("suites of TLS 1.3 below it") {
        options.ciphers = "TLS_AES_128_GCM_SHA256";
        options.max_tls = backend::TlsVersion::v1_2;
    }
    SECTION("suites of TLS 1.2 above it") {
        options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
        options.min_tls = backend::TlsVersion::v1_3;
    }
    CHECK(refusal(options, code::kBackendPolicy)
              .find("names no cipher of a version that is served") != std::string::npos);
    options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256";
    CHECK(refusal(options, "").empty());
}

TEST_CASE("a list that no client of TLS 1.2 could use is refused, served beside TLS 1.3 or not",
          "[backend]") {
    backend::Options options = with_rsa();
    options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    CHECK(refusal(options, code::kNoHandshake).find("no client of TLS 1.2") != std::string::npos);
    options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
    CHECK(refusal(options, "").empty());
    options = with_curve("P-256");
    CHECK(refusal(options, "").empty());
}

TEST_CASE("a backend with which no handshake could succeed does not begin", "[backend]") {
    backend::Options options = test::backend_options();
    SECTION("suites for another kind of key") {
        options.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
        options.max_tls = backend::TlsVersion::v1_2;
    }
    SECTION("a key on a curve that clients do not offer") {
        options = with_curve("secp256k1");
    }
    CHECK_FALSE(refusal(options, code::kNoHandshake).empty());
}

TEST_CASE("a backend with any usual key begins", "[backend]") {
    const std::string curve = GENERATE("P-256", "P-384", "P-521");
    CAPTURE(curve);
    CHECK(refusal(with_curve(curve.c_str()), "").empty());
    CHECK(refusal(with_rsa(), "").empty());
    backend::Options options = with_curve(curve.c_str());
    options.max_tls = backend::TlsVersion::v1_2;
    CHECK(refusal(options, "").empty());
    options.max_tls = options.min_tls = backend::TlsVersion::v1_3;
    CHECK(refusal(options, "").empty());
}

TEST_CASE("the handshake that is tried before writes no key log", "[backend]") {
    backend::Options options = test::backend_options();
    int lines = 0;
    options.key_log = [&](std::string_view) { ++lines; };
    backend::check_options(options);
    CHECK(lines == 0);
}

TEST_CASE("client CAs of which none is a root are refused before anybody is", "[backend]") {
    backend::Options options = test::backend_options();
    const auto& [root, issued] = test::client_certificates();
    options.client_cert = backend::ClientCert::required;
    options.client_ca_pem = issued.cert_pem;
    CHECK(refusal(options, code::kBackendClientCa).find("no root") != std::string::npos);
    options.client_ca_pem = issued.cert_pem + root.cert_pem;
    CHECK(refusal(options, "").empty());
}

TEST_CASE("a client CA that is out of date is warned of", "[backend]") {
    using std::chrono::days;
    const auto issued = [](days from, days to) {
        certs::CertRequest request = test::certificate_request({"lab client CA"});
        request.purpose = certs::Purpose::authority;
        request.not_before = wall_clock() + from;
        request.not_after = wall_clock() + to;
        return certs::issue(request).cert_pem;
    };
    backend::Options options = test::backend_options();
    options.client_cert = backend::ClientCert::required;
    options.client_ca_pem = issued(days(-1), days(1));
    CHECK(backend::check_options(options).empty());
    options.client_ca_pem =
        issued(days(-9), days(-1)) + *options.client_ca_pem + issued(days(1), days(2));
    const auto warnings = backend::check_options(options);
    REQUIRE(warnings.size() == 2);
    CHECK(warnings[0].level == Level::warning);
    CHECK(warnings[0].code == code::kBackendClientCa);
    CHECK(warnings[0].message == "the client CA \"CN=lab client CA, O=myorg\" has expired");
    CHECK(warnings[1].message == "the client CA \"CN=lab client CA, O=myorg\" is not valid yet");
    options.client_cert = backend::ClientCert::off;
    CHECK(backend::check_options(options).empty());
}

TEST_CASE("a handshake that fails leaves a line in the access log", "[backend]") {
    test::KeptLog log;
    backend::Options options = test::backend_options();
    options.min_tls = backend::TlsVersion::v1_3;
    options.access_log = log.writer();
    {
        backend::Backend server(std::move(options));
        CHECK_THROWS(test::TlsClient(server.listening(),
                                     {.sni = "old.example.com", .max_version = TLS1_2_VERSION}));
        test::TcpClient(server.listening()).send("GET / HTTP/1.1\r\n\r\n");
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    }
    const std::vector<std::string> lines = log.lines();
    REQUIRE(lines.size() == 3);
    // Whoever is refused may know before the line is written: the next client's may come first.
    const auto refused = std::ranges::find_if(
        lines, [](const std::string& line) { return line.contains("old.example.com"); });
    REQUIRE(refused != lines.end());
    const auto said = nlohmann::json::parse(*refused);
    CHECK(said.at("handshake") == "failed");
    CHECK(said.at("reason") == "unsupported protocol");
    CHECK(said.at("sni") == "old.example.com");
    CHECK(said.at("peer").get<std::string>().starts_with("127.0.0.1:"));
    CHECK(said.at("status") == 0);
    CHECK(said.at("method").is_null());
    CHECK(said.at("whole") == false);
}

}  // namespace backend_tls_policy_test
