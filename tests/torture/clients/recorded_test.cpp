#include "lab/torture/clients/recorded.h"

#include <algorithm>

#include "lab/tls/hello_facts.h"
#include "lab/tls/ja4.h"
#include "tests/support/catch.h"
#include "tests/support/recorded_hello.h"

namespace torture_clients_recorded_test {

using namespace sni;
using torture::RecordedClient;

namespace {

tls::HelloFacts facts_of(const RecordedClient& client, const char* name) {
    torture::ShapeBuilder shapes(name, 1);
    const auto hellos = tls::describe_hellos(hello_as(shapes, client));
    REQUIRE(hellos.size() == 1);
    return hellos.front();
}

const RecordedClient& client_named(std::string_view name) {
    const auto clients = torture::recorded_clients();
    const auto found = std::ranges::find(clients, name, &RecordedClient::name);
    REQUIRE(found != clients.end());
    return *found;
}

}  // namespace

TEST_CASE("clients say hello each in their own way", "[torture]") {
    std::vector<std::string_view> suites;
    std::vector<std::string_view> extensions;
    for (const RecordedClient& client : torture::recorded_clients()) {
        suites.push_back(client.suites);
        extensions.push_back(client.extensions);
    }
    CHECK(suites.size() >= 15);
    std::ranges::sort(extensions);
    CHECK(std::ranges::adjacent_find(extensions) == extensions.end());
    std::ranges::sort(suites);
    const auto [first, last] = std::ranges::unique(suites);
    // Several are OpenSSL, or GnuTLS.
    CHECK(first - suites.begin() >= 10);
}

TEST_CASE("a client's hello for another name is as long, but for the name", "[torture]") {
    const RecordedClient& go = client_named("go-1.26");
    CHECK(facts_of(go, "httpbin.example.com").message_bytes ==
          facts_of(go, "a.test").message_bytes + std::string("httpbin.example.com").size() - 6);
    // OpenSSL fills up to 512 bytes, so that the length tells nothing.
    const RecordedClient& curl = client_named("curl-7.88");
    CHECK(facts_of(curl, "httpbin.example.com").message_bytes == 512);
    CHECK(facts_of(curl, "a.test").message_bytes == 512);
}

TEST_CASE("Chromium's hello is as long, and offers the same, as one recorded apart", "[torture]") {
    const auto wires = test::recorded_hellos();
    const auto wire = std::ranges::find(wires, "chromium.txt", &test::RecordedHello::name);
    REQUIRE(wire != wires.end());
    const tls::HelloFacts real = tls::describe_hellos(wire->wire).front();
    const tls::HelloFacts made = facts_of(client_named("chromium-156"), "httpbin.example.com");
    CHECK(tls::ja4_raw(made) == tls::ja4_raw(real));
    CHECK(made.message_bytes + 0 >= 1'700);
    CHECK(made.key_shares.size() == 3);
    CHECK(made.ech.has_value());
    CHECK(made.has(0xca34));
}

}  // namespace torture_clients_recorded_test
