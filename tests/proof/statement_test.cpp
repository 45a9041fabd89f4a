#include "lab/proof/statement.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace sni;
using namespace sni::proof;
using nlohmann::json;

namespace {

Statement sample() {
    Statement s;
    s.nonce.fill(std::byte{0xAB});
    s.time = std::chrono::sys_seconds(std::chrono::seconds(1'795'333'681));
    s.backend = "passthrough-test/httpbin";
    s.tls = TlsFacts{.version = "TLSv1.3",
                     .cipher_suite = "TLS_AES_256_GCM_SHA384",
                     .group = "x25519",
                     .sni = "httpbin.example.com",
                     .alpn = "http/1.1"};
    s.exporter_sha256 = Digest{std::byte{1}};
    s.leaf_sha256 = Digest{std::byte{2}};
    s.peer = "127.0.0.1:50312";
    return s;
}

StatementError error_of(const std::string& document) {
    const auto decoded = decode(document);
    REQUIRE_FALSE(decoded.has_value());
    return decoded.error();
}

}  // namespace

TEST_CASE("a statement survives encoding and decoding", "[proof]") {
    CHECK(decode(encode(sample())) == sample());

    Statement plain = sample();
    plain.tls = std::nullopt;
    plain.exporter_sha256 = std::nullopt;
    plain.leaf_sha256 = std::nullopt;
    CHECK(decode(encode(plain)) == plain);

    Statement no_sni = sample();
    no_sni.tls->sni = std::nullopt;
    CHECK(decode(encode(no_sni)) == no_sni);
}

TEST_CASE("the signed document is canonical: sorted keys, no spaces, ASCII", "[proof]") {
    Statement s = sample();
    s.backend = "caf\xC3\xA9";
    CHECK(encode(s) ==
          R"({"backend":"caf\u00e9","exporter_sha256":"01)" + std::string(62, '0') +
              R"(","key_log":false,"leaf_sha256":"02)" + std::string(62, '0') +
              R"(","nonce":"abababababababababababababababababababababababababababababababab",)"
              R"("peer":"127.0.0.1:50312","schema":"sni-lab/proof/1","time":1795333681,)"
              R"("tls":{"alpn":"http/1.1","cipher_suite":"TLS_AES_256_GCM_SHA384",)"
              R"("extended_master_secret":false,"group":"x25519","resumed":false,)"
              R"("sni":"httpbin.example.com","version":"TLSv1.3"}})");
}

TEST_CASE("a statement with one field missing, doubled, unknown or of another type is refused",
          "[proof]") {
    const json whole = json::parse(encode(sample()));

    for (const auto& [key, value] : whole.items()) {
        CAPTURE(key);
        json missing = whole;
        missing.erase(key);
        CHECK(error_of(missing.dump()) == StatementError::missing_field);

        json other_type = whole;
        other_type[key] = json::array({1});
        CHECK(error_of(other_type.dump()) == StatementError::wrong_type);

        std::string doubled = whole.dump();
        doubled.insert(1, json(key).dump() + ":" + value.dump() + ",");
        CHECK(error_of(doubled) == StatementError::duplicate_key);
    }
    for (const auto& [key, value] : whole["tls"].items()) {
        CAPTURE(key);
        json missing = whole;
        missing["tls"].erase(key);
        CHECK(error_of(missing.dump()) == StatementError::missing_field);
    }
    json unknown = whole;
    unknown["extra"] = 1;
    CHECK(error_of(unknown.dump()) == StatementError::unknown_field);
    unknown = whole;
    unknown["tls"]["extra"] = 1;
    CHECK(error_of(unknown.dump()) == StatementError::unknown_field);
}

TEST_CASE("only the canonical spelling of a statement is accepted", "[proof]") {
    const json whole = json::parse(encode(sample()));
    CHECK(error_of(whole.dump(2)) == StatementError::bad_value);
    CHECK(error_of(encode(sample()) + "\n") == StatementError::bad_value);

    json upper = whole;
    upper["nonce"] = std::string(64, 'A');
    CHECK(error_of(upper.dump()) == StatementError::bad_value);
    json half = whole;
    half["exporter_sha256"] = nullptr;
    CHECK(error_of(half.dump()) == StatementError::bad_value);
    json floating = whole;
    floating["time"] = 1.5;
    CHECK(error_of(floating.dump()) == StatementError::wrong_type);
    json newer = whole;
    newer["schema"] = "sni-lab/proof/2";
    CHECK(error_of(newer.dump()) == StatementError::unknown_schema);
    CHECK(error_of("") == StatementError::not_json);
    CHECK(error_of("[]") == StatementError::wrong_type);
    CHECK(error_of(std::string(100'000, '[')) == StatementError::not_json);
}

TEST_CASE("an envelope carries the exact bytes of document and signature", "[proof]") {
    const Envelope envelope{"any bytes \n\x01", {std::byte{1}, std::byte{2}}};
    CHECK(decode_envelope(encode(envelope)) == envelope);
}

TEST_CASE("a broken envelope is refused before anything in it is believed", "[proof]") {
    const auto error = [](const std::string& text) {
        const auto decoded = decode_envelope(text);
        REQUIRE_FALSE(decoded.has_value());
        return decoded.error();
    };
    const std::string good = encode(Envelope{"document", {std::byte{1}}});
    CHECK(error("") == StatementError::not_json);
    CHECK(error(good.substr(0, good.size() - 3)) == StatementError::not_json);
    CHECK(error(good + good) == StatementError::not_json);
    CHECK(error(R"({"schema":"sni-lab/proof-envelope/1","document":"ZA=="})") ==
          StatementError::missing_field);
    CHECK(error(R"({"schema":"sni-lab/proof-envelope/2","document":"ZA==","signature":""})") ==
          StatementError::unknown_schema);
    CHECK(error(R"({"schema":"sni-lab/proof-envelope/1","document":"ZA","signature":""})") ==
          StatementError::bad_value);
    CHECK(
        error(
            R"({"schema":"sni-lab/proof-envelope/1","document":"ZA==","document":"ZA==","signature":""})") ==
        StatementError::duplicate_key);
    CHECK(error(encode(Envelope{std::string(kEnvelopeLimit, 'x'), {}})) ==
          StatementError::bad_value);
}

TEST_CASE("what is signed starts with the version line, so that no other document can pass for it",
          "[proof]") {
    CHECK(signed_bytes("{}") == "sni-lab proof v1\n{}");
}
