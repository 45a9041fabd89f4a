#include "lab/session/exporter_secret.h"

#include <mutex>
#include <string>

#include <openssl/ssl.h>

#include "lab/client/tls_client.h"
#include "lab/core/encoding.h"
#include "lab/session/session_facts.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

using namespace sni;

namespace {

std::string& last_exporter_secret() {
    static std::string hex;
    return hex;
}

void keep_exporter_secret(const SSL*, const char* line) {
    const std::string_view text(line);
    if (text.starts_with("EXPORTER_SECRET ")) {
        last_exporter_secret() = text.substr(text.rfind(' ') + 1);
    }
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

TEST_CASE("a secret of no hash of TLS 1.3 gives no exporter", "[session]") {
    CHECK_FALSE(session::exporter_digest(Bytes(), proof::Nonce{}));
    const std::array<std::byte, 33> odd{};
    CHECK_FALSE(session::exporter_digest(odd, proof::Nonce{}));
}
