#include "lab/proof/saved.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace proof_saved_test {

using namespace sni;
using namespace sni::proof;
using nlohmann::json;

namespace {

SavedProof sample() {
    SavedProbe probe{
        .name = "teapot",
        .evidence = {.gateway = loopback(8443),
                     .sni = "httpbin.example.com",
                     .request = "/status/418",
                     .tls = TlsFacts{.version = "TLSv1.3", .group = "x25519"},
                     .chain_pem = "-----BEGIN CERTIFICATE-----\n",
                     .chain_error = "self-signed \xff",
                     .status = 418,
                     .reason = "I'm a \x1b teapot",
                     .server = "sni-lab",
                     .nonce = {std::byte{1}},
                     .exporter_sha256 = Digest{std::byte{2}},
                     .streams = ClientStreams{.sent = {.bytes = 7, .sha256 = {std::byte{3}}},
                                              .answer_end = 9,
                                              .received = StreamDigest{.bytes = 9}},
                     .hellos = {{.sha256 = {std::byte{4}}, .bytes = 5, .records = 1}},
                     .envelope = "{}\n",
                     .asked_at = std::chrono::sys_seconds(std::chrono::seconds(1'795'333'680)),
                     .client_certificate_asked = true,
                     .ticket = TicketSwap{.direct = "127.0.0.1:1",
                                          .taken_directly = true,
                                          .offered = 3,
                                          .taken = 2,
                                          .error = "\xff"},
                     .took = std::chrono::milliseconds(12)},
        .expectation = {.leaf_sha256 = Digest{std::byte{5}},
                        .pin = Digest{std::byte{6}},
                        .status = 418,
                        .backend = "pod-1"}};
    SavedProbe refused{
        .name = "other",
        .evidence = {.gateway = loopback(8443),
                     .request = "/",
                     .trouble = Trouble{.stage = Stage::handshake,
                                        .how = Break::alert,
                                        .alert = 112,
                                        .detail = "\xfe"},
                     .no_envelope = "nothing came",
                     .sessions = SessionLookup{.listed = 2, .outcome = "failed", .error = "\x1b"}},
        .expected = proof::Verdict::not_routed};
    const auto time = std::chrono::sys_seconds(std::chrono::seconds(1'795'333'681));
    probe.expectation.now = time;
    refused.expectation.now = time;
    probe.canaries = {
        {.kind = CanaryKind::client_certificate, .token = "0123", .evidence = refused.evidence}};
    return {.time = time,
            .version = "sni-lab test",
            .scenario = "passthrough",
            .probes = {probe, refused}};
}

}  // namespace

TEST_CASE("a saved proof comes back as it was, bytes from a peer included", "[proof]") {
    CHECK(decode_saved(encode(sample())) == sample());
    SavedProof begun = sample();
    begun.probes[1].evidence.trouble->begun = "200 \xff";
    CHECK(decode_saved(encode(begun)) == begun);
    SavedProof expected = sample();
    expected.probes[1].lines = ExpectedLines{
        .passes = {"tls", "name"}, .code = "SL2108", .says = "internal_error", .refusal = true};
    CHECK(decode_saved(encode(expected)) == expected);
}

TEST_CASE("a saved proof with one field missing, of another type or unknown is refused",
          "[proof]") {
    const json whole = json::parse(encode(sample()));
    const json flat = whole.flatten();
    for (const auto& [path, value] : flat.items()) {
        CAPTURE(path);
        const json::json_pointer at(path);
        json missing = whole;
        json& parent = missing[at.parent_pointer()];
        if (!parent.is_object()) continue;
        parent.erase(at.back());
        CHECK(decode_saved(missing.dump()).error() == StatementError::missing_field);
        json other = whole;
        other[at] = json::array({1});
        CHECK(decode_saved(other.dump()).error() == StatementError::wrong_type);
        json extra = whole;
        extra[at.parent_pointer()]["extra"] = 1;
        CHECK(decode_saved(extra.dump()).error() == StatementError::unknown_field);
    }
}

TEST_CASE("only the canonical spelling of a saved proof and its file is read", "[proof]") {
    const json whole = json::parse(encode(sample()));
    CHECK(decode_saved(whole.dump(1)).error() == StatementError::bad_value);
    json newer = whole;
    newer["schema"] = "sni-lab/saved-proof/2";
    CHECK(decode_saved(newer.dump()).error() == StatementError::unknown_schema);
    json alert = whole;
    alert["probes"][1]["evidence"]["trouble"]["alert"] =
        368;  // 112 to whoever forgets the upper byte
    CHECK(decode_saved(alert.dump()).error() == StatementError::bad_value);
    json word = whole;
    word["probes"][1]["evidence"]["trouble"]["how"] = "asked politely";
    CHECK(decode_saved(word.dump()).error() == StatementError::bad_value);

    const Envelope file{"document", {std::byte{1}}};
    CHECK(decode_saved_file(encode_saved_file(file)) == file);
    CHECK(decode_saved_file(encode_saved_file(file) + "\n").error() == StatementError::bad_value);
    CHECK(decode_saved_file(encode(file)).error() == StatementError::unknown_schema);
}

TEST_CASE("a verifier's signature is no backend's, and the other way round", "[proof]") {
    CHECK(saved_bytes("{}") == "sni-lab saved proof v1\n{}");
    CHECK(saved_bytes("{}") != signed_bytes("{}"));
}

}  // namespace proof_saved_test
