// Hellos that look like those of other clients; tests/e2e has the real ones beside them.
#include "lab/client/offer.h"

#include <nlohmann/json.hpp>

#include "lab/client/tls_client.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace client_offer_test {

using namespace sni;
using nlohmann::json;

namespace {

/// What the backend saw of the hello that looks like `client`'s.
json seen(const backend::Backend& backend, const std::string& client) {
    auto connection = client::TlsConnection::open({.to = backend.listening(),
                                                   .sni = "httpbin.example.com",
                                                   .offer = client::offer_like(client).value()});
    REQUIRE(connection);
    const auto answer = connection->get("/tls/hello", "httpbin.example.com");
    REQUIRE(answer);
    return json::parse(answer->body);
}

}  // namespace

TEST_CASE("a hello as a browser's has its suites, its groups and GREASE", "[client]") {
    const backend::Backend backend(test::backend_options());
    const json hello = seen(backend, "browser");
    CHECK_THAT(hello["ja4"].get<std::string>(), test::Contains("h2_"));
    CHECK(hello["hello"]["grease"] == true);
    CHECK(hello["hello"]["cipher_suites"][0]["id"] == "0x1301");
    CHECK(hello["hello"]["cipher_suites"].size() >= 15);  // Chromium's, and OpenSSL's SCSV
    CHECK(hello["hello"]["signature_algorithms"].size() == 8);
}

TEST_CASE("what OpenSSL cannot offer is told before anybody is asked", "[client]") {
    CHECK(client::usable({}).has_value());
    CHECK(client::usable({.groups = "no-such-group"}).error() ==
          "OpenSSL knows no groups no-such-group");
    CHECK(client::usable({.suites = "NO-SUCH-SUITE"}).error() ==
          "OpenSSL knows no suites NO-SUCH-SUITE");
    CHECK(client::usable({.alpn = {""}}).error() == "an ALPN name has 1 to 255 bytes");
    for (const char* name : client::kClients) {
        CAPTURE(name);
        CHECK(client::usable(client::offer_like(name).value()).has_value());
    }
    CHECK_FALSE(client::offer_like("netscape"));
}

}  // namespace client_offer_test
