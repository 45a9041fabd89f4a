#include "lab/proof/statement.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace proof_statement_test {

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
    s.streams = Streams{.received = {.bytes = 742, .sha256 = {std::byte{3}}},
                        .sent = {.bytes = 2042, .sha256 = {std::byte{4}}}};
    s.hellos = {{.sha256 = {std::byte{5}}, .bytes = 512, .records = 1, .shape = "t13d3012h1"}};
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
    plain.streams = std::nullopt;
    plain.hellos.clear();
    CHECK(decode(encode(plain)) == plain);

    Statement asked_late = sample();
    asked_late.streams = std::nullopt;
    asked_late.client_certificate_sha256 = Digest{std::byte{6}};
    asked_late.proxy_source = "203.0.113.7:50000";
    asked_late.hellos.push_back(asked_late.hellos.front());
    CHECK(decode(encode(asked_late)) == asked_late);

    Statement older_tls = sample();
    older_tls.tls->version = "TLSv1.2";
    older_tls.server_random = Digest{std::byte{5}};
    CHECK(decode(encode(older_tls)) == older_tls);
    plain.server_random = older_tls.server_random;
    CHECK_FALSE(decode(encode(plain)).has_value());

    Statement no_sni = sample();
    no_sni.tls->sni = std::nullopt;
    CHECK(decode(encode(no_sni)) == no_sni);
}

TEST_CASE("the signed document is canonical: sorted keys, no spaces, ASCII", "[proof]") {
    Statement s = sample();
    s.backend = "caf\xC3\xA9";
    CHECK(encode(s) ==
          R"({"backend":"caf\u00e9","client_certificate_sha256":null,"exporter_sha256":"01)" +
              std::string(62, '0') + R"(","hellos":[{"bytes":512,"records":1,"sha256":"05)" +
              std::string(62, '0') +
              R"(","shape":"t13d3012h1"}],"key_log":false,"leaf_sha256":"02)" +
              std::string(62, '0') +
              R"(","nonce":"abababababababababababababababababababababababababababababababab",)"
              R"("peer":"127.0.0.1:50312","proxy_source":null,"schema":"sni-lab/proof/1",)"
              R"("streams":{"received":{"bytes":742,"sha256":"03)" +
              std::string(62, '0') + R"("},"sent":{"bytes":2042,"sha256":"04)" +
              std::string(62, '0') +
              R"("}},"time":1795333681,)"
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
    for (const char* part : {"/tls", "/streams", "/streams/sent", "/hellos/0"}) {
        const json::json_pointer at(part);
        for (const auto& [key, value] : whole[at].items()) {
            CAPTURE(part, key);
            json missing = whole;
            missing[at].erase(key);
            CHECK(error_of(missing.dump()) == StatementError::missing_field);
            json other_type = whole;
            other_type[at][key] = json::array({1});
            CHECK(error_of(other_type.dump()) == StatementError::wrong_type);
            json extra = whole;
            extra[at]["extra"] = 1;
            CHECK(error_of(extra.dump()) == StatementError::unknown_field);
        }
    }
    json unknown = whole;
    unknown["extra"] = 1;
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
    json without_tls = whole;
    without_tls["tls"] = "none";
    without_tls["exporter_sha256"] = nullptr;
    without_tls["leaf_sha256"] = nullptr;
    CHECK(error_of(without_tls.dump()) == StatementError::bad_value);
    json negative = whole;
    negative["streams"]["sent"]["bytes"] = -1;
    CHECK(error_of(negative.dump()) == StatementError::wrong_type);
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

}  // namespace proof_statement_test
