#include "certs/issue.h"

#include "certs/inspect.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"

namespace sni::certs {
namespace {

using namespace std::chrono_literals;

CertFacts facts_of_pem(const std::string& pem) {
    const auto all = inspect(pem);
    REQUIRE(all.has_value());
    REQUIRE(all->size() == 1);
    return all->front();
}

TEST_CASE("the first name is the CN, and every name is a SAN", "[certs]") {
    CertRequest request = test::request_for(
        {"httpbin.example.com", "*.example.com", "127.0.0.1", "0:0:0:0:0:0:0:1", "UPPER.Example"});
    request.organization = "myorg";
    const CertFacts facts = facts_of_pem(issue(request).cert_pem);

    CHECK(facts.subject == "CN=httpbin.example.com, O=myorg");
    CHECK(facts.issuer == facts.subject);
    CHECK(facts.common_name == "httpbin.example.com");
    CHECK(facts.dns_names ==
          std::vector<std::string>{"httpbin.example.com", "*.example.com", "upper.example"});
    CHECK(facts.ip_addresses == std::vector<std::string>{"127.0.0.1", "::1"});
    CHECK(facts.not_before == request.not_before);
    CHECK(facts.not_after == request.not_after);
    CHECK(facts.self_signed);
    CHECK_FALSE(facts.authority);
}

TEST_CASE("every kind of key makes a pair that fits", "[certs]") {
    const auto [type, text] = GENERATE(table<KeyType, std::string>({
        {KeyType::rsa_2048, "RSA 2048"},
        {KeyType::rsa_3072, "RSA 3072"},
        {KeyType::rsa_4096, "RSA 4096"},
        {KeyType::ec_p256, "EC P-256"},
        {KeyType::ec_p384, "EC P-384"},
        {KeyType::ed25519, "Ed25519"},
    }));
    CertRequest request = test::request_for({"a.example"});
    request.key = type;
    const CertBundle bundle = issue(request);

    CHECK(facts_of_pem(bundle.cert_pem).key == text);
    CHECK(bundle.key.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
    CHECK(check_pair(bundle.cert_pem, bundle.key).has_value());
    CHECK_FALSE(check_pair(bundle.cert_pem, issue(request).key).has_value());
}

TEST_CASE("two certificates of one request share neither key nor serial number", "[certs]") {
    const CertRequest request = test::request_for({"a.example"});
    const CertFacts first = facts_of_pem(issue(request).cert_pem);
    const CertFacts second = facts_of_pem(issue(request).cert_pem);
    CHECK(first.sha256 != second.sha256);
    CHECK(first.spki_sha256 != second.spki_sha256);
}

TEST_CASE("dates on both sides of 2050 survive their two encodings", "[certs]") {
    CertRequest request = test::request_for({"a.example"});
    request.not_before =
        std::chrono::sys_days{std::chrono::year{2049} / 12 / 31} + 23h + 59min + 59s;
    request.not_after = std::chrono::sys_days{std::chrono::year{2050} / 1 / 1} + 1s;
    const CertFacts facts = facts_of_pem(issue(request).cert_pem);
    CHECK(to_string(facts.not_before) == "2049-12-31T23:59:59Z");
    CHECK(to_string(facts.not_after) == "2050-01-01T00:00:01Z");
}

TEST_CASE("a name too long for a CN stands in the SAN alone", "[certs]") {
    const std::string label(50, 'a');
    const std::string longest = label + "." + label + ".example";  // 109 bytes
    const CertFacts facts = facts_of_pem(issue(test::request_for({longest})).cert_pem);
    CHECK(facts.subject == "O=sni-lab");  // its own issuer must have a name (RFC 5280 §4.1.2.4)
    CHECK(facts.dns_names == std::vector<std::string>{longest});
    CHECK(match_name(facts, longest) == NameMatch::covered);

    const CertBundle authority = test::lab_authority();
    const CertFacts signed_leaf =
        facts_of_pem(issue(test::request_for({longest}), &authority).cert_pem);
    CHECK(signed_leaf.subject.empty());
    CHECK(signed_leaf.issuer == "CN=test CA");

    CHECK(fits_common_name(std::string(64, 'a')));
    CHECK_FALSE(fits_common_name(std::string(65, 'a')));
}

TEST_CASE("a lab CA signs leaves of any key type", "[certs]") {
    const CertBundle authority = test::lab_authority();
    const CertFacts root = facts_of_pem(authority.cert_pem);
    CHECK(root.authority);
    CHECK(root.subject == "CN=test CA");
    CHECK(root.dns_names.empty());

    CertRequest request = test::request_for({"a.example"});
    request.key = GENERATE(KeyType::rsa_2048, KeyType::ec_p384, KeyType::ed25519);
    const CertBundle leaf = issue(request, &authority);
    CHECK(leaf.issuer_pem == authority.cert_pem);
    const CertFacts facts = facts_of_pem(leaf.cert_pem);
    CHECK(facts.issuer == "CN=test CA");
    CHECK_FALSE(facts.self_signed);
    CHECK_FALSE(facts.authority);
    CHECK(inspect(leaf.chain_pem())->size() == 2);
}

TEST_CASE("names that a certificate can carry", "[certs]") {
    const std::string name = GENERATE(as<std::string>{}, "a.example", "*.example.com", "localhost",
                                      "10.0.0.1", "::1", "2001:db8::5", "_dmarc.example.com", "1.a",
                                      "xn--bcher-kva.example", "HTTPBIN.example.com");
    CAPTURE(name);
    CHECK(check_name(name) == std::nullopt);
}

TEST_CASE("names that a certificate cannot carry, and why", "[certs]") {
    const auto [name, why] = GENERATE(table<std::string, std::string>({
        {"", "a name is empty"},
        {"*", "\"*\" covers nothing in a certificate; write *.example.com"},
        {"*.", "a name is empty"},
        {"a.example.", "\"a.example.\" ends in a dot; leave it out"},
        {"[::1]", "\"[::1]\" is no IP address; give names without port and brackets"},
        {"a.example:443",
         "\"a.example:443\" is no IP address; give names without port and brackets"},
        {"1.2.3.256", "\"1.2.3.256\" ends in a number and is no IPv4 address"},
        {"1.2.3", "\"1.2.3\" ends in a number and is no IPv4 address"},
        {"*.10.0.0.1", "\"*.10.0.0.1\" is a wildcard before an IP address"},
        {std::string("127.0.0.1\0.evil", 15),
         "\"127.0.0.1\\x00.evil\" has a character no host name has; letters, digits, '-', '_' and "
         "'.' may stand in one, and * only at the front, as in *.example.com"},
    }));
    CAPTURE(name);
    CHECK(check_name(name) == why);
}

TEST_CASE("no character that OpenSSL's configuration syntax knows gets into a name", "[certs]") {
    const std::string name = GENERATE(
        as<std::string>{}, "a.example,DNS:b.example", "a.example,@alt_names", "a b.example",
        "a\n.example", "a\x1b[31m.example",
        "b\xc3\xbc"
        "cher.example",
        "a/b", "a.*.example", "**.example", "x*.example", "-a.example", "a..example", ".example");
    CAPTURE(name);
    CHECK(check_name(name).has_value());
}

TEST_CASE("an organization is free text without control characters", "[certs]") {
    CHECK(check_organization("") == std::nullopt);
    CHECK(check_organization("my org, Inc. \xc3\x9c") == std::nullopt);
    CHECK(check_organization(std::string(64, 'o')) == std::nullopt);
    CHECK(check_organization(std::string(65, 'o')).has_value());
    CHECK(check_organization("a\nb") == "\"a\\x0ab\" has a control character or is not UTF-8");
    CHECK(check_organization("\xff").has_value());
}

TEST_CASE("an organization with separators is shown escaped and in one piece", "[certs]") {
    CertRequest request = test::request_for({"a.example"});
    request.organization = "my, org+CN=evil \xc3\x9c";
    const CertFacts facts = facts_of_pem(issue(request).cert_pem);
    CHECK(facts.common_name == "a.example");
    CHECK(facts.subject == "CN=a.example, O=\"my, org+CN=evil \xc3\x9c\"");
}

}  // namespace
}  // namespace sni::certs
