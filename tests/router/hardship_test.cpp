// Many clients that mean no good, and good ones that must not feel it.
#include <future>

#include "tests/support/router_lab.h"
#include "tests/support/tunnel.h"

namespace router_hardship_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;

namespace {

/// So many of them that a leak shows, as few as the machine's descriptors allow.
std::size_t as_many_as_fit(RouterLab& lab, std::size_t wanted) {
    return std::min(wanted, lab.router().max_connections() / 3);
}

}  // namespace

TEST_CASE("five hundred stalled hellos and two hundred good ones leave no descriptor", "[router]") {
    const std::size_t before = open_descriptors();
    {
        const Stub backend(echo);
        RouterLab lab({route_to(kName, {backend.endpoint()})});
        const Buffer wire = hello_for(kName);
        std::vector<Peer> stalled;
        for (std::size_t i = 0; i < as_many_as_fit(lab, 500); ++i) {
            stalled.push_back(lab.client(Buffer(wire.begin(), wire.end() - 1)));
        }
        std::vector<Peer> good;
        for (std::size_t i = 0; i < as_many_as_fit(lab, 200); ++i) {
            good.push_back(lab.client(wire));
        }
        for (Peer& client : good) {
            REQUIRE(client.read(wire.size()) == wire);
            client.finish();
            CHECK(client.end() == End::finished);
        }
        const std::size_t all = stalled.size() + good.size();
        for (std::size_t i = 0; i < stalled.size(); ++i) {
            // Half of them come to their senses.
            if (i % 2 == 0) {
                stalled[i].reset();
            } else {
                stalled[i].send(Buffer(wire.end() - 1, wire.end()));
                REQUIRE(stalled[i].read(wire.size()) == wire);
                stalled[i].finish();
            }
        }
        CHECK(lab.records(all).size() == all);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("clients that reset while their backends hang leave nothing, and others are served",
          "[router]") {
    const std::size_t before = open_descriptors();
    {
        const DeafBackend deaf;
        const Stub backend(echo);
        RouterLab lab(
            {route_to("deaf.test", {deaf.endpoint()}), route_to(kName, {backend.endpoint()})},
            {.limits = {.connect = 1h}});
        const Buffer wire = hello_for(kName);
        std::vector<Peer> hanging;
        for (std::size_t i = 0; i < as_many_as_fit(lab, 100); ++i) {
            hanging.push_back(lab.client(hello_for("deaf.test")));
        }
        Peer good = lab.client(wire);
        CHECK(good.read(wire.size()) == wire);
        for (Peer& client : hanging) {
            client.reset();
        }
        const std::size_t count = hanging.size();
        for (const router::SessionRecord& record : lab.records(count)) {
            // One that was reset before its hello was read never got as far as a dial.
            CHECK((record.outcome == Outcome::client_reset ||
                   record.outcome == Outcome::client_left));
        }
        good.send(bytes_of("still here"));
        CHECK(good.read(10) == bytes_of("still here"));
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("two sides that send 64 MB and read nothing cost little memory, and lose nothing",
          "[router]") {
    constexpr std::size_t kMuch = 64u << 20;
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})});
    const Buffer wire = hello_for(kName);
    const Buffer up = noise(kMuch, 1);
    const Buffer down = noise(kMuch, 2);
    Peer client = lab.client(wire);
    Peer backend = door.accept();
    REQUIRE(backend.read(wire.size()) == wire);
    const std::size_t before = resident_bytes();
    const std::size_t up_at_first = fill(client, up);
    const std::size_t down_at_first = fill(backend, down);
    CHECK(up_at_first < kMuch / 2);
    CHECK(down_at_first < kMuch / 2);
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed
    CHECK(resident_bytes() < before + (8u << 20));
#else
    static_cast<void>(before);
#endif

    // Now that both read, the rest follows, both ways at once.
    const auto send_rest = [](Peer& peer, const Buffer& all, std::size_t sent) {
        peer.send(Buffer(all.begin() + static_cast<std::ptrdiff_t>(sent), all.end()));
        peer.finish();
    };
    std::thread client_sends([&] { send_rest(client, up, up_at_first); });
    std::thread backend_sends([&] { send_rest(backend, down, down_at_first); });
    auto at_backend = std::async(std::launch::async, [&] { return backend.read_all() == up; });
    CHECK((client.read_all() == down));
    CHECK(at_backend.get());
    client_sends.join();
    backend_sends.join();
    CHECK(lab.record().bytes_up == wire.size() + kMuch);
    CHECK(lab.record().bytes_down == kMuch);
}

