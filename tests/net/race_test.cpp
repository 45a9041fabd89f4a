// Which of several addresses is taken, and what became of the others.
#include "lab/net/loop/race.h"

#include <optional>
#include <vector>

#include "lab/net/loop/net.h"
#include "tests/support/catch.h"
#include "tests/support/net_lab.h"
#include "tests/support/peer.h"

namespace net_race_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

struct Seen {
    bool connected = false;
    std::size_t winner = 0;
    std::vector<int> errors;
    std::size_t tries = 0;
    bool unwanted = false;
};

net::Task<> race_for_one(net::Listener& listener, std::vector<Endpoint> addresses,
                         std::chrono::milliseconds within, std::promise<Seen>& done) {
    net::Socket client = co_await listener.accept();
    Seen seen;
    try {
        const net::RaceResult result = co_await net::race(client, std::move(addresses), within);
        seen = {result.socket.has_value(), result.winner, result.errors, result.tries, false};
    } catch (const net::Error& error) {
        seen.unwanted = error.unwanted();
    }
    done.set_value(std::move(seen));
}

/// For a client that stays, or resets at once.
Seen race(const std::vector<Endpoint>& addresses, std::chrono::milliseconds within,
          bool stays = true) {
    std::optional<Peer> client;
    return with_loop<Seen>(
        [&](net::Listener& listener, std::promise<Seen>& done) {
            return race_for_one(listener, addresses, within, done);
        },
        [&](const Endpoint& listening) {
            client.emplace(Peer::to(listening)).send(Buffer(1));
            if (!stays) client->reset();
        });
}

}  // namespace

TEST_CASE("the first address that answers is taken, and those behind it are left alone", "[net]") {
    const ClosedPort closed;
    const net::Descriptor open = net::bind_listener(loopback(0));
    const Endpoint there = net::local_endpoint(open.fd());
    const Seen seen = race({closed.endpoint(), there, there}, 10s);
    CHECK(seen.connected);
    CHECK(seen.winner == 1);
    CHECK(seen.errors == std::vector<int>{ECONNREFUSED, 0, 0});
    CHECK(seen.tries == 2);
}

TEST_CASE("who says nothing is not waited for alone, and may still lose", "[net]") {
    const DeafBackend deaf;
    const net::Descriptor open = net::bind_listener(loopback(0));
    const Seen seen = race({deaf.endpoint(), net::local_endpoint(open.fd())}, 300ms);
    CHECK(seen.connected);
    CHECK(seen.winner == 1);
    CHECK(seen.errors == std::vector<int>{EINPROGRESS, 0});
}

TEST_CASE("where nobody answers, each address has its own reason", "[net]") {
    const ClosedPort closed;
    const DeafBackend deaf;
    const Seen seen = race({closed.endpoint(), deaf.endpoint()}, 50ms);
    CHECK_FALSE(seen.connected);
    CHECK_FALSE(seen.unwanted);
    CHECK(seen.errors == std::vector<int>{ECONNREFUSED, ETIMEDOUT});
    CHECK(seen.tries == 2);
}

TEST_CASE("nobody is dialled any more for a client that has gone", "[net]") {
    const DeafBackend deaf;
    CHECK(race({deaf.endpoint(), deaf.endpoint()}, 10s, false).unwanted);
}

}  // namespace net_race_test
