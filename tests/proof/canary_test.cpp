#include "lab/proof/canary.h"

#include <functional>

#include "lab/core/encoding.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/catch.h"

namespace proof_canary_test {

using namespace sni;
using namespace sni::proof;
using proof::Mark;
using proof::Verdict;

namespace {

/// A connection that an honest path carries: the statement is of the very session.
Evidence carried(std::optional<Digest> certificate = std::nullopt) {
    const HelloFacts hello{.sha256 = {std::byte{6}}, .bytes = 512, .records = 1, .shape = "x"};
    return {.exporter_sha256 = Digest{std::byte{1}},
            .hellos = {hello},
            .proof = Statement{.tls = TlsFacts{},
                               .exporter_sha256 = Digest{std::byte{1}},
                               .hellos = {hello},
                               .client_certificate_sha256 = certificate},
            .client_certificate_asked = certificate.has_value()};
}

Canary alpn() {
    return {.kind = CanaryKind::alpn, .token = "sni-lab-0123", .evidence = carried()};
}

Canary certificate() {
    const Digest digest{std::byte{9}};
    return {.kind = CanaryKind::client_certificate,
            .token = to_hex(digest),
            .evidence = carried(digest)};
}

Statement& said(Canary& canary) {
    return std::get<Statement>(*canary.evidence.proof);
}

Verdict verdict(const Canary& canary) {
    const auto lines = canary_lines({canary});
    REQUIRE(lines.size() == 1);
    CHECK((lines.front().code == "SL2322") == (lines.front().mark != Mark::pass));
    return lines.front().verdict;
}

}  // namespace

TEST_CASE("a canary that arrives passes, and none at all is said and decides nothing", "[proof]") {
    CHECK(verdict(alpn()) == Verdict::proven);
    CHECK(verdict(certificate()) == Verdict::proven);
    const auto none = canary_lines({});
    REQUIRE(none.size() == 1);
    CHECK(none.front().mark == Mark::info);
    CHECK(none.front().text == "not asked for; --canary sends one");
}

TEST_CASE("a canary that was asked for and lost forbids PROVEN, however it was lost", "[proof]") {
    const std::pair<std::function<void(Canary&)>, Verdict> losses[] = {
        {[](Canary& c) { c.evidence.trouble = Trouble{.stage = Stage::handshake, .alert = 120}; },
         Verdict::inconclusive},
        {[](Canary& c) { c.evidence.proof.reset(); }, Verdict::inconclusive},
        {[](Canary& c) { c.evidence.proof = NoStatement{"dropped"}; }, Verdict::inconclusive},
        {[](Canary& c) { c.evidence.proof = BadSignature{}; }, Verdict::report_altered},
        {[](Canary& c) { said(c).nonce = {std::byte{1}}; }, Verdict::report_altered},
        {[](Canary& c) { said(c).exporter_sha256.reset(); }, Verdict::terminated},
        {[](Canary& c) { c.evidence.exporter_sha256.reset(); }, Verdict::terminated},
        {[](Canary& c) { said(c).tls.reset(); }, Verdict::terminated},
    };
    for (const auto& [lose, expected] : losses) {
        for (Canary canary : {alpn(), certificate()}) {
            lose(canary);
            CHECK(verdict(canary) == expected);
        }
    }
    Canary other_hello = alpn();
    said(other_hello).hellos.front().bytes = 511;
    CHECK(verdict(other_hello) == Verdict::terminated);
    Canary no_hello = alpn();
    no_hello.evidence.hellos.clear();
    said(no_hello).hellos.clear();
    CHECK(verdict(no_hello) == Verdict::terminated);

    Canary other = certificate();
    said(other).client_certificate_sha256 = Digest{std::byte{8}};
    CHECK(verdict(other) == Verdict::terminated);
    Canary none = certificate();
    said(none).client_certificate_sha256.reset();
    CHECK(verdict(none) == Verdict::terminated);
    none.evidence.client_certificate_asked = false;
    CHECK(verdict(none) == Verdict::inconclusive);
}

}  // namespace proof_canary_test
