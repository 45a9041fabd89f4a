#include "lab/client/observe.h"

#include "certs/clock.h"
#include "lab/backend/backend.h"
#include "lab/client/tls_client.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/temp_folder.h"

namespace client_observe_test {

using namespace sni;
using namespace sni::client;
using proof::Verdict;

namespace {

/// A backend, and what a verifier knows of it.
struct Site : test::KnownBackend {
    proof::Check verdict(const Endpoint& gateway, const certs::IdentityPublicKey& expected) const {
        const auto evidence = observe({.gateway = gateway, .sni = "httpbin.example.com"}, expected);
        return proof::judge(evidence,
                            {.identity_key_id = expected.key_id(),
                             .status = 418,
                             .backend = "pod-1",
                             .now = wall_clock()},
                            "site");
    }
    Verdict verdict(const Endpoint& gateway) const {
        return verdict(gateway, identity.public_key()).verdict;
    }
};

}  // namespace

TEST_CASE("a backend that is reached directly is proven", "[client]") {
    const Site site;
    CHECK(site.verdict(site.backend.listening()) == Verdict::proven);
}

TEST_CASE("a gateway with the backend's own certificate and key is caught", "[client]") {
    const Site site;
    const gateways::CheatingGateway gateway({.backend = site.backend.listening(),
                                             .chain_pem = test::lab_certificate().chain_pem(),
                                             .key = test::lab_certificate().key});
    const proof::Check check = site.verdict(gateway.listening(), site.identity.public_key());
    CHECK(check.verdict == Verdict::terminated);
    CHECK(check.seen.client_exporter_sha256 != check.seen.backend_exporter_sha256);
    CHECK(site.verdict(site.backend.listening()) == Verdict::proven);
}

TEST_CASE("a TLS key that is the identity signs nothing that counts", "[client]") {
    certs::CertRequest request = test::certificate_request({"httpbin.example.com"});
    request.key = certs::KeyType::ed25519;
    const certs::CertBundle pair = certs::issue(request);
    const test::TempFolder folder;
    test::spill(folder / "tls.key", pair.key.reveal());
    const auto identity = certs::Identity::load_or_make(folder / "tls.key");

    backend::Options options = test::backend_options();
    options.chain_pem = pair.chain_pem();
    options.key = pair.key;
    options.identity = identity;
    CHECK(test::refusal_of([&] { const backend::Backend refused{options}; }).message ==
          "the identity is the key of a certificate that is served");

    // Nor may a reload bring such a certificate.
    options.chain_pem = test::lab_certificate().chain_pem();
    options.key = test::lab_certificate().key;
    backend::Backend honest{options};
    CHECK(test::refusal_of([&] { honest.reload(pair.chain_pem(), pair.key); }).message ==
          "the identity is the key of a certificate that is served");

    // A gateway that holds the certificate's key, and no backend of ours behind it.
    options.chain_pem = pair.chain_pem();
    options.key = pair.key;
    options.identity = std::nullopt;
    const backend::Backend forger{options};
    const proof::Evidence seen = observe(
        {.gateway = forger.listening(), .sni = "httpbin.example.com"}, identity.public_key());
    CHECK(seen.identity_served);
    // Nor does a saved proof of it count, whatever the file says.
    proof::Evidence saved = seen;
    saved.identity_served = false;
    const auto again = client::read_again(saved, identity.public_key());
    REQUIRE(again);
    CHECK(again->identity_served);
}

TEST_CASE("another identity than the expected one is a report altered", "[client]") {
    const Site site;
    const certs::Identity other = certs::Identity::make();
    CHECK(site.verdict(site.backend.listening(), other.public_key()).verdict ==
          Verdict::report_altered);
}

TEST_CASE("a backend without identity gives no statement, which is no pass", "[client]") {
    backend::Options options = test::backend_options();
    options.identity = std::nullopt;
    const backend::Backend backend(std::move(options));
    const Site site;
    CHECK(site.verdict(backend.listening()) == Verdict::inconclusive);
}

TEST_CASE("one altered byte anywhere in the signed document spoils the signature", "[client]") {
    const certs::Identity identity = certs::Identity::make();
    const std::string document = proof::encode(proof::Statement{.backend = "b", .peer = "p"});
    const std::string message = proof::signed_bytes(document);
    const proof::Envelope envelope{document, identity.sign(as_bytes(message))};
    REQUIRE(std::holds_alternative<proof::Statement>(
        read_proof(proof::encode(envelope), identity.public_key())));
    for (std::size_t at = 0; at < document.size(); ++at) {
        proof::Envelope altered = envelope;
        altered.document[at] = static_cast<char>(altered.document[at] ^ 1);
        CHECK(std::holds_alternative<proof::BadSignature>(
            read_proof(proof::encode(altered), identity.public_key())));
    }
    for (std::size_t at = 0; at < envelope.signature.size(); ++at) {
        proof::Envelope altered = envelope;
        altered.signature[at] ^= std::byte{1};
        CHECK(std::holds_alternative<proof::BadSignature>(
            read_proof(proof::encode(altered), identity.public_key())));
    }
}

TEST_CASE("both ends of one session read the same facts, on TLS 1.2 as on 1.3", "[client]") {
    const Site site;
    const auto only = GENERATE(TlsVersion::tls_1_2, TlsVersion::tls_1_3);
    auto connection = TlsConnection::open(
        {.to = site.backend.listening(), .sni = "httpbin.example.com", .offer = {.only = only}});
    REQUIRE(connection.has_value());
    const auto answer = connection->get("/.well-known/sni-lab/proof?nonce=" + std::string(64, 'a'),
                                        "httpbin.example.com");
    REQUIRE(answer.has_value());
    const auto said = read_proof(answer->body, site.identity.public_key());
    const auto* statement = std::get_if<proof::Statement>(&said);
    REQUIRE(statement);
    CHECK(statement->tls == connection->tls());
    CHECK(connection->tls().version == (only == TlsVersion::tls_1_2 ? "TLSv1.2" : "TLSv1.3"));
    proof::Nonce nonce;
    nonce.fill(std::byte{0xaa});
    CHECK(statement->exporter_sha256 == connection->exporter_sha256(nonce));
}

TEST_CASE("a chain leads to the certificate itself, to its issuer, and to nobody else",
          "[client]") {
    const Site site;
    auto connection =
        TlsConnection::open({.to = site.backend.listening(), .sni = "httpbin.example.com"});
    REQUIRE(connection.has_value());
    CHECK(connection->chain_error(test::lab_certificate().cert_pem).empty());
    CHECK_FALSE(connection->chain_error(test::client_certificates().first.cert_pem).empty());
    CHECK_FALSE(connection->chain_error("").empty());
}

TEST_CASE("nobody at the address, and somebody who is silent, are told apart", "[client]") {
    Endpoint nobody;
    {
        const Site site;
        nobody = site.backend.listening();
    }
    const auto refused = TlsConnection::open({.to = nobody});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().stage == proof::Stage::connect);
    CHECK(refused.error().how == proof::Break::refused);
}

}  // namespace client_observe_test
