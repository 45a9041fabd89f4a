// Whoever chooses h2 is no sni-lab backend: caught by the hello that everybody sends.
#include <algorithm>

#include "certs/clock.h"
#include "lab/backend/backend.h"
#include "lab/client/canaries.h"
#include "lab/client/observe.h"
#include "lab/client/tls_client.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace client_other_protocol_test {

using namespace sni;
using gateways::CheatingGateway;
using gateways::CheatingOptions;
using proof::Verdict;

namespace {

struct Site : test::KnownBackend {
    /// One that ends TLS for whoever offers h2, as a load balancer does whose ALPN rule says so.
    CheatingOptions ends_h2() const {
        return {.backend = backend.listening(),
                .chain_pem = test::lab_certificate().chain_pem(),
                .key = test::lab_certificate().key,
                .picks =
                    [](const tls::HelloFacts& hello) {
                        return std::ranges::count(hello.alpn, "h2") != 0;
                    },
                .alpn = "h2"};
    }

    client::Probe probe(const CheatingGateway& gateway) const {
        return {.gateway = gateway.listening(), .sni = "httpbin.example.com"};
    }

    proof::Check judged(const client::Probe& probe,
                        const std::vector<proof::Canary>& canaries = {}) const {
        return proof::judge(
            client::observe(probe, identity.public_key()),
            {.identity_key_id = identity.public_key().key_id(), .status = 418, .now = wall_clock()},
            "h2", canaries);
    }
};

const proof::Line* line_named(const proof::Check& check, std::string_view name) {
    const auto found = std::ranges::find(check.lines, name, &proof::Line::name);
    return found == check.lines.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("a gateway that ends TLS for clients of h2 is caught by an ordinary hello", "[client]") {
    const Site site;
    const CheatingGateway gateway(site.ends_h2());
    const proof::Check check = site.judged(site.probe(gateway));
    CHECK(check.verdict == Verdict::terminated);
    const proof::Line* alpn = line_named(check, "alpn");
    REQUIRE(alpn);
    CHECK(alpn->code == "SL2328");
    CHECK_THAT(alpn->text, test::Contains("this session did not end at one"));

    // Without h2 in the offer the very same gateway passes everything through.
    client::Probe old = site.probe(gateway);
    old.offer.alpn = {"http/1.1"};
    CHECK(site.judged(old).verdict == Verdict::proven);
}

TEST_CASE("no byte of HTTP/1.1 goes over a connection that is for h2", "[client]") {
    const Site site;
    const CheatingGateway gateway(site.ends_h2());
    auto connection =
        client::TlsConnection::open({.to = gateway.listening(), .sni = "httpbin.example.com"});
    REQUIRE(connection);
    CHECK(connection->tls().alpn == "h2");
    const auto sent = connection->record().sent();
    const auto refused = connection->get("/status/418", "httpbin.example.com");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().how == proof::Break::bad_http);
    CHECK(refused.error().detail == "h2 was chosen by ALPN");
    CHECK(connection->record().sent() == sent);
}

TEST_CASE("the evidence names the hello that was sent, also where nobody took it", "[client]") {
    const Site site;
    const CheatingGateway gateway(site.ends_h2());
    const proof::Evidence seen = client::observe(site.probe(gateway), site.identity.public_key());
    REQUIRE(seen.ja4);
    CHECK(seen.ja4->starts_with("t13d"));
    CHECK(seen.ja4->size() == 36);
    CHECK(seen.hellos.size() == 1);
    const proof::Check check = site.judged(site.probe(gateway));
    REQUIRE(line_named(check, "client"));
    CHECK_THAT(line_named(check, "client")->text,
               test::Contains(*seen.ja4 + ": only hellos like this one were tested"));

    const proof::Evidence refused =
        client::observe({.gateway = site.backend.listening(),
                         .offer = {.only = client::TlsVersion::tls_1_2, .suites = "AES128-SHA"}},
                        site.identity.public_key());
    CHECK(refused.trouble);
    CHECK(refused.ja4);
    CHECK(refused.hellos.size() == 1);
}

TEST_CASE("an ALPN canary looks like nobody's in particular, and arrives", "[client]") {
    const Site site;
    for (int i = 0; i < 16; ++i) {
        client::Probe probe{.gateway = site.backend.listening(), .sni = "httpbin.example.com"};
        const proof::Canary canary = client::send_alpn_canary(probe, site.identity.public_key());
        CAPTURE(canary.token);
        CHECK_THAT(canary.token, !test::Contains("sni-lab"));
        CHECK_THAT(canary.token, test::Contains("http/1.1"));
        const proof::Check check = site.judged(probe, {canary});
        CHECK(check.verdict == Verdict::proven);
    }
}

}  // namespace client_other_protocol_test
