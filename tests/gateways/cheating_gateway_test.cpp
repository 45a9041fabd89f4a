#include "lab/gateways/cheating_gateway.h"

#include <algorithm>

#include "certs/clock.h"
#include "certs/digest.h"
#include "certs/issue.h"
#include "lab/backend/backend.h"
#include "lab/client/observe.h"
#include "lab/proof/judge/judge.h"
#include "lab/tls/ja4.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace gateways_cheating_gateway_test {

using namespace sni;
using namespace sni::gateways;
using client::TlsVersion;
using proof::Verdict;

namespace {

/// A backend, and what a verifier knows of it.
struct Site : test::KnownBackend {
    Site()
        : KnownBackend([] {
              backend::Options options = test::backend_options();
              options.plain = loopback(0);
              return options;
          }()) {}

    CheatingOptions cheat() const {
        return {.backend = backend.listening(),
                .chain_pem = test::lab_certificate().chain_pem(),
                .key = test::lab_certificate().key};
    }

    proof::Check verdict(const CheatingGateway& gateway,
                         std::optional<TlsVersion> only = std::nullopt) const {
        const client::Probe probe{
            .gateway = gateway.listening(), .sni = "httpbin.example.com", .offer = {.only = only}};
        return judged(client::observe(probe, identity.public_key()));
    }

    proof::Check judged(const proof::Evidence& evidence) const {
        return proof::judge(evidence,
                            {.identity_key_id = identity.public_key().key_id(),
                             .status = 418,
                             .backend = "pod-1",
                             .now = wall_clock()},
                            "cheat");
    }
};

}  // namespace

TEST_CASE(
    "a gateway that goes on in plain text is caught by the backend's own word, and proven "
    "once it is honest",
    "[gateways]") {
    const Site site;
    CheatingOptions options = site.cheat();
    options.plain = site.backend.listening_plain();
    const proof::Check caught = site.verdict(CheatingGateway(options));
    CHECK(caught.verdict == Verdict::terminated);
    CHECK(std::ranges::count(caught.lines, "SL2306", &proof::Line::code) == 1);
    options.every = 0;
    CHECK(site.verdict(CheatingGateway(options)).verdict == Verdict::proven);
}

TEST_CASE("a gateway that forges the statement is caught on TLS 1.2 and 1.3, whatever it does",
          "[gateways]") {
    struct Row {
        Forgery forgery;
        Verdict verdict;
    };
    // What never reaches the client is missing, and what reaches it altered is never a statement.
    const Row rows[] = {
        {Forgery::none, Verdict::terminated},
        {Forgery::rewrite, Verdict::report_altered},
        {Forgery::resign, Verdict::report_altered},
        {Forgery::replay, Verdict::terminated},
        {Forgery::swap_nonce, Verdict::terminated},
        {Forgery::other_connection, Verdict::terminated},
        {Forgery::drop, Verdict::inconclusive},
        {Forgery::truncate, Verdict::inconclusive},
    };
    const Site site;
    for (const Row& row : rows) {
        for (const TlsVersion only : {TlsVersion::tls_1_2, TlsVersion::tls_1_3}) {
            CAPTURE(to_string(row.forgery), only == TlsVersion::tls_1_2);
            CheatingOptions options = site.cheat();
            options.forgery = row.forgery;
            CHECK(site.verdict(CheatingGateway(options), only).verdict == row.verdict);
            options.every = 0;
            CHECK(site.verdict(CheatingGateway(options), only).verdict == Verdict::proven);
        }
    }
}

TEST_CASE("a forger that rewrites the statement fools whoever does not check the signature",
          "[gateways]") {
    const Site site;
    CheatingOptions options = site.cheat();
    options.forgery = Forgery::rewrite;
    const CheatingGateway gateway(options);
    proof::Evidence evidence = client::observe(
        {.gateway = gateway.listening(), .sni = "httpbin.example.com"}, site.identity.public_key());
    CHECK(std::holds_alternative<proof::BadSignature>(*evidence.proof));

    // The same bytes, taken for genuine: everything that they say fits this very connection.
    const auto forged = proof::decode(proof::decode_envelope(*evidence.envelope).value().document);
    REQUIRE(forged.has_value());
    CHECK(forged->streams->received == evidence.streams->sent);
    evidence.streams->received = forged->streams->sent;
    evidence.proof = *forged;
    CHECK(site.judged(evidence).verdict == Verdict::proven);
}

