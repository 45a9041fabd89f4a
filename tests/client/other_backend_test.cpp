// A statement that another identity signed: whose it is, and when that is a wrong route and no
// forgery.
#include <functional>

#include "certs/clock.h"
#include "lab/backend/backend.h"
#include "lab/client/observe.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace client_other_backend_test {

using namespace sni;
using proof::Verdict;

namespace {

/// A backend that signs as `identity`, and what a client of another one makes of it.
struct Elsewhere : test::KnownBackend {
    Elsewhere()
        : KnownBackend([] {
              backend::Options options = test::backend_options();
              options.name = "elsewhere\x1b";
              return options;
          }()) {}

    certs::IdentityPublicKey expected = certs::Identity::make().public_key();

    proof::Evidence observed(const Endpoint& gateway) const {
        return client::observe({.gateway = gateway, .sni = "httpbin.example.com"}, expected);
    }
    proof::Check judged(const proof::Evidence& e, std::optional<std::string> name = {}) const {
        return proof::judge(e,
                            {.identity_key_id = expected.key_id(),
                             .status = 418,
                             .backend = std::move(name),
                             .now = wall_clock()},
                            "elsewhere");
    }
};

const proof::Line& signed_line(const proof::Check& check) {
    const auto found = std::ranges::find(check.lines, "signed", &proof::Line::name);
    REQUIRE(found != check.lines.end());
    return *found;
}

}  // namespace

TEST_CASE("another sni-lab backend is a wrong route, and named", "[client]") {
    const Elsewhere site;
    const proof::Evidence seen = site.observed(site.backend.listening());
    for (const auto& name : {std::optional<std::string>(), std::optional<std::string>("pod-1")}) {
        const proof::Check check = site.judged(seen, name);
        CHECK(check.verdict == Verdict::not_routed);
        CHECK(signed_line(check).code == "SL2338");
        CHECK(signed_line(check).text ==
              "TLS ended at another backend: it calls itself elsewhere\\x1b and signs as " +
                  site.identity.public_key().key_id() + ", not as " + site.expected.key_id());
    }
    // Saved and read again it is the same.
    const auto again = client::read_again(seen, site.expected);
    REQUIRE(again);
    CHECK(site.judged(*again).verdict == Verdict::not_routed);
    // Who claims to be the very backend that was expected forges, or has a new identity.
    CHECK(site.judged(seen, "elsewhere\x1b").verdict == Verdict::report_altered);
}

TEST_CASE("what another identity signs of any session but ours is a forgery", "[client]") {
    const Elsewhere site;
    const proof::Evidence honest = site.observed(site.backend.listening());
    REQUIRE(site.judged(honest).verdict == Verdict::not_routed);
    const std::pair<const char*, std::function<void(proof::Evidence&)>> lies[] = {
        {"nonce", [](auto& e) { e.nonce[0] ^= std::byte{1}; }},
        {"exporter", [](auto& e) { (*e.exporter_sha256)[0] ^= std::byte{1}; }},
        {"bytes sent", [](auto& e) { e.streams->sent.sha256[0] ^= std::byte{1}; }},
        {"bytes received", [](auto& e) { e.streams->received->bytes += 1; }},
        {"no streams", [](auto& e) { e.streams.reset(); }},
        {"hello", [](auto& e) { e.hellos.front().records = 2; }},
        {"no hello", [](auto& e) { e.hellos.clear(); }},
        {"engines", [](auto& e) { e.tls->alpn = "h3"; }},
        {"certificate", [](auto& e) { e.leaf->sha256[0] ^= std::byte{1}; }},
        {"no binding", [](auto& e) { e.tls->version = "TLSv1.2"; }},
        {"the TLS key signs", [](auto& e) { e.identity_served = true; }},
        {"not even a signature", [](auto& e) { e.proof = proof::BadSignature{}; }},
    };
    for (const auto& [what, lie] : lies) {
        CAPTURE(what);
        proof::Evidence e = honest;
        lie(e);
        CHECK(site.judged(e).verdict == Verdict::report_altered);
        CHECK(signed_line(site.judged(e)).code == "SL2303");
    }
}

TEST_CASE(
    "a gateway that ends TLS before another backend forges, whatever it does to the statement",
    "[client]") {
    const Elsewhere site;
    using gateways::Forgery;
    const auto forgery = GENERATE(Forgery::none, Forgery::rewrite, Forgery::resign,
                                  Forgery::other_connection, Forgery::replay);
    const gateways::CheatingGateway gateway({.backend = site.backend.listening(),
                                             .chain_pem = test::lab_certificate().chain_pem(),
                                             .key = test::lab_certificate().key,
                                             .forgery = forgery});
    CHECK(site.judged(site.observed(gateway.listening())).verdict == Verdict::report_altered);
}

TEST_CASE("the signer's key in an envelope is believed by nobody, and need not be there",
          "[client]") {
    const certs::Identity own = certs::Identity::make();
    const certs::Identity other = certs::Identity::make();
    const std::string document = proof::encode(proof::Statement{.backend = "b", .peer = "p"});
    const auto read = [&](const certs::Identity& signer, std::optional<std::string> named) {
        const std::string message = proof::signed_bytes(document);
        return client::read_proof(
            proof::encode(proof::Envelope{document, signer.sign(as_bytes(message)), named}),
            own.public_key());
    };
    const std::string own_pem = own.public_key().pem();
    const std::string other_pem = other.public_key().pem();
    CHECK(std::holds_alternative<proof::Statement>(read(own, std::nullopt)));
    CHECK(std::holds_alternative<proof::Statement>(read(own, own_pem)));
    CHECK(std::holds_alternative<proof::BadEnvelope>(read(own, other_pem)));
    CHECK(std::holds_alternative<proof::OtherIdentity>(read(other, other_pem)));
    for (const auto& named : {std::optional<std::string>(), std::optional(own_pem),
                              std::optional<std::string>("PEM"), std::optional<std::string>("")}) {
        CHECK(std::holds_alternative<proof::BadSignature>(read(other, named)));
    }
}

}  // namespace client_other_backend_test
