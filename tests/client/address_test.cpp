// Of a gateway's addresses, which one a probe was connected to.
#include "lab/client/observe.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"

namespace client_address_test {

using namespace sni;

TEST_CASE("evidence has the address that took the connection, whatever came of it", "[client]") {
    backend::Backend backend(test::backend_options());
    const Endpoint by_name{Endpoint::Kind::name, "localhost", backend.listening().port};
    const auto identity = certs::Identity::make().public_key();

    CHECK(client::observe({.gateway = by_name, .sni = "httpbin.example.com"}, identity).address ==
          backend.listening());
    // Nobody here speaks a suite that is asked for: the handshake fails, and still somebody did.
    const auto refused = client::observe(
        {.gateway = by_name,
         .offer = {.only = client::TlsVersion::tls_1_2, .suites = "PSK-AES128-CBC-SHA"}},
        identity);
    REQUIRE(refused.trouble);
    CHECK(refused.trouble->stage == proof::Stage::handshake);
    CHECK(refused.address == backend.listening());

    backend.stop();
    CHECK_FALSE(client::observe({.gateway = by_name}, identity).address);
}

}  // namespace client_address_test