TEST_CASE("floods behind the hello for backends that never read are left to the kernel",
          "[router]") {
    Door door(loopback(0), 512);
    RouterLab lab({route_to(kName, {door.endpoint()})});
    const Buffer flood = hello_for(kName) + Buffer(200'000);
    [[maybe_unused]] const std::size_t before = resident_bytes();
    const std::size_t count = as_many_as_fit(lab, 200);
    std::vector<Peer> clients, backends;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(lab.client());
        clients.back().send_some(flood);
        backends.push_back(door.accept());
    }
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed
    CHECK(resident_bytes() < before + (32u << 20));
#endif
    // A good one among them.
    Peer client = lab.client(hello_for(kName));
    Peer backend = door.accept();
    backend.send(bytes_of("served"));
    CHECK(client.read(6) == bytes_of("served"));
}

TEST_CASE("two hundred live streams survive ten reloads, byte for byte", "[router]") {
    const Stub backend(echo);
    const Stub other(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = hello_for(kName);
    std::vector<Peer> clients;
    for (std::size_t i = 0; i < as_many_as_fit(lab, 200); ++i) {
        clients.push_back(lab.client(wire));
        REQUIRE(clients.back().read(wire.size()) == wire);
    }
    for (std::uint64_t reload = 0; reload < 10; ++reload) {
        for (std::size_t i = 0; i < clients.size(); ++i) {
            clients[i].send(noise(3'000 + i, reload * 1'000 + i));
        }
        // The name goes elsewhere, and then nowhere, while they are in the middle of it.
        lab.router().reload(reload % 2 == 0
                                ? route::RouteTable({route_to(kName, {other.endpoint()})})
                                : route::RouteTable());
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const Buffer sent = noise(3'000 + i, reload * 1'000 + i);
            REQUIRE((clients[i].read(sent.size()) == sent));
        }
    }
    for (Peer& client : clients) {
        client.finish();
        CHECK(client.end() == End::finished);
    }
    for (const router::SessionRecord& record : lab.records(clients.size())) {
        CHECK(record.outcome == Outcome::routed);
        CHECK(record.backend == backend.endpoint());
        CHECK(record.bytes_up == record.bytes_down);
    }
    CHECK(lab.client(wire).read_all().size() == 7);  // the last reload left no route
}

TEST_CASE("a name that a client says is never looked up nor dialled", "[router]") {
    const Door door;
    RouterLab lab({route_to("other.test", {door.endpoint()})});
    for (const char* name : {"localhost", "localhost.localdomain", "ip6-localhost"}) {
        CHECK(lab.client(hello_for(name)).read_all().size() == 7);
    }
    for (const router::SessionRecord& record : lab.records(3)) {
        CHECK(record.outcome == Outcome::no_route);
        CHECK_FALSE(record.backend.has_value());
    }
    CHECK(door.quiet());
}

TEST_CASE("a last byte and the end that come together are both passed on", "[router]") {
    // An edge told once for both: a short read must not be taken for the last there is to read.
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})});
    const Buffer wire = hello_for(kName);
    for (int i = 0; i < 100; ++i) {
        Peer client = lab.client(wire);
        Peer backend = door.accept();
        REQUIRE(backend.read(wire.size()) == wire);
        Peer& speaker = i % 2 == 0 ? client : backend;
        Peer& listener = i % 2 == 0 ? backend : client;
        speaker.send(bytes_of("."));
        speaker.finish();
        End end{};
        REQUIRE(listener.read_all(end) == bytes_of("."));
        REQUIRE(end == End::finished);
    }
}

}  // namespace router_hardship_test
