// What is held for receivers that do not read: little for each, and no more than may be for all.
#include "lab/net/loop/held_bytes.h"
#include "lab/net/loop/stream.h"
#include "tests/support/catch.h"
#include "tests/support/router_lab.h"
#include "tests/support/tunnel.h"

namespace net_held_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

/// Floods whoever asks, and reads nothing more.
void flood(Peer peer) {
    peer.read(1);
    const Buffer much(1u << 20);
    for (;;) {
        peer.send(much);
    }
}

template <class Condition>
router::Snapshot when(RouterLab& lab, Condition condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        const auto snapshot = lab.router().snapshot();
        REQUIRE(snapshot.has_value());
        if (condition(*snapshot) || std::chrono::steady_clock::now() > until) return *snapshot;
    }
}

}  // namespace

TEST_CASE("a receiver that reads nothing makes the router hold little more than 16 KiB",
          "[router]") {
    constexpr std::size_t kMany = 20;
    Door door(loopback(0), 64);
    RouterLab lab({route_to(kName, {door.endpoint()})}, {.threads = 1});
    std::vector<Peer> clients, backends;
    const Buffer wire = hello_for(kName);
    const Buffer much = noise(64u << 20);
    for (std::size_t i = 0; i < kMany; ++i) {
        clients.push_back(Peer::to(lab.address(), 4'096));
        clients.back().send(wire);
        backends.push_back(door.accept());
        fill(backends.back(), much);
    }
    const auto stuck = when(lab, [](const auto& s) { return s.held == kMany; });
    CHECK(stuck.held == kMany);
    CHECK(stuck.held_bytes <= kMany * (20u << 10));
}

TEST_CASE("when all receivers hold too much, the one that took nothing for longest is cut",
          "[router]") {
    constexpr std::size_t kMost = 64u << 10;
    const Stub backend(flood);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.threads = 1, .max_held = kMost});
    std::vector<Peer> clients;
    const Buffer wire = hello_for(kName);
    for (std::size_t i = 0; i < 12; ++i) {
        clients.push_back(Peer::to(lab.address(), 4'096));
        clients.back().send(wire);
        // One after the other gets stuck, so it is known who was first.
        const auto snapshot = when(lab, [&](const auto& s) {
            return s.held + s.counters.too_slow >= i + 1 && s.held_bytes <= kMost;
        });
        CHECK(snapshot.held_bytes <= kMost);
    }
    const auto snapshot = when(lab, [](const auto& s) { return s.counters.too_slow > 0; });
    CHECK(snapshot.counters.too_slow > 0);
    const auto record = lab.record();
    CHECK(record.outcome == router::Outcome::routed);
    CHECK(record.client_end == net::Ending::too_slow);
    CHECK(record.backend_end == net::Ending::cut);
    CHECK(record.client == net::local_endpoint(clients.front().fd()));
    CHECK(clients.front().end() == End::reset);
}

TEST_CASE("who takes something goes behind all who took nothing meanwhile", "[net]") {
    net::Loop loop;
    net::HeldBytes all(300);
    net::Stream first(loop, {}, {}), second(loop, {}, {}), third(loop, {}, {}), last(loop, {}, {});
    std::vector<std::unique_ptr<net::HeldBlock>> blocks;
    for (net::Stream* const receiver : {&first, &second, &third}) {
        blocks.push_back(net::HeldBlock::make(all, *receiver, 100));
        blocks.back()->filled(100);
    }
    blocks[0]->drop(1);
    blocks[1]->drop(0);
    const auto more = net::HeldBlock::make(all, last, 100);
    CHECK(second.crowded_out());
    CHECK_FALSE(first.crowded_out());
    CHECK_FALSE(third.crowded_out());
    CHECK(all.bytes() == 300);
    blocks[1]->drop(1);  // it is on its way out, and counts no more
    CHECK(all.count() == 3);
    blocks.clear();
    CHECK(all.bytes() == 100);
}

TEST_CASE("where the relay that asks for room has to go, nobody else does", "[net]") {
    struct Relay : net::Waiter {
        void on_ready(net::Stream&) override { ++told; }
        void on_expired(net::Stream&) override {}
        int told = 0;
    };
    net::Loop loop;
    net::HeldBytes all(300);
    Relay asking, other;
    net::Stream up(loop, {}, {}), down(loop, {}, {}), another(loop, {}, {});
    up.set_waiter(&asking);
    down.set_waiter(&asking);
    another.set_waiter(&other);
    const auto oldest = net::HeldBlock::make(all, up, 100);
    const auto newer = net::HeldBlock::make(all, another, 100);
    const auto newest = net::HeldBlock::make(all, down, 250);
    CHECK(up.crowded_out());
    CHECK_FALSE(another.crowded_out());
    CHECK(other.told == 0);
    CHECK(asking.told == 0);  // it is at work, and looks for itself
    CHECK(all.crowded_out() == 1);
    for (net::Stream* const stream : {&up, &down, &another})
        stream->set_waiter(nullptr);
}

TEST_CASE("a side that is half closed has its own, shorter idle time", "[router]") {
    Door door;
    router::Options options{.threads = 1};
    options.limits.idle = 1h;
    options.limits.half_closed = 300ms;
    RouterLab lab({route_to(kName, {door.endpoint()})}, std::move(options));
    Peer client = lab.client(hello_for(kName));
    Peer backend = door.accept();
    client.finish();
    CHECK(client.end() == End::reset);
    CHECK(backend.end() == End::finished);  // which came before that
    CHECK(lab.record().client_end == net::Ending::timed_out);
    CHECK(lab.record().ended >= 300ms);
}

TEST_CASE("an idle time of 0 is for ever", "[router]") {
    Door door;
    router::Options options{.threads = 1};
    options.limits.idle = 0ms;
    RouterLab lab({route_to(kName, {door.endpoint()})}, std::move(options));
    const Buffer wire = hello_for(kName);
    Peer client = lab.client(wire);
    Peer backend = door.accept();
    CHECK(backend.read(wire.size()) == wire);
    pollfd closed{.fd = client.fd(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&closed, 1, 200) == 0);
}

}  // namespace net_held_test
