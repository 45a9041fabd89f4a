// What hellos that came in part may hold together.
#include <malloc.h>

#include "lab/router/stalled_hellos.h"
#include "tests/support/router_lab.h"

namespace router_stalled_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;

namespace {

/// All but the last byte of a hello of `size` bytes and a little.
Buffer part_of(std::size_t size) {
    Buffer wire = records(padded_hello(kName, size).message(), 16'384);
    wire.pop_back();
    return wire;
}

std::size_t stalled_bytes(RouterLab& lab) {
    const auto snapshot = lab.router().snapshot();
    REQUIRE(snapshot.has_value());
    return snapshot->stalled_bytes;
}

/// A client whose hello has stalled in the router, which holds all that was sent of it.
Peer stalled(RouterLab& lab, const Buffer& part) {
    const std::size_t before = stalled_bytes(lab);
    Peer client = lab.client(part);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (stalled_bytes(lab) == before && std::chrono::steady_clock::now() < until) {
    }
    return client;
}

}  // namespace

TEST_CASE("when stalled hellos hold all they may, the oldest is crowded out", "[router]") {
    const Stub backend(echo);
    const Buffer part = part_of(4'000);
    RouterLab lab({route_to(kName, {backend.endpoint()})},
                  {.threads = 1, .max_stalled = 3 * part.size()});
    Peer first = stalled(lab, part);
    Peer second = stalled(lab, part);
    Peer third = stalled(lab, part);
    CHECK(stalled_bytes(lab) == 3 * part.size());
    Peer fourth = stalled(lab, Buffer(1, std::byte{22}));
    CHECK(first.end() == End::finished);
    CHECK(lab.record().outcome == Outcome::crowded_out);
    CHECK(lab.record().client_end == net::Ending::cut);
    CHECK(lab.record().client == net::local_endpoint(first.fd()));
    CHECK(stalled_bytes(lab) == 2 * part.size() + 1);

    // Those that were there behind it are as good as ever.
    second.send(Buffer(1));
    CHECK(second.read(part.size() + 1).size() == part.size() + 1);
}

TEST_CASE("a hello that alone holds more than all may is crowded out itself", "[router]") {
    const Door backend;
    RouterLab lab({route_to("*", {backend.endpoint()})}, {.threads = 1, .max_stalled = 10'000});
    Peer client = lab.client(part_of(30'000));
    CHECK(client.read_all().empty());
    CHECK(lab.record().outcome == Outcome::crowded_out);
    CHECK(backend.quiet());
    CHECK(stalled_bytes(lab) == 0);
}

TEST_CASE("hellos that are whole at once need nothing of what stalled ones may hold", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.threads = 1, .max_stalled = 1});
    const Buffer wire = hello_for(kName);
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
}

TEST_CASE("a hello that waits for its backend counts, and goes when newer ones need the room",
          "[router]") {
    const DeafBackend silent;
    const Stub backend(echo);
    const Endpoint by_name{Endpoint::Kind::name, "backend.example", 443};
    const auto to = GENERATE(0, 1);
    CAPTURE(to);
    router::Options options{.threads = 1, .max_stalled = 40'000};
    options.look_up = [where = silent.endpoint()](const Endpoint&) { return std::vector{where}; };
    RouterLab lab({route_to("*.example.com", {to == 0 ? silent.endpoint() : by_name}),
                   route_to("live.test", {backend.endpoint()})},
                  std::move(options));
    const Buffer whole = records(padded_hello(kName, 15'000).message(), 16'384);
    Peer first = stalled(lab, whole);
    CHECK(stalled_bytes(lab) == whole.size());
    Peer second = stalled(lab, whole);
    CHECK(stalled_bytes(lab) == 2 * whole.size());
    Peer third = lab.client(whole);
    CHECK(first.end() == End::finished);
    CHECK(lab.record().outcome == Outcome::crowded_out);
    CHECK(stalled_bytes(lab) == 2 * whole.size());

    // A backend that answers is as near as ever, and nothing of its clients is counted any more.
    const Buffer wire = hello_for("live.test");
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
    CHECK(stalled_bytes(lab) == 2 * whole.size());
}

TEST_CASE("many stalled hellos hold no more than they may, on all threads together", "[router]") {
    constexpr std::size_t kMost = 1'000'000;
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.threads = 2, .max_stalled = kMost});
    const Buffer part = part_of(16'000);
    std::vector<Peer> clients;
    for (std::size_t i = 0; i < 300; ++i) {
        clients.push_back(lab.client(part));
        CHECK(stalled_bytes(lab) <= kMost);
    }
    const auto crowded = lab.records(300 - kMost / part.size());
    for (const router::SessionRecord& record : crowded) {
        CHECK(record.outcome == Outcome::crowded_out);
    }
    // An honest client is served all the same, also in two segments.
    const Buffer wire = hello_for(kName);
    Peer client = lab.client(Buffer(wire.begin(), wire.begin() + 100));
    client.send(Buffer(wire.begin() + 100, wire.end()));
    CHECK(client.read(wire.size()) == wire);
}

TEST_CASE("what a refused client had sent is not kept while it is told", "[router]") {
    // The router waits half a second for the client's own end, which does not come.
    RouterLab lab({route_to("other.test", {loopback(1)})}, {.threads = 1});
    const std::size_t before = ::mallinfo2().uordblks;
    std::vector<Peer> refused;
    const Buffer wire = records(padded_hello(kName, 60'000).message(), 16'384);
    for (int i = 0; i < 50; ++i) {
        refused.push_back(lab.client(wire));
        REQUIRE(refused.back().read(7).size() == 7);
    }
    CHECK(lab.router().snapshot()->live > 0);
    CHECK(::mallinfo2().uordblks - before < 50 * 60'000 / 2);
}

}  // namespace router_stalled_test
