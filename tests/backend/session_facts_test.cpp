#include <map>

#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "certs/inspect.h"
#include "certs/openssl.h"
#include "lab/backend/backend.h"
#include "lab/core/dns_name.h"
#include "lab/core/encoding.h"
#include "lab/proof/statement.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tls_client.h"

namespace backend_session_facts_test {

using namespace sni;
using nlohmann::json;

namespace {

json tls_of(test::TlsClient& client) {
    const test::Answer answer = client.get("/tls");
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
}

std::string leaf_fingerprint() {
    return to_fingerprint(certs::inspect(test::lab_certificate().cert_pem).value().front().sha256);
}

Digest exporter_sha256(SSL* ssl, const proof::Nonce& nonce) {
    std::array<unsigned char, 32> secret{};
    REQUIRE(SSL_export_keying_material(ssl, secret.data(), secret.size(),
                                       proof::kExporterLabel.data(), proof::kExporterLabel.size(),
                                       reinterpret_cast<const unsigned char*>(nonce.data()),
                                       nonce.size(), 1) == 1);
    return certs::sha256(std::as_bytes(std::span(secret)));
}

proof::Nonce nonce_of(unsigned char fill) {
    proof::Nonce nonce;
    nonce.fill(std::byte{fill});
    return nonce;
}

std::string proof_target(const proof::Nonce& nonce) {
    return std::string(proof::kPath) + "?nonce=" + to_hex(nonce);
}

/// As the client's own engine names it: newer releases of OpenSSL prefer a post-quantum one.
std::string group_of(const test::TlsClient& client) {
    SSL* const ssl = client.ssl();
    const int id = static_cast<int>(SSL_get_negotiated_group(ssl));
    return to_lower_ascii(SSL_group_to_name(ssl, id));
}

}  // namespace

TEST_CASE("/tls tells a TLS 1.3 session", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening(), {.alpn = {"h2", "http/1.1"}});
    const json tls = tls_of(client);
    CHECK(tls.at("version") == "TLSv1.3");
    CHECK(tls.at("cipher_suite") == SSL_get_cipher_name(client.ssl()));
    CHECK(tls.at("group") == group_of(client));
    CHECK(tls.at("sni") == "httpbin.example.com");
    CHECK(tls.at("alpn") == "http/1.1");
    CHECK(tls.at("extended_master_secret").is_null());
    CHECK(tls.at("resumed") == false);
    CHECK(tls.at("server_certificate").at("subject") == "CN=httpbin.example.com, O=myorg");
    CHECK(tls.at("server_certificate").at("sha256") == leaf_fingerprint());
    CHECK(tls.at("client_certificate").is_null());
    CHECK(tls.at("peer").get<std::string>().starts_with("127.0.0.1:"));
}

TEST_CASE("/tls tells a TLS 1.2 session, with and without a key exchange group", "[backend]") {
    backend::Options options = test::backend_options();
    certs::CertRequest request = test::certificate_request({"httpbin.example.com"});
    request.key = certs::KeyType::rsa_2048;
    const certs::CertBundle rsa = certs::issue(request);
    options.chain_pem = rsa.cert_pem;
    options.key = rsa.key;
    backend::Backend server(std::move(options));

    test::TlsClient ecdhe(server.listening(), {.sni = std::nullopt, .max_version = TLS1_2_VERSION});
    json tls = tls_of(ecdhe);
    CHECK(tls.at("version") == "TLSv1.2");
    CHECK(tls.at("group") == "x25519");
    CHECK(tls.at("sni").is_null());
    CHECK(tls.at("alpn").is_null());
    CHECK(tls.at("extended_master_secret") == true);

    test::TlsClient static_rsa(server.listening(),
                               {.max_version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"});
    tls = tls_of(static_rsa);
    CHECK(tls.at("cipher_suite") == "AES128-GCM-SHA256");
    CHECK(tls.at("group").is_null());
}

TEST_CASE("h2 is never chosen, and a client that offers only h2 is served", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening(), {.alpn = {"h2"}});
    CHECK(tls_of(client).at("alpn").is_null());
}

TEST_CASE("TLS 1.1 is refused", "[backend]") {
    backend::Backend server(test::backend_options());
    std::string refusal;
    try {
        test::TlsClient(server.listening(),
                        {.min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION});
    } catch (const std::runtime_error& error) {
        refusal = error.what();
    }
    CHECK(refusal.find("alert protocol version") != std::string::npos);
}

TEST_CASE("renegotiation is refused", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening(), {.max_version = TLS1_2_VERSION});
    CHECK(client.get("/uuid").status == 200);
    const proof::Nonce nonce = nonce_of(1);
    const Digest before = exporter_sha256(client.ssl(), nonce);
    SSL_renegotiate(client.ssl());
    const bool renegotiated =
        SSL_do_handshake(client.ssl()) == 1 && exporter_sha256(client.ssl(), nonce) != before;
    ERR_clear_error();
    CHECK_FALSE(renegotiated);
}

