#include "certs/inspect.h"

#include "certs/digest.h"
#include "certs/inspect_pair.h"
#include "certs/pem.h"
#include "lab/core/encoding.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"

namespace sni::certs {
namespace {

std::string complaint(const std::string& pem) {
    const auto result = inspect(pem);
    REQUIRE_FALSE(result.has_value());
    return result.error();
}

std::string complaint(const std::string& cert_pem, const std::string& key_pem) {
    const auto result = check_pair(cert_pem, KeyPem(key_pem));
    REQUIRE_FALSE(result.has_value());
    return result.error();
}

/// `pem` with one base64 character in the middle of its body replaced.
std::string damaged(std::string pem) {
    char& victim = pem[pem.size() / 2];
    victim = victim == '!' ? '?' : '!';
    return pem;
}

TEST_CASE("SHA-256 of the empty text and of abc are those of FIPS 180-4", "[certs]") {
    CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256(as_bytes("abc"))) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a chain is read leaf first, whatever stands between its blocks", "[certs]") {
    const CertBundle authority = test::lab_authority();
    const CertBundle leaf = issue(test::request_for({"a.example"}), &authority);
    const auto chain = inspect("a comment\n" + leaf.cert_pem + "\r\n" + leaf.key.reveal() +
                               "another\n" + leaf.issuer_pem);
    REQUIRE(chain.has_value());
    REQUIRE(chain->size() == 2);
    CHECK(chain->front().common_name == "a.example");
    CHECK(chain->back().common_name == "test CA");
}

TEST_CASE("what is no certificate is called by its name", "[certs]") {
    const CertBundle bundle = issue(test::request_for({"a.example"}));
    CHECK(complaint("") == "the file is empty");
    CHECK(complaint("hello\n") == "there is no certificate in PEM form in it");
    CHECK(complaint(std::string("\0\xff\x80", 3)) == "there is no certificate in PEM form in it");
    CHECK(complaint(bundle.key.reveal()) == "this is a private key, not a certificate");
    CHECK(complaint("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n") ==
          "this is a public key, not a certificate");
}

TEST_CASE("what is in another form than PEM is named, with the command that makes PEM of it",
          "[certs]") {
    const CertBundle bundle = issue(test::request_for({"a.example"}));
    const X509Ptr leaf = std::move(read_certificates(bundle.cert_pem).value().front());
    const PkeyPtr key = std::move(read_private_key(bundle.key).value());
    const Pkcs12Ptr store(
        PKCS12_create("secret", "a", key.get(), leaf.get(), nullptr, 0, 0, 0, 0, 0));
    const auto der = [](auto* i2d, auto* object) {
        std::string bytes(static_cast<std::size_t>(i2d(object, nullptr)), '\0');
        auto* at = reinterpret_cast<unsigned char*>(bytes.data());
        i2d(object, &at);
        return bytes;
    };
    const std::pair<std::string, const char*> rows[] = {
        {der(i2d_X509, leaf.get()), "a certificate in DER form; openssl x509 -in FILE -out NEW"},
        {der(i2d_PrivateKey, key.get()), "a private key in DER form; openssl pkey -in FILE"},
        {der(i2d_PKCS12, store.get()), "PKCS#12; openssl pkcs12 -in FILE -nodes -out NEW"},
    };
    for (const auto& [bytes, what] : rows) {
        CHECK_THAT(complaint(bytes), test::StartsWith(std::string("this is ") + what));
        CHECK_THAT(read_private_key(KeyPem(bytes)).error(),
                   test::StartsWith(std::string("this is ") + what));
    }
}

TEST_CASE("a broken certificate is an error wherever it is broken", "[certs]") {
    const std::string pem = issue(test::request_for({"a.example"})).cert_pem;
    CHECK_THAT(complaint(damaged(pem)), test::StartsWith("certificate 1 in it is broken: "));
    CHECK_THAT(complaint(pem + damaged(pem)), test::StartsWith("certificate 2 in it is broken: "));
    CHECK_THAT(complaint(pem.substr(0, pem.size() / 2)),
               test::StartsWith("certificate 1 in it is broken: "));
    CHECK_THAT(complaint("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
               test::StartsWith("certificate 1 in it is broken: "));
}

TEST_CASE("a PEM cut at any byte is either whole or refused", "[certs]") {
    const CertBundle bundle = issue(test::request_for({"a.example"}));
    const std::string& pem = bundle.cert_pem;
    const std::size_t whole = pem.size() - 1;  // the last line break may be missing
    for (std::size_t cut = 0; cut < whole; ++cut) {
        CAPTURE(cut);
        CHECK_FALSE(inspect(pem.substr(0, cut)).has_value());
        if (cut < bundle.key.reveal().size() - 1) {
            CHECK_FALSE(check_pair(pem, KeyPem(bundle.key.reveal().substr(0, cut))).has_value());
        }
    }
    CHECK(inspect(pem.substr(0, whole)).has_value());
}

TEST_CASE("a pair that does not fit says which half is to blame", "[certs]") {
    const CertBundle bundle = issue(test::request_for({"a.example"}));
    const CertBundle other = issue(test::request_for({"a.example"}));
    const std::string& key = bundle.key.reveal();
    CHECK(check_pair(bundle.cert_pem, bundle.key).has_value());
    CHECK(complaint(bundle.cert_pem, other.key.reveal()) ==
          "the private key belongs to another certificate");
    CHECK(complaint(bundle.cert_pem, "") == "the file is empty");
    CHECK(complaint(bundle.cert_pem, bundle.cert_pem) ==
          "this is a certificate, not a private key");
    CHECK(complaint(key, key) == "this is a private key, not a certificate");
    CHECK_THAT(complaint(bundle.cert_pem, damaged(key)),
               test::StartsWith("the private key is broken"));
    CHECK_THAT(complaint(bundle.cert_pem, "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
               test::Contains("ssh-keygen -p -m PKCS8"));
}

TEST_CASE("key and certificate may lie in one file", "[certs]") {
    const CertBundle bundle = issue(test::request_for({"a.example"}));
    const std::string both = bundle.key.reveal() + bundle.cert_pem;
    CHECK(check_pair(both, KeyPem(both)).has_value());
}

TEST_CASE("a chain in the wrong order is told as that", "[certs]") {
    const CertBundle authority = test::lab_authority();
    const CertBundle leaf = issue(test::request_for({"a.example"}), &authority);
    CHECK(complaint(authority.cert_pem + leaf.cert_pem, leaf.key.reveal()) ==
          "the private key belongs to certificate 2 of 2: the leaf must stand first, and behind it "
          "whoever signed it");
    CHECK(check_pair(leaf.cert_pem + authority.cert_pem, leaf.key).has_value());
}

TEST_CASE("of a Secret's certificates, the one that the key belongs to is told", "[certs]") {
    const CertBundle authority = test::lab_authority();
    const CertBundle leaf = issue(test::request_for({"a.example"}), &authority);
    const std::string& key = leaf.key.reveal();
    CHECK(inspect_pair(leaf.cert_pem + authority.cert_pem, key).fits == 0);
    CHECK_FALSE(inspect_pair(leaf.cert_pem + authority.cert_pem, key).mismatch);
    CHECK(inspect_pair(authority.cert_pem, key).fits == std::nullopt);
    CHECK(inspect_pair(authority.cert_pem, key).mismatch);
    // Words between certificates are no certificate, whatever they say.
    const CertPair pair = inspect_pair(
        "made as # -----BEGIN CERTIFICATE----- asks\n" + authority.cert_pem + leaf.cert_pem, key);
    CHECK(pair.mismatch);
    CHECK(pair.fits == 1);
    CHECK_FALSE(inspect_pair("", key).mismatch);
    CHECK_FALSE(inspect_pair(leaf.cert_pem, "").mismatch);
}

TEST_CASE("a key of another type does not fit either", "[certs]") {
    CertRequest request = test::request_for({"a.example"});
    const CertBundle ec = issue(request);
    request.key = KeyType::ed25519;
    CHECK(complaint(ec.cert_pem, issue(request).key.reveal()) ==
          "the private key belongs to another certificate");
}

}  // namespace
}  // namespace sni::certs
