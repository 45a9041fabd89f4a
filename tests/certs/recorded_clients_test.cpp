// The JA4 of what torture says as a client, against the one that was computed of the client itself.
#include "certs/digest.h"
#include "lab/tls/ja4.h"
#include "lab/torture/clients/recorded.h"
#include "tests/support/catch.h"

namespace certs_recorded_clients_test {

using namespace sni;

TEST_CASE("each recorded client's hello has the client's own fingerprint", "[torture]") {
    for (const torture::RecordedClient& client : torture::recorded_clients()) {
        CAPTURE(client.name);
        torture::ShapeBuilder shapes("httpbin.example.com", 7);
        const auto hellos = tls::describe_hellos(hello_as(shapes, client));
        REQUIRE(hellos.size() == 1);
        CHECK(tls::ja4(hellos.front(), certs::sha256) == client.ja4);
    }
}

}  // namespace certs_recorded_clients_test