TEST_CASE("sessions resume by ticket, and a resumed session is told so", "[backend]") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    backend::Backend server(test::backend_options());
    test::TlsClient first(server.listening(), {.min_version = version, .max_version = version});
    CHECK(tls_of(first).at("resumed") == false);
    SSL_SESSION* const session = SSL_get1_session(first.ssl());
    test::TlsClient second(server.listening(),
                           {.min_version = version, .max_version = version, .resume = session});
    SSL_SESSION_free(session);
    const json tls = tls_of(second);
    CHECK(tls.at("resumed") == true);
    CHECK(tls.at("sni") == "httpbin.example.com");
}

TEST_CASE("a session of TLS 1.2 does not go on under another name", "[backend]") {
    using Name = std::optional<std::string>;
    const auto [before, now] = GENERATE(table<Name, Name>({{"a.example.com", "b.example.com"},
                                                           {"a.example.com", std::nullopt},
                                                           {std::nullopt, "b.example.com"},
                                                           {"a.example.com", "A.example.com"},
                                                           {"a.example.com", "a.example.com"},
                                                           {std::nullopt, std::nullopt}}));
    CAPTURE(before.value_or("none"), now.value_or("none"));
    backend::Backend server(test::backend_options());
    test::TlsClient first(server.listening(), {.sni = before, .max_version = TLS1_2_VERSION});
    CHECK(tls_of(first).at("resumed") == false);
    const certs::Owned<SSL_SESSION, SSL_SESSION_free> session(SSL_get1_session(first.ssl()));
    test::TlsClient second(server.listening(),
                           {.sni = now, .max_version = TLS1_2_VERSION, .resume = session.get()});
    const json tls = tls_of(second);
    CHECK(tls.at("resumed") == (before == now));
    CHECK(tls.at("sni") == (now ? json(*now) : json(nullptr)));
}

TEST_CASE("one ticket a handshake, for as many sessions as there are", "[backend]") {
    backend::Backend server(test::backend_options());
    int tickets = 0;
    test::TlsClient first(server.listening(), {.min_version = TLS1_3_VERSION});
    // A ticket is read with the first answer.
    SSL_set_msg_callback(first.ssl(), [](int, int, int type, const void* bytes, std::size_t size,
                                         SSL*, void* count) {
        const bool ticket = type == SSL3_RT_HANDSHAKE && size > 0 &&
                            *static_cast<const unsigned char*>(bytes) == SSL3_MT_NEWSESSION_TICKET;
        if (ticket) ++*static_cast<int*>(count);
    });
    SSL_set_msg_callback_arg(first.ssl(), &tickets);
    CHECK(tls_of(first).at("resumed") == false);
    CHECK(tickets == 1);
    const certs::Owned<SSL_SESSION, SSL_SESSION_free> session(SSL_get1_session(first.ssl()));
    for (int time = 0; time < 3; ++time) {
        test::TlsClient again(server.listening(),
                              {.min_version = TLS1_3_VERSION, .resume = session.get()});
        CHECK(tls_of(again).at("resumed") == true);
    }
}

