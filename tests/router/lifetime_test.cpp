// A router from its listeners to its end: ports, drains, stops, reloads.
#include <algorithm>
#include <future>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/router/router.h"
#include "tests/support/router_lab.h"

namespace router_lifetime_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;

TEST_CASE("two routers never share a port, and the first goes on", "[router]") {
    const Stub backend(says("first"));
    RouterLab first({route_to(kName, {backend.endpoint()})});
    router::Options same{.listen = {first.address()}, .threads = 2};
    try {
        const router::Router second(route::RouteTable(), same);
        FAIL("the second router listens too");
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::machine);
        CHECK(failure.diagnostics().front().code == code::kPortInUse);
    }
    CHECK(reached(first, hello_for(kName)) == "first");
}

TEST_CASE("a router listens on several addresses and tells the ports it got", "[router]") {
    const Stub backend(says("here"));
    RouterLab lab({route_to(kName, {backend.endpoint()})},
                  {.listen = {loopback(0), Endpoint{Endpoint::Kind::ipv6, "::1", 0}}});
    REQUIRE(lab.router().listening().size() == 2);
    for (const Endpoint& listening : lab.router().listening()) {
        CHECK(listening.port != 0);
        Peer client = Peer::to(listening);
        client.send(hello_for(kName));
        CHECK(client.read(4) == bytes_of("here"));
    }
}

TEST_CASE("a router that stops cuts what is live, says how much, and files every record",
          "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})});
    Peer routed = lab.client(hello_for(kName));
    Peer backend = door.accept();
    REQUIRE(backend.read(1).size() == 1);
    Peer stalled = lab.client(Buffer(1, std::byte{22}));
    const std::size_t cut = lab.router().stop();  // the stalled one may not be in yet
    CHECK(cut >= 1);
    CHECK(cut <= 2);
    CHECK(lab.router().stop() == cut);
    const auto records = lab.records(cut);
    CHECK(std::ranges::any_of(records, [](const router::SessionRecord& record) {
        return record.outcome == Outcome::routed && record.client_end == net::Ending::cut;
    }));
    CHECK(routed.end() == End::reset);
}

TEST_CASE("a router that stops while it dials says nothing of the backend", "[router]") {
    const ClosedPort closed;
    const DeafBackend deaf;
    RouterLab lab({{route::HostPattern::parse(kName).value(),
                    {{closed.endpoint(), 1'000}, {deaf.endpoint(), 1}}}},
                  {.limits = {.connect = 1h}});
    const Peer client = lab.client(hello_for(kName));
    wait_until_dialled(lab, deaf.endpoint());
    CHECK(lab.router().stop() == 1);
    const router::SessionRecord record = lab.record();
    CHECK(record.outcome == Outcome::cut);
    CHECK(record.backend == deaf.endpoint());
    CHECK(record.error == 0);
}

TEST_CASE("a draining router lets a connection finish and accepts no other afterwards",
          "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})});
    const Buffer wire = hello_for(kName);
    Peer client = lab.client(wire);
    Peer backend = door.accept();
    REQUIRE(backend.read(wire.size()) == wire);

    auto cut = std::async(std::launch::async, [&] { return lab.router().stop(kPatience); });
    backend.send(bytes_of("last words"));
    backend.finish();
    CHECK(client.read_all() == bytes_of("last words"));
    client.finish();
    CHECK(cut.get() == 0);
    CHECK_THROWS(lab.client());
}

TEST_CASE("a silent client that connected before a drain is still served", "[router]") {
    const Stub backend(says("served"));
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.threads = 1});
    Peer silent = lab.client();  // the kernel keeps it back
    auto cut = std::async(std::launch::async, [&] { return lab.router().stop(kPatience); });
    // Its hello comes when the listener is gone: the drain lasts at least a second.
    pollfd later{.fd = silent.fd(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&later, 1, 1'500) == 0);
    silent.send(hello_for(kName));
    silent.finish();
    CHECK(silent.read_all() == bytes_of("served"));
    CHECK(cut.get() == 0);
}

TEST_CASE("a drain that keeps nobody back does not wait", "[router]") {
    const Stub backend(says("served"));
    // Code that waits does so every time; a machine that is busy does not slow every drain.
    auto fastest = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 5 && fastest >= 900ms; ++i) {
        RouterLab lab({route_to(kName, {backend.endpoint()})});
        CHECK(reached(lab, hello_for(kName)) == "served");
        lab.records(1);
        const auto began = std::chrono::steady_clock::now();
        CHECK(lab.router().stop(kPatience) == 0);
        fastest = std::min(fastest, std::chrono::steady_clock::now() - began);
    }
    CHECK(fastest < 900ms);
}

TEST_CASE("a second stop shortens the grace of the first", "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})});
    Peer client = lab.client(hello_for(kName));
    Peer backend = door.accept();
    auto patient = std::async(std::launch::async, [&] { return lab.router().stop(1h); });
    CHECK(patient.wait_for(20ms) == std::future_status::timeout);
    CHECK(lab.router().stop(0ms) == 1);
    CHECK(patient.get() == 1);
}

TEST_CASE("a reload sends new connections elsewhere and leaves open ones alone", "[router]") {
    Door old_door;
    const Stub new_backend(says("new"));
    RouterLab lab({route_to(kName, {old_door.endpoint()})});
    const Buffer wire = hello_for(kName);
    Peer open = lab.client(wire);
    Peer old_backend = old_door.accept();
    REQUIRE(old_backend.read(wire.size()) == wire);

    lab.router().reload(route::RouteTable({route_to(kName, {new_backend.endpoint()})}));
    CHECK(reached(lab, wire) == "new");
    open.send(bytes_of("still"));
    CHECK(old_backend.read(5) == bytes_of("still"));

    CHECK_THROWS_AS(lab.router().reload(route::RouteTable({route_to("*", {lab.address()})})),
                    Failure);
    CHECK(reached(lab, wire) == "new");
}

}  // namespace router_lifetime_test
