#include "lab/session/exporter_secret.h"

#include <mutex>
#include <string>

#include <openssl/ssl.h>

#include "lab/client/tls_client.h"
#include "lab/core/encoding.h"
#include "lab/gateways/connection.h"
#include "lab/session/session_facts.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace session_exporter_secret_test {

using namespace sni;

namespace {

/// The last line of a key log that an exporter comes from.
std::string& last_line() {
    static std::string line;
    return line;
}

void keep_exporter_secret(const SSL*, const char* line) {
    const std::string_view text(line);
    if (text.starts_with("EXPORTER_SECRET ") || text.starts_with("CLIENT_RANDOM ")) {
        last_line() = text;
    }
}

std::string last_exporter_secret() {
    return last_line().substr(last_line().rfind(' ') + 1);
}

void shake_hands(SSL* client, SSL* server) {
    BIO* here = nullptr;
    BIO* there = nullptr;
    REQUIRE(BIO_new_bio_pair(&here, 64 << 10, &there, 64 << 10) == 1);
    SSL_set_bio(client, here, here);
    SSL_set_bio(server, there, there);
    for (int turn = 0; turn < 4 && SSL_connect(client) != 1; ++turn) {
        SSL_accept(server);
    }
    REQUIRE(SSL_is_init_finished(client) == 1);
}

Digest server_random_of(const SSL* ssl) {
    Digest random{};
    SSL_get_server_random(ssl, reinterpret_cast<unsigned char*>(random.data()), random.size());
    return random;
}

}  // namespace

TEST_CASE("an exporter out of a key log is the one that the session itself gives", "[session]") {
    const backend::Backend backend(test::backend_options());
    for (const char* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"}) {
        CAPTURE(suite);
        auto connection = client::TlsConnection::open(
            {.to = backend.listening(),
             .sni = "httpbin.example.com",
             .offer = {.only = client::TlsVersion::tls_1_3, .suites_1_3 = suite},
             .prepare = [](SSL_CTX* context) {
                 SSL_CTX_set_keylog_callback(context, keep_exporter_secret);
             }});
        REQUIRE(connection);
        const auto secret = from_hex(last_exporter_secret());
        REQUIRE(secret);
        for (const std::byte first : {std::byte{0}, std::byte{0xFF}}) {
            proof::Nonce nonce{first};
            const auto expected = connection->exporter_sha256(nonce);
            REQUIRE(expected);
            CHECK(session::exporter_digest(*secret, nonce) == expected);
            nonce.back() = std::byte{1};
            CHECK(session::exporter_digest(*secret, nonce) != expected);
        }
    }
}

TEST_CASE("an exporter of TLS 1.2 follows from the master secret and both randoms", "[session]") {
    const auto context =
        gateways::ending_context(test::lab_certificate().chain_pem(), test::lab_certificate().key);
    const auto beginning = gateways::beginning_context();
    SSL_CTX_set_max_proto_version(beginning.get(), TLS1_2_VERSION);
    SSL_CTX_set_keylog_callback(beginning.get(), keep_exporter_secret);
    for (const char* suite : {"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
                              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"}) {
        CAPTURE(suite);
        REQUIRE(SSL_CTX_set_cipher_list(beginning.get(), suite) == 1);
        const session::SslPtr client(SSL_new(beginning.get()));
        const session::SslPtr server(SSL_new(context.get()));
        shake_hands(client.get(), server.get());
        const std::string& line = last_line();
        const auto client_random = from_hex(line.substr(14, 64));
        const auto secret = from_hex(last_exporter_secret());
        const auto server_random = session::server_random(server.get());
        REQUIRE(secret);
        REQUIRE(client_random);
        CHECK(server_random == server_random_of(client.get()));
        const proof::Nonce nonce{std::byte{7}};
        session::MasterSecret master{.secret = *secret,
                                     .client_random = *client_random,
                                     .server_random = *server_random,
                                     .cipher_suite = SSL_get_cipher_name(server.get())};
        CHECK(session::exporter_digest(master, nonce) ==
              session::exporter_digest(server.get(), nonce));
        CHECK(session::exporter_digest(master, proof::Nonce{}) !=
              session::exporter_digest(server.get(), nonce));
        master.server_random = *client_random;
        CHECK(session::exporter_digest(master, nonce) !=
              session::exporter_digest(server.get(), nonce));
        master.server_random = Bytes(*server_random).first(31);
        CHECK_FALSE(session::exporter_digest(master, nonce));
    }
}

TEST_CASE("a secret of no hash of TLS 1.3 gives no exporter", "[session]") {
    CHECK_FALSE(session::exporter_digest(Bytes(), proof::Nonce{}));
    const std::array<std::byte, 33> odd{};
    CHECK_FALSE(session::exporter_digest(odd, proof::Nonce{}));
}

}  // namespace session_exporter_secret_test
