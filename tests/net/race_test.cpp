// Which of several addresses is taken, and what became of the others.
#include "lab/net/loop/race.h"

#include <future>
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
Seen race(std::vector<Endpoint> addresses, std::chrono::milliseconds within, bool stays = true) {
    std::promise<Seen> done;
    net::Loop loop;
    net::Quota quota(1);
    net::Listener listener(loop, net::bind_listener(loopback(0)), quota);
    loop.spawn(race_for_one(listener, std::move(addresses), within, done));
    auto result = done.get_future();
    std::thread thread([&] { loop.run(); });
    Peer client = Peer::to(listener.local());
    client.send(Buffer(1));
    if (!stays) client.reset();
    const bool in_time = result.wait_for(kPatience) == std::future_status::ready;
    loop.stop();
    thread.join();
    REQUIRE(in_time);
    return result.get();
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