TEST_CASE("client certificates are asked for as the options say", "[backend]") {
    const auto& [authority, client_certificate] = test::client_certificates();
    backend::Options options = test::backend_options();
    options.client_ca_pem = authority.cert_pem;
    const Digest digest = certs::inspect(client_certificate.cert_pem).value().front().sha256;

    SECTION("off: not even when one is offered") {
        backend::Backend server(std::move(options));
        test::TlsClient client(server.listening(), {.certificate = client_certificate});
        CHECK(tls_of(client).at("client_certificate").is_null());
    }
    SECTION("optional") {
        options.client_cert = backend::ClientCert::optional;
        backend::Backend server(std::move(options));
        test::TlsClient with(server.listening(), {.certificate = client_certificate});
        const json shown = tls_of(with).at("client_certificate");
        CHECK(shown.at("subject") == "CN=client.example.com, O=myorg");
        CHECK(shown.at("sha256") == to_fingerprint(digest));
        test::TlsClient without(server.listening());
        CHECK(tls_of(without).at("client_certificate").is_null());
    }
    SECTION("required") {
        options.client_cert = backend::ClientCert::required;
        backend::Backend server(std::move(options));
        test::TlsClient with(server.listening(), {.certificate = client_certificate});
        CHECK(tls_of(with).at("client_certificate").is_object());
        // In TLS 1.3 the client has finished before the server looks, so it learns by reading.
        test::TlsClient without(server.listening());
        CHECK_THROWS(without.get("/tls"));
        CHECK_THROWS(test::TlsClient(server.listening(), {.max_version = TLS1_2_VERSION}));
    }
    SECTION("a certificate of another CA is refused") {
        options.client_cert = backend::ClientCert::optional;
        backend::Backend server(std::move(options));
        CHECK_THROWS(test::TlsClient(server.listening(), {.max_version = TLS1_2_VERSION,
                                                          .certificate = test::lab_certificate()}));
    }
}

TEST_CASE("the proof is signed by the identity and names this very session", "[backend]") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CAPTURE(version);
    backend::Options options = test::backend_options();
    const certs::IdentityPublicKey key = options.identity->public_key();
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening(),
                           {.alpn = {"http/1.1"}, .min_version = version, .max_version = version});
    CHECK(client.get("/status/418").status == 418);

    const proof::Nonce nonce = nonce_of(0xA7);
    const test::Answer answer = client.get(proof_target(nonce));
    REQUIRE(answer.status == 200);
    CHECK(answer.header("Content-Type") == "application/json");
    CHECK(answer.header("Cache-Control") == "no-store");

    const auto envelope = proof::decode_envelope(answer.body);
    REQUIRE(envelope);
    CHECK(key.verify(as_bytes(proof::signed_bytes(envelope->document)), envelope->signature));
    const auto statement = proof::decode(envelope->document);
    REQUIRE(statement);
    CHECK(statement->nonce == nonce);
    CHECK(statement->backend == "pod-1");
    CHECK(statement->exporter_sha256 == exporter_sha256(client.ssl(), nonce));
    CHECK(to_fingerprint(statement->leaf_sha256.value()) == leaf_fingerprint());
    REQUIRE(statement->tls);
    CHECK(statement->tls->version == SSL_get_version(client.ssl()));
    CHECK(statement->tls->cipher_suite == SSL_get_cipher_name(client.ssl()));
    CHECK(statement->tls->group == group_of(client));
    CHECK(statement->tls->sni == "httpbin.example.com");
    CHECK(statement->tls->alpn == "http/1.1");
    CHECK(statement->tls->extended_master_secret == (version == TLS1_2_VERSION));
    CHECK_FALSE(statement->tls->resumed);
    CHECK_FALSE(statement->key_log);

    SECTION("another nonce gives another exporter") {
        const proof::Nonce other = nonce_of(0xA8);
        const auto second = proof::decode_envelope(client.get(proof_target(other)).body);
        REQUIRE(second);
        CHECK(proof::decode(second->document)->exporter_sha256 != statement->exporter_sha256);
    }
    SECTION("another session gives another exporter for the same nonce") {
        test::TlsClient elsewhere(server.listening());
        const auto second = proof::decode_envelope(elsewhere.get(proof_target(nonce)).body);
        REQUIRE(second);
        CHECK(proof::decode(second->document)->exporter_sha256 != statement->exporter_sha256);
    }
}

TEST_CASE("a proof needs a nonce of 64 hexadecimal digits", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    const std::string path(proof::kPath);
    for (const std::string& query : std::vector<std::string>{
             "", "?nonce=", "?nonce=ab", "?nonce=" + std::string(64, 'g'),
             "?nonce=" + std::string(65, 'a'), "?nonce=" + std::string(63, 'a'),
             "?Nonce=" + std::string(64, 'a')}) {
        CAPTURE(query);
        CHECK(client.get(path + query).status == 400);
    }
    CHECK(client.get(path + "?nonce=" + std::string(64, 'A')).status == 200);
}

TEST_CASE("a backend without an identity has no proof", "[backend]") {
    backend::Options options = test::backend_options();
    options.identity.reset();
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    CHECK(client.get(proof_target(nonce_of(1))).status == 404);
}

}  // namespace backend_session_facts_test
