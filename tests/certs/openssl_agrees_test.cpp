// What the openssl command line says about what is issued here.
#include <algorithm>
#include <regex>
#include <sstream>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "certs/issue.h"
#include "certs/store.h"
#include "lab/core/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace sni::certs {
namespace {

using test::Finished;
using test::run_program;

Finished openssl(std::vector<std::string> args, std::string_view input = {}) {
    args.insert(args.begin(), "openssl");
    return run_program(args, input);
}

TEST_CASE("openssl prints the fingerprint, dates and names that we do", "[certs]") {
    CertRequest request =
        test::request_for({"httpbin.example.com", "*.example.com", "10.0.0.1", "::1"});
    request.organization = "myorg";
    request.key = GENERATE(KeyType::rsa_2048, KeyType::ec_p256, KeyType::ec_p384, KeyType::ed25519);
    const CertBundle bundle = issue(request);
    const CertFacts facts = inspect(bundle.cert_pem)->front();

    CHECK(openssl({"x509", "-noout", "-fingerprint", "-sha256"}, bundle.cert_pem).out ==
          "sha256 Fingerprint=" + to_fingerprint(facts.sha256) + "\n");
    CHECK(openssl({"x509", "-noout", "-dates", "-dateopt", "iso_8601"}, bundle.cert_pem).out ==
          [&] {
              std::string text = "notBefore=" + to_string(facts.not_before) +
                                 "\nnotAfter=" + to_string(facts.not_after) + "\n";
              std::ranges::replace(text, 'T', ' ');
              return text;
          }());
    CHECK(openssl({"x509", "-noout", "-subject", "-nameopt", "sep_comma_plus_space,sname"},
                  bundle.cert_pem)
              .out == "subject=CN=httpbin.example.com, O=myorg\n");

    const std::string text = openssl({"x509", "-noout", "-text"}, bundle.cert_pem).out;
    CHECK_THAT(text, test::Contains("DNS:httpbin.example.com, DNS:*.example.com, IP "
                                    "Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1"));
    CHECK_THAT(text, test::Contains("Version: 3 (0x2)"));
    CHECK_THAT(text,
               test::Contains("X509v3 Basic Constraints: critical\n                CA:FALSE"));
    CHECK_THAT(text, test::Contains("TLS Web Server Authentication"));
    CHECK_THAT(text, test::Contains("X509v3 Subject Key Identifier"));
    CHECK_THAT(text, test::Contains("X509v3 Authority Key Identifier"));
    const bool rsa = request.key == KeyType::rsa_2048;
    CHECK_THAT(text, test::Contains(rsa ? "Digital Signature, Key Encipherment\n"
                                        : "Digital Signature\n"));

    const std::string spki = openssl({"x509", "-noout", "-pubkey"}, bundle.cert_pem).out;
    CHECK(openssl({"pkey", "-pubout"}, bundle.key.reveal()).out == spki);
}

TEST_CASE("openssl finds every private key sound", "[certs]") {
    CertRequest request = test::request_for({"a.example"});
    request.key = GENERATE(KeyType::rsa_2048, KeyType::rsa_3072, KeyType::ec_p256, KeyType::ec_p384,
                           KeyType::ed25519);
    const Finished checked = openssl({"pkey", "-noout", "-check"}, issue(request).key.reveal());
    CHECK(checked.status == 0);
    CHECK(checked.out + checked.err == "Key is valid\n");
}

TEST_CASE("openssl verifies self-signed and CA-signed certificates, strictly", "[certs]") {
    const test::TempFolder folder;
    const CertBundle authority = test::lab_authority();
    CertRequest request = test::request_for({"a.example", "10.0.0.1"});
    request.purpose = GENERATE(Purpose::server, Purpose::client);
    const bool self_signed = GENERATE(true, false);
    const CertBundle leaf = issue(request, self_signed ? nullptr : &authority);
    test::spill(folder / "leaf", leaf.cert_pem);
    test::spill(folder / "trusted", self_signed ? leaf.cert_pem : leaf.issuer_pem);
    test::spill(folder / "stranger", test::lab_authority().cert_pem);

    const auto verify = [&](const std::string& trusted, const std::string& purpose,
                            const std::vector<std::string>& more) {
        std::vector<std::string> args = {"verify", "-x509_strict", "-purpose",
                                         purpose,  "-CAfile",      (folder / trusted).native()};
        args.insert(args.end(), more.begin(), more.end());
        args.push_back((folder / "leaf").native());
        const Finished finished = openssl(args);
        UNSCOPED_INFO(finished.out << finished.err);
        return finished.status;
    };
    const bool client = request.purpose == Purpose::client;
    const std::string purpose = client ? "sslclient" : "sslserver";
    CHECK(verify("trusted", purpose, {"-verify_hostname", "a.example"}) == 0);
    CHECK(verify("trusted", purpose, {"-verify_ip", "10.0.0.1"}) == 0);
    CHECK(verify("trusted", purpose, {"-verify_hostname", "b.example"}) != 0);
    CHECK(verify("trusted", client ? "sslserver" : "sslclient", {}) != 0);
    CHECK(verify("stranger", purpose, {}) != 0);
}

TEST_CASE("a name too long for a CN is found in the SAN by openssl", "[certs]") {
    const test::TempFolder folder;
    const std::string name = std::string(60, 'a') + "." + std::string(60, 'b') + ".example";
    const CertBundle authority = test::lab_authority();
    const bool self_signed = GENERATE(true, false);
    const CertBundle bundle = issue(test::request_for({name}), self_signed ? nullptr : &authority);
    test::spill(folder / "leaf", bundle.cert_pem);
    test::spill(folder / "trusted", self_signed ? bundle.cert_pem : authority.cert_pem);
    CHECK(openssl({"verify", "-x509_strict", "-verify_hostname", name, "-CAfile",
                   (folder / "trusted").native(), (folder / "leaf").native()})
              .status == 0);
    // Where there is no subject the names must not be overlooked.
    const std::string text = openssl({"x509", "-noout", "-text"}, bundle.cert_pem).out;
    CHECK(text.contains("X509v3 Subject Alternative Name: critical") == !self_signed);
}

/// `openssl x509 -text` without its lines of hex, which are random, and with the dates masked.
std::string anatomy(const std::string& pem) {
    static const std::regex kHex("\\s+([0-9A-Fa-f]{2}:)*[0-9A-Fa-f]{2}:?");
    static const std::regex kDate("(\\s+Not (Before|After ?)): .*");
    std::istringstream lines(openssl({"x509", "-noout", "-text"}, pem).out);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
        if (!std::regex_match(line, kHex)) text += std::regex_replace(line, kDate, "$1") + "\n";
    }
    return text;
}

