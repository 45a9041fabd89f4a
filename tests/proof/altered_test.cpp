// One TLS session from end to end whose bytes differ all the same: somebody altered them, and
// nobody decrypted. And what looks like it and is not.
#include <functional>

#include "tests/proof/honest.h"
#include "tests/support/catch.h"

namespace proof_altered_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;
using proof::Verdict;

namespace {

/// Both ends in one session; on the way to the backend the hello was cut in two records.
Evidence reframed() {
    Evidence e = honest();
    auto& said = std::get<Statement>(*e.proof);
    said.hellos.front().records = 2;
    said.streams->received = {.bytes = kUp.bytes + 5, .sha256 = {std::byte{9}}};
    return e;
}

Statement& said(Evidence& e) {
    return std::get<Statement>(*e.proof);
}

}  // namespace

TEST_CASE("records that were cut on the way are ALTERED IN TRANSIT, and what differs is told",
          "[proof]") {
    const proof::Check check = judged(reframed());
    CHECK(check.verdict == Verdict::altered);
    CHECK(check.exit() == Exit::no);
    CHECK(line(check, "session").mark == proof::Mark::pass);
    CHECK(line(check, "hello").text ==
          "altered on the way to the backend: the ClientHello left here in 1 record and arrived in "
          "2, the same in all else: 512 bytes in 1 record, t13d3012h1, SHA-256 0600000000000000…");
    CHECK(line(check, "sent").text ==
          "altered on the way to the backend: 742 bytes, SHA-256 0400000000000000… left here, the "
          "backend received 747 bytes, SHA-256 0900000000000000…");
    CHECK(line(check, "hello").code == "SL2330");
    CHECK(line(check, "sent").code == "SL2331");

    Evidence down = honest();
    down.streams->answer_end += 5;
    CHECK(judged(down).verdict == Verdict::altered);
    CHECK(line(judged(down), "received").text ==
          "altered on the way here: 2047 bytes had come here with the answer, the backend had sent "
          "2042");
}

TEST_CASE("bytes that differ are termination wherever one session is not shown beyond doubt",
          "[proof]") {
    const std::pair<const char*, std::function<void(Evidence&)>> doubts[] = {
        {"two sessions", [](Evidence& e) { said(e).exporter_sha256 = Digest{std::byte{8}}; }},
        {"no exporter here", [](Evidence& e) { e.exporter_sha256.reset(); }},
        {"two sessions can share it",
         [](Evidence& e) {
             e.tls->version = said(e).tls->version = "TLSv1.2";
             e.tls->cipher_suite = said(e).tls->cipher_suite = "ECDHE-RSA-AES256-GCM-SHA384";
         }},
        {"the certificate's key reads along",
         [](Evidence& e) {
             e.tls->version = said(e).tls->version = "TLSv1.2";
             e.tls->extended_master_secret = said(e).tls->extended_master_secret = true;
             e.tls->cipher_suite = said(e).tls->cipher_suite = "AES128-SHA";
             e.tls->group = said(e).tls->group = "";
         }},
        {"whoever has the tickets' key has the secrets",
         [](Evidence& e) { e.tls->resumed = said(e).tls->resumed = true; }},
        {"the backend gives its secrets away", [](Evidence& e) { said(e).key_log = true; }},
        {"anybody could have signed", [](Evidence& e) { e.identity_served = true; }},
        {"another probe's statement", [](Evidence& e) { e.nonce = {std::byte{1}}; }},
        {"another certificate", [](Evidence& e) { said(e).leaf_sha256 = Digest{std::byte{8}}; }},
        {"another engine", [](Evidence& e) { said(e).tls->alpn = "h2"; }},
        {"another hello", [](Evidence& e) { said(e).hellos.front().sha256 = {std::byte{8}}; }},
        {"one hello more", [](Evidence& e) { said(e).hellos.push_back(hello()); }},
    };
    for (const auto& [what, doubt] : doubts) {
        CAPTURE(what);
        Evidence e = reframed();
        doubt(e);
        CHECK(judged(e).verdict == Verdict::terminated);
    }
}

TEST_CASE("TLS 1.2 with extended master secret and ECDHE is one session that can be altered",
          "[proof]") {
    Evidence e = reframed();
    e.tls->version = said(e).tls->version = "TLSv1.2";
    e.tls->extended_master_secret = said(e).tls->extended_master_secret = true;
    e.tls->cipher_suite = said(e).tls->cipher_suite = "ECDHE-RSA-AES256-GCM-SHA384";
    CHECK(judged(e).verdict == Verdict::altered);
}

TEST_CASE("a canary whose hello was cut in records was altered, and not answered by somebody else",
          "[proof]") {
    const Canary canary{.kind = CanaryKind::alpn, .token = "sni-lab-0123", .evidence = reframed()};
    const auto lines = canary_lines({canary});
    CHECK(lines.front().verdict == Verdict::altered);
    CHECK(lines.front().code == "SL2322");
    CHECK(judge(honest(), expectation(), "teapot", {canary}).verdict == Verdict::altered);
}

}  // namespace proof_altered_test
