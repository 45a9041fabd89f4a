// A gateway that ends TLS takes so many connections, and says why it takes no more.
#include <mutex>

#include "lab/gateways/terminator.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace gateways_terminator_limit_test {

using namespace sni;

namespace {

const test::Buffer kInternalError{std::byte{0x15}, std::byte{3}, std::byte{3}, std::byte{0},
                                  std::byte{2},    std::byte{2}, std::byte{80}};

}  // namespace

TEST_CASE("beyond its most connections a gateway refuses by internal_error, and tells its owner",
          "[gateways]") {
    std::mutex mutex;
    std::vector<std::string> told;
    const test::Door backend;
    const gateways::Terminator gateway(
        {.backend = backend.endpoint(),
         .ends_with = {{test::lab_certificate().chain_pem(), test::lab_certificate().key}},
         .max_connections = 2,
         .refused = [&](std::string_view why) {
             const std::lock_guard lock(mutex);
             told.emplace_back(why);
         }});
    test::Peer first = test::Peer::to(gateway.listening());
    test::Peer second = test::Peer::to(gateway.listening());
    test::Peer third = test::Peer::to(gateway.listening());
    third.send(test::hello_for("a.example.com"));
    CHECK(third.read(7) == kInternalError);
    CHECK(third.end() == test::End::finished);
    {
        const std::lock_guard lock(mutex);
        CHECK(told == std::vector<std::string>{"too many connections at once"});
    }
    // Whoever was there before is heard, and gets TLS's own answer to a hello that offers little.
    second.send(test::hello_for("a.example.com"));
    const test::Buffer answer = second.read(7);
    CHECK(answer.size() == 7);
    CHECK(answer != kInternalError);
}

}  // namespace gateways_terminator_limit_test