TEST_CASE("the flag --cn-only makes the certificate that the tutorial's openssl line makes",
          "[certs]") {
    const test::TempFolder folder;
    const Finished tutorial =
        openssl({"req", "-x509", "-nodes", "-days", "365", "-newkey", "rsa:2048", "-subj",
                 "/CN=httpbin.example.com/O=myorg", "-keyout", (folder / "key").native(), "-out",
                 (folder / "crt").native()});
    REQUIRE(tutorial.status == 0);
    CertRequest request = test::request_for({"httpbin.example.com"});
    request.organization = "myorg";
    request.key = KeyType::rsa_2048;
    request.cn_only = true;
    const CertBundle bundle = issue(request);

    CHECK(anatomy(bundle.cert_pem) == anatomy(test::slurp(folder / "crt")));
    const CertFacts facts = inspect(bundle.cert_pem)->front();
    CHECK(facts.authority);
    CHECK(facts.dns_names.empty());
    CHECK(match_name(facts, "httpbin.example.com") == NameMatch::common_name_only);
}

TEST_CASE("certificates of openssl's own making are read", "[certs]") {
    const test::TempFolder folder;
    const std::string key = (folder / "key").native();
    const std::string crt = (folder / "crt").native();
    const Finished made = openssl(
        {"req", "-x509", "-nodes", "-days", "1", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:secp521r1", "-utf8", "-subj", "/O=Z\xc3\xbcrich, AG/CN=first/CN=\\\\x",
         "-addext", "subjectAltName=DNS:a.example,IP:::1,URI:https://b.example,email:a@b.example",
         "-keyout", key, "-out", crt});
    CAPTURE(made.err);
    REQUIRE(made.status == 0);
    const CertFacts facts = inspect(test::slurp(crt))->front();
    CHECK(facts.subject == "O=\"Z\xc3\xbcrich, AG\", CN=first, CN=\\\\x");
    CHECK(facts.common_name == "\\x");
    CHECK(facts.dns_names == std::vector<std::string>{"a.example"});
    CHECK(facts.ip_addresses == std::vector<std::string>{"::1"});
    CHECK(facts.key == "EC P-521");
    CHECK(check_pair(test::slurp(crt), KeyPem(test::slurp(key))).has_value());

    const Finished locked = openssl({"pkey", "-in", key, "-aes128", "-passout", "pass:secret"});
    REQUIRE(locked.status == 0);
    CHECK(
        check_pair(test::slurp(crt), KeyPem(locked.out)).error() ==
        "the private key is encrypted; take the password off with openssl pkey -in FILE -out NEW");
    const Finished old_style = openssl({"ec", "-in", key, "-aes128", "-passout", "pass:secret"});
    REQUIRE(old_style.status == 0);
    CHECK_THAT(check_pair(test::slurp(crt), KeyPem(old_style.out)).error(),
               test::StartsWith("the private key is encrypted"));
}

TEST_CASE("a certificate that lasts until 9999 is read", "[certs]") {
    const test::TempFolder folder;
    const std::string days =
        std::to_string((std::chrono::sys_days{std::chrono::year{9999} / 12 / 30} -
                        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()))
                           .count());
    const Finished made = openssl({"req", "-x509", "-nodes", "-days", days, "-newkey", "ed25519",
                                   "-subj", "/CN=a", "-keyout", (folder / "key").native()});
    REQUIRE(made.status == 0);
    const CertFacts facts = inspect(made.out)->front();
    const std::chrono::year_month_day last(std::chrono::floor<std::chrono::days>(facts.not_after));
    CHECK(last.year() == std::chrono::year(9999));
    CHECK(match_dates(facts, wall_clock() + std::chrono::seconds(5)) == Dates::valid);
}

}  // namespace
}  // namespace sni::certs
