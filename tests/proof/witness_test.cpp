#include "lab/proof/witness.h"

#include <nlohmann/json.hpp>

#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace proof_witness_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;

TEST_CASE("a witness's statement survives encoding and decoding", "[proof][witness]") {
    WitnessStatement said = witness_statement();
    CHECK(decode_witness(encode(said)) == said);

    said.question.sni.reset();
    said.sessions.front().ended = said.time;
    said.sessions.front().proxy_source = "203.0.113.7:50000";
    said.sessions.front().server.reset();
    said.sessions.front().hellos.push_back(hello());
    said.other_hellos = 3;
    said.others = {{said.time, "192.0.2.1:1", "t13d1517h2_a_b", Digest{std::byte{9}}}};
    CHECK(decode_witness(encode(said)) == said);
}

TEST_CASE("of a witness's statement no byte can be changed and be read as the same",
          "[proof][witness]") {
    const WitnessStatement said = witness_statement();
    const std::string document = encode(said);
    for (std::size_t i = 0; i < document.size(); ++i) {
        std::string other = document;
        other[i] = static_cast<char>(other[i] ^ 1);
        const auto read = decode_witness(other);
        CHECK((!read || *read != said));
    }
    CHECK_FALSE(decode_witness(document + " ").has_value());
    CHECK_FALSE(decode_witness(document.substr(0, document.size() - 1)).has_value());
}

TEST_CASE("a statement of a backend is none of a witness, and the other way round",
          "[proof][witness]") {
    CHECK(decode_witness(encode(statement())).error() == StatementError::unknown_schema);
    CHECK(decode(encode(witness_statement())).error() == StatementError::unknown_schema);
    CHECK(witness_bytes("x") != signed_bytes("x"));
}

TEST_CASE("a question to a witness is read as it was put", "[proof][witness]") {
    WitnessQuestion question = witness_statement().question;
    const auto sni =
        GENERATE(std::optional<std::string>(), std::optional<std::string>("a.example.com"),
                 std::optional<std::string>("a&b=c%2f +\xff#"));
    question.sni = sni;
    const std::string target = to_target(question);
    CHECK(target.starts_with("/sessions?"));
    CHECK(target.find_first_of(" #\xff+") == std::string::npos);
    CHECK(parse_witness_query(target.substr(target.find('?') + 1)) == question);
}

TEST_CASE("a question that is none is refused with a sentence", "[proof][witness]") {
    const std::string hello = "hello=" + std::string(64, 'a');
    const std::string nonce = "&nonce=" + std::string(64, 'b');
    const auto query = GENERATE_COPY(std::string("hello=abc"), hello, hello + "&nonce=12",
                                     hello + nonce + "&within=-1", hello + nonce + "&within=1s",
                                     hello + nonce + "&within=99999999999",
                                     hello + nonce + "&sni=" + std::string(256, 'a'));
    CHECK_FALSE(parse_witness_query(query).has_value());
    CHECK(parse_witness_query(hello + nonce).has_value());
}

TEST_CASE("what a holder of the service's keys could read unseen is told", "[proof][witness]") {
    WitnessedSession session = witnessed();
    const auto with = [&](auto change) {
        WitnessedSession other = session;
        change(other);
        return readable_because(other);
    };
    CHECK_FALSE(readable_because(session).has_value());
    CHECK_FALSE(with([](auto& s) { s.server.reset(); }).has_value());
    CHECK_FALSE(with([](auto& s) {
                    s.server->pre_shared_key = true;
                    s.server->full = false;  // psk_dhe_ke
                }).has_value());
    CHECK(with([](auto& s) {
              s.server->pre_shared_key = true;
              s.server->group.clear();
          }).value() ==
          "its keys come from a pre-shared key alone (psk_ke), without forward secrecy");
    CHECK(with([](auto& s) { s.early_data_offered = true; }).has_value());

    session.server = WitnessedServer{.version = "TLSv1.2",
                                     .cipher_suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                     .group = "x25519",
                                     .full = true};
    CHECK_FALSE(readable_because(session).has_value());
    CHECK(with([](auto& s) { s.server->full = false; }).has_value());
    CHECK_FALSE(with([](auto& s) {
                    s.server->full = false;
                    s.ticket_offered = false;  // by its id
                }).has_value());
    CHECK(with([](auto& s) {
              s.server->cipher_suite = "TLS_RSA_WITH_AES_128_GCM_SHA256";
              s.server->group.clear();
          }).value() == "TLS_RSA_WITH_AES_128_GCM_SHA256 has no forward secrecy");
    CHECK_FALSE(with([](auto& s) {
                    s.server->cipher_suite = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256";
                    s.server->group.clear();
                }).has_value());
    for (const char* suite : {"TLS_ECDHE_RSA_WITH_NULL_SHA", "0xc010"}) {
        CHECK_THAT(with([&](auto& s) { s.server->cipher_suite = suite; }).value(),
                   test::Contains("encrypts nothing"));
    }
    CHECK_THAT(with([](auto& s) {
                   s.server->version = "TLSv1.3";
                   s.server->cipher_suite = "TLS_SHA256_SHA256";
               }).value(),
               test::Contains("encrypts nothing"));
}

TEST_CASE("what a suite nobody knows protects, nobody knows", "[proof][witness]") {
    WitnessedServer server = *witnessed().server;
    CHECK_FALSE(unknown_because(server).has_value());
    CHECK(unknown_because(std::nullopt).has_value());
    server.cipher_suite = "0xeffe";
    CHECK(unknown_because(server).value() ==
          "nobody knows here what the cipher suite 0xeffe protects");
    server.version = "TLSv1.2";
    server.session_ticket = std::nullopt;
    CHECK_THAT(unknown_because(server).value(), test::Contains("not read to its end"));
}

TEST_CASE("of a handshake of TLS 1.2 that broke off nothing is told that may have been to come",
          "[proof][witness]") {
    WitnessedSession session = witnessed();
    session.server = WitnessedServer{.version = "TLSv1.2",
                                     .cipher_suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                     .session_ticket = std::nullopt};
    CHECK_FALSE(readable_because(session).has_value());  // no certificate, no key exchange
    session.server->full = true;
    CHECK_FALSE(readable_because(session).has_value());
    session.server->session_ticket = true;
    CHECK(readable_because(session).has_value());
    session.server->session_ticket.reset();
    session.server->cipher_suite = "TLS_RSA_WITH_AES_128_GCM_SHA256";  // whatever comes
    CHECK(readable_because(session).has_value());
}

}  // namespace proof_witness_test