TEST_CASE("a gateway with a certificate of its own is caught", "[gateways]") {
    const Site site;
    const certs::CertBundle own = certs::issue(test::certificate_request({"httpbin.example.com"}));
    CheatingOptions options = site.cheat();
    options.chain_pem = own.chain_pem();
    options.key = own.key;
    CHECK(site.verdict(CheatingGateway(options)).verdict == Verdict::terminated);
}

TEST_CASE("a gateway that cheats on every third connection does so, and on no other",
          "[gateways]") {
    const Site site;
    CheatingOptions options = site.cheat();
    options.every = 3;
    const CheatingGateway gateway(options);
    for (int i = 1; i <= 7; ++i) {
        CAPTURE(i);
        CHECK(site.verdict(gateway).verdict ==
              (i % 3 == 0 ? Verdict::terminated : Verdict::proven));
    }
}

TEST_CASE("a gateway that passes all on reads along with static RSA, and not with forward secrecy",
          "[gateways]") {
    backend::Options options = test::backend_options();
    const certs::CertBundle pair = [] {
        certs::CertRequest request = test::certificate_request({"httpbin.example.com"});
        request.key = certs::KeyType::rsa_2048;  // an EC key cannot decrypt
        return certs::issue(request);
    }();
    options.chain_pem = pair.chain_pem();
    options.key = pair.key;
    const backend::Backend backend(std::move(options));
    const auto overheard = [&](const std::string& suites) {
        std::string heard;
        {
            const CheatingGateway gateway(
                {.backend = backend.listening(),
                 .chain_pem = pair.chain_pem(),
                 .key = pair.key,
                 .every = 0,
                 .overheard = [&](std::string_view said) { heard = said; }});
            auto connection = client::TlsConnection::open(
                {.to = gateway.listening(),
                 .sni = "httpbin.example.com",
                 .offer = {.only = client::TlsVersion::tls_1_2, .suites = suites}});
            REQUIRE(connection.has_value());
            REQUIRE(connection->get("/get?secret=tea", "httpbin.example.com").has_value());
        }
        return heard;
    };
    for (const char* suite : {"AES128-GCM-SHA256", "AES256-GCM-SHA384"}) {
        CHECK(overheard(suite).starts_with("GET /get?secret=tea HTTP/1.1\r\n"));
    }
    CHECK(overheard("ECDHE-RSA-AES256-GCM-SHA384").empty());
}

TEST_CASE("a gateway that spares this tool's hello is caught by a hello like another client's",
          "[gateways]") {
    const Site site;
    const auto verdict = [&](const CheatingGateway& gateway, const char* as) {
        return site
            .judged(client::observe({.gateway = gateway.listening(),
                                     .sni = "httpbin.example.com",
                                     .offer = client::offer_like(as).value()},
                                    site.identity.public_key()))
            .verdict;
    };
    const auto ja4 = [&] {
        return client::observe({.gateway = site.backend.listening(), .sni = "httpbin.example.com"},
                               site.identity.public_key())
            .ja4.value();
    }();
    CheatingOptions options = site.cheat();
    SECTION("by JA4") {
        options.picks = [ja4](const tls::HelloFacts& hello) {
            return tls::ja4(hello, certs::sha256) != ja4;
        };
        const CheatingGateway gateway(options);
        CHECK(verdict(gateway, "curl") == Verdict::proven);
        for (const char* other : {"browser", "python", "node"}) {
            CAPTURE(other);
            CHECK(verdict(gateway, other) == Verdict::terminated);
        }
    }
    SECTION("by the version of TLS") {
        options.picks = [](const tls::HelloFacts& hello) {
            return std::ranges::count(hello.supported_versions, 0x0304) == 0;
        };
        const CheatingGateway gateway(options);
        CHECK(site.verdict(gateway).verdict == Verdict::proven);
        CHECK(site.verdict(gateway, TlsVersion::tls_1_2).verdict == Verdict::terminated);
    }
}

}  // namespace gateways_cheating_gateway_test
