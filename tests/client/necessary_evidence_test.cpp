// Nothing that PROVEN rests on can be taken away or changed unnoticed, by whoever changes it.
#include <functional>

#include <nlohmann/json.hpp>

#include "certs/clock.h"
#include "lab/backend/backend.h"
#include "lab/client/observe.h"
#include "lab/core/encoding.h"
#include "lab/proof/judge/judge.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/spoiled.h"

namespace client_necessary_evidence_test {

using namespace sni;
using namespace sni::client;
using nlohmann::json;
using proof::Verdict;

namespace {

/// Honest evidence of one probe, and the identity that signed it.
struct Seen {
    certs::Identity identity = certs::Identity::make();
    proof::Evidence evidence = [this] {
        backend::Options options = test::backend_options();
        options.identity = identity;
        const backend::Backend backend(std::move(options));
        return observe({.gateway = backend.listening(), .sni = "httpbin.example.com"},
                       identity.public_key());
    }();

    /// As verify and proof check judge it: from the bytes.
    Verdict verdict(const proof::Evidence& changed) const {
        const auto again = read_again(changed, identity.public_key());
        if (!again) return Verdict::inconclusive;
        return proof::judge(*again,
                            {.identity_key_id = identity.public_key().key_id(),
                             .status = 418,
                             .backend = "pod-1",
                             .now = wall_clock()},
                            "probe")
            .verdict;
    }

    Verdict with_envelope(std::string text) const {
        proof::Evidence changed = evidence;
        changed.envelope = std::move(text);
        return verdict(changed);
    }

    /// The document changed, and signed again by the very identity that is expected.
    Verdict with_document(const json& document) const {
        const std::string text = document.dump(-1, ' ', true);
        return with_envelope(proof::encode(
            proof::Envelope{text, identity.sign(as_bytes(proof::signed_bytes(text)))}));
    }

    json document() const {
        return json::parse(proof::decode_envelope(*evidence.envelope).value().document);
    }
};

}  // namespace

TEST_CASE("no altered byte of the envelope leaves PROVEN", "[client]") {
    const Seen seen;
    REQUIRE(seen.verdict(seen.evidence) == Verdict::proven);
    test::require_every_byte(*seen.evidence.envelope, [&](const std::string& changed) {
        return seen.with_envelope(changed) == Verdict::proven;
    });
}

TEST_CASE("every field of the statement is necessary, even where the right identity signs another",
          "[client]") {
    const Seen seen;
    const json whole = seen.document();
    REQUIRE(seen.with_document(whole) == Verdict::proven);
    // Told for the reader, and bound to nothing that the client could compare.
    const std::vector<std::string> told = {"/time", "/peer", "/proxy_source",
                                           "/client_certificate_sha256"};
    int necessary = 0;
    const json flat = whole.flatten();
    for (const auto& [path, value] : flat.items()) {
        CAPTURE(path);
        const json::json_pointer at(path);
        json changed = whole;
        changed[at] = test::altered(value);
        if (std::ranges::find(told, path) == told.end()) {
            CHECK(seen.with_document(changed) != Verdict::proven);
            ++necessary;
        }
        CHECK(seen.with_document(test::without(whole, path)) != Verdict::proven);
    }
    CHECK(necessary == 21);
    for (const char* part : {"/streams", "/tls", "/exporter_sha256", "/leaf_sha256"}) {
        CAPTURE(part);
        json missing = whole;
        missing[json::json_pointer(part)] = nullptr;
        CHECK(seen.with_document(missing) != Verdict::proven);
    }
    json no_hello = whole;
    no_hello["hellos"] = json::array();
    CHECK(seen.with_document(no_hello) != Verdict::proven);
    json no_tls = no_hello;
    no_tls["tls"] = "none";
    for (const char* part : {"exporter_sha256", "leaf_sha256", "streams"}) {
        no_tls[part] = nullptr;
    }
    CHECK(seen.with_document(no_tls) == Verdict::terminated);
}

TEST_CASE("every piece of the client's own half is necessary", "[client]") {
    const Seen seen;
    const std::pair<const char*, std::function<void(proof::Evidence&)>> changes[] = {
        {"tls", [](auto& e) { e.tls.reset(); }},
        {"version", [](auto& e) { e.tls->version = "TLSv1.2"; }},
        {"suite", [](auto& e) { e.tls->cipher_suite = "TLS_AES_128_CCM_SHA256"; }},
        {"group", [](auto& e) { e.tls->group = "secp256r1"; }},
        {"no group", [](auto& e) { e.tls->group.clear(); }},
        {"sni", [](auto& e) { e.tls->sni = "other.example.com"; }},
        {"alpn", [](auto& e) { e.tls->alpn.clear(); }},
        {"extended master secret", [](auto& e) { e.tls->extended_master_secret = true; }},
        {"resumed", [](auto& e) { e.tls->resumed = true; }},
        {"chain", [](auto& e) { e.chain_pem.clear(); }},
        {"another chain",
         [](auto& e) { e.chain_pem = test::client_certificates().first.cert_pem; }},
        {"status", [](auto& e) { e.status.reset(); }},
        {"another status", [](auto& e) { e.status = 200; }},
        {"nonce", [](auto& e) { e.nonce[31] ^= std::byte{1}; }},
        {"exporter", [](auto& e) { e.exporter_sha256.reset(); }},
        {"another exporter", [](auto& e) { (*e.exporter_sha256)[0] ^= std::byte{1}; }},
        {"streams", [](auto& e) { e.streams.reset(); }},
        {"sent bytes", [](auto& e) { --e.streams->sent.bytes; }},
        {"sent digest", [](auto& e) { e.streams->sent.sha256[5] ^= std::byte{1}; }},
        {"received", [](auto& e) { e.streams->received.reset(); }},
        {"received digest", [](auto& e) { e.streams->received->sha256[5] ^= std::byte{1}; }},
        {"answer's end", [](auto& e) { e.streams->answer_end += 10'000; }},
        {"hellos", [](auto& e) { e.hellos.clear(); }},
        {"another hello", [](auto& e) { e.hellos.front().sha256[0] ^= std::byte{1}; }},
        {"two hellos", [](auto& e) { e.hellos.push_back(e.hellos.front()); }},
        {"envelope", [](auto& e) { e.envelope.reset(); }},
        {"trouble", [](auto& e) { e.trouble = proof::Trouble{.stage = proof::Stage::request}; }},
    };
    for (const auto& [what, change] : changes) {
        CAPTURE(what);
        proof::Evidence changed = seen.evidence;
        change(changed);
        CHECK(seen.verdict(changed) != Verdict::proven);
    }
}

}  // namespace client_necessary_evidence_test
