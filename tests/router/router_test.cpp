#include "lab/router/router.h"

#include <algorithm>
#include <future>

#include <sys/resource.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "tests/support/router_lab.h"

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;

namespace {

const std::string kName = "httpbin.example.com";

/// A backend that answers with a name at once, and then waits for the end.
Stub::Handler says(std::string name) {
    return [name = std::move(name)](Peer peer) {
        peer.send(bytes_of(name));
        peer.finish();
        peer.end();
    };
}

/// Which backend a client with this first flight reaches.
std::string reached(RouterLab& lab, const Buffer& wire) {
    Peer client = lab.client(wire);
    client.finish();
    const Buffer answer = client.read_all();
    return std::string(as_text(answer));
}

}  // namespace

TEST_CASE("names go to their backends: exact, longest suffix, default", "[router]") {
    const Stub exact(says("exact")), deep(says("deep")), wide(says("wide")), rest(says("rest"));
    RouterLab lab({route_to("a.example.com", {exact.endpoint()}),
                   route_to("*.b.example.com", {deep.endpoint()}),
                   route_to("*.example.com", {wide.endpoint()}), route_to("*", {rest.endpoint()})});
    CHECK(reached(lab, hello_for("a.example.com")) == "exact");
    CHECK(reached(lab, hello_for("A.EXAMPLE.com")) == "exact");
    CHECK(reached(lab, hello_for("x.y.b.example.com")) == "deep");
    CHECK(reached(lab, hello_for("b.example.com")) == "wide");
    CHECK(reached(lab, hello_for("example.com")) == "rest");
    CHECK(reached(lab, record(Hello{}.message())) == "rest");
}

TEST_CASE("a backend gets the client's very bytes, and the client the backend's", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const std::size_t behind =
        GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{200'000}, std::size_t{5'000'000});
    const Buffer wire = hello_for(kName) + noise(behind);
    Peer client = lab.client();
    std::thread sender([&] {
        client.send(wire);
        client.finish();
    });
    End end{};
    const Buffer answer = client.read_all(end);
    sender.join();
    CHECK((answer == wire));
    CHECK(end == End::finished);
    client.close();
    const router::SessionRecord record = lab.record();
    CHECK(record.outcome == Outcome::routed);
    CHECK(record.bytes_up == wire.size());
    CHECK(record.bytes_down == wire.size());
    CHECK(record.client_end == net::Ending::finished);
    CHECK(record.backend_end == net::Ending::finished);
    CHECK(record.backend == backend.endpoint());
    CHECK(record.route == kName);
    CHECK(record.client.host == "127.0.0.1");
    CHECK(record.hello.value() <= record.connected.value());
    CHECK(record.connected.value() <= record.ended);
}

TEST_CASE("a hello that comes a byte at a time is routed", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = hello_for(kName);
    Peer client = lab.client();
    for (const std::byte& byte : wire) {
        client.send(Buffer(1, byte));
    }
    CHECK(client.read(wire.size()) == wire);
}

TEST_CASE("a hello in many records is routed by its name, not to the default", "[router]") {
    const Stub backend(echo);
    const Door rest;
    RouterLab lab({route_to(kName, {backend.endpoint()}), route_to("*", {rest.endpoint()})});
    const std::size_t size = GENERATE(1u, 7u, 64u, 1000u);
    const Buffer wire = records(padded_hello(kName, 2'000).message(), size);
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
    CHECK(rest.quiet());
}

TEST_CASE("a hello of 64 kB is routed whole", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = records(padded_hello(kName, 65'536).message(), 16'384);
    Peer client = lab.client(wire);
    CHECK((client.read(wire.size()) == wire));
}

TEST_CASE("a client's end right behind its hello is passed on, and the answer comes", "[router]") {
    const Stub backend([](Peer peer) {
        const Buffer question = peer.read_all();
        peer.send(bytes_of("answer to " + std::to_string(question.size())));
        peer.finish();
    });
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = hello_for(kName);
    CHECK(reached(lab, wire) == "answer to " + std::to_string(wire.size()));
}

TEST_CASE("a reset is passed on through the router, both ways", "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})});
    const Buffer wire = hello_for(kName);
    Peer client = lab.client(wire);
    Peer backend = door.accept();
    REQUIRE(backend.read(wire.size()) == wire);
    SECTION("from the client") {
        client.reset();
        CHECK(backend.end() == End::reset);
        CHECK(lab.record().client_end == net::Ending::reset);
        CHECK(lab.record().backend_end == net::Ending::cut);
    }
    SECTION("from the backend") {
        backend.reset();
        CHECK(client.end() == End::reset);
        CHECK(lab.record().backend_end == net::Ending::reset);
    }
}

TEST_CASE("a backend that speaks first is heard", "[router]") {
    const Stub backend(says("220 welcome"));
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    Peer client = lab.client(hello_for(kName));
    CHECK(client.read(11) == bytes_of("220 welcome"));
}

TEST_CASE("backends share a name by weight", "[router]") {
    const Stub one(says("one")), two(says("two"));
    route::Route route = route_to(kName, {one.endpoint(), two.endpoint()});
    route.backends[0].weight = 3;
    RouterLab lab({route});
    int ones = 0;
    for (int i = 0; i < 40; ++i) {
        ones += reached(lab, hello_for(kName)) == "one";
    }
    CHECK(ones == 30);
}

TEST_CASE("when a backend refuses the next one is tried", "[router]") {
    const ClosedPort closed;
    const Stub open(says("open"));
    RouterLab lab({route_to(kName, {closed.endpoint(), open.endpoint()})});
    for (int i = 0; i < 4; ++i) {
        CHECK(reached(lab, hello_for(kName)) == "open");
    }
    for (const router::SessionRecord& record : lab.records(4)) {
        CHECK(record.backend == open.endpoint());
    }
}

TEST_CASE("a backend that refuses rests while others take its turns", "[router]") {
    Door door;
    const Endpoint late = door.endpoint();
    door = Door();  // nobody listens there now
    const Stub open(says("open"));
    RouterLab lab({route_to(kName, {late, open.endpoint()})});
    const auto began = std::chrono::steady_clock::now();
    CHECK(reached(lab, hello_for(kName)) == "open");
    CHECK(reached(lab, hello_for(kName)) == "open");
    // It is up again, but rests for a second from its refusal.
    const Stub again(says("again"), late);
    for (int i = 0; i < 2; ++i) {
        const std::string one = reached(lab, hello_for(kName));
        if (std::chrono::steady_clock::now() - began < 1s) CHECK(one == "open");
    }
}

TEST_CASE("backends that all rest are tried all the same", "[router]") {
    Door one_door, two_door;
    const Endpoint one = one_door.endpoint(), two = two_door.endpoint();
    one_door = Door();
    two_door = Door();
    RouterLab lab({route_to(kName, {one, two})});
    CHECK(reached(lab, hello_for(kName)) != "back");
    const Stub back(says("back"), two);
    CHECK(reached(lab, hello_for(kName)) == "back");
}

TEST_CASE("a trailing dot is stripped where that is asked for, and the bytes stay", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})},
                  {.trailing_dot = tls::TrailingDot::strip});
    const Buffer wire = hello_for(kName + ".");
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
    client.finish();
    CHECK(client.end() == End::finished);
    CHECK(lab.record().route == kName);
    CHECK(lab.record().sni == kName + ".");
}

TEST_CASE("what is not TLS goes to its own backend where there is one, with its first bytes",
          "[router]") {
    const Stub other(echo);
    const Stub tls_backend(says("tls"));
    RouterLab lab({route_to("*", {tls_backend.endpoint()})}, {.non_tls = other.endpoint()});
    const Buffer text = bytes_of("SSH-2.0-x\r\n");
    Peer client = lab.client(text);
    CHECK(client.read(text.size()) == text);
    client.finish();
    CHECK(client.end() == End::finished);
    CHECK(lab.record().outcome == Outcome::routed);
    CHECK(lab.record().route == "--non-tls");
    CHECK(reached(lab, hello_for(kName)) == "tls");
    // A hello that is wrong is still no foreign protocol.
    CHECK(lab.client(record({})).read_all().size() == 7);
    CHECK(lab.client(number(0x802e0100, 4)).read_all().size() == 7);
}

TEST_CASE("IPv6, Unix and named backends are dialled", "[router]") {
    const std::string path = "/tmp/sni-lab-test-" + std::to_string(::getpid()) + ".sock";
    ::unlink(path.c_str());
    const Stub v6(says("v6"), Endpoint{Endpoint::Kind::ipv6, "::1", 0});
    const Stub unix_socket(says("unix"), Endpoint{Endpoint::Kind::unix_path, path, 0});
    const Stub v4(says("v4"));
    const Endpoint named{Endpoint::Kind::name, "localhost", v4.endpoint().port};
    RouterLab lab({route_to("v6.test", {v6.endpoint()}),
                   route_to("unix.test", {unix_socket.endpoint()}),
                   route_to("named.test", {named})});
    CHECK(reached(lab, hello_for("v6.test")) == "v6");
    CHECK(reached(lab, hello_for("unix.test")) == "unix");
    CHECK(reached(lab, hello_for("named.test")) == "v4");
    // Two threads file them, in whatever order.
    const auto records = lab.records(3);
    CHECK(std::ranges::count(records, named, &router::SessionRecord::backend) == 1);
    ::unlink(path.c_str());
}

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

TEST_CASE("two hundred clients at once are all served, and leave nothing behind", "[router]") {
    const std::size_t before = open_descriptors();
    {
        const Stub backend(echo);
        RouterLab lab({route_to(kName, {backend.endpoint()})});
        std::vector<Peer> clients;
        for (int i = 0; i < 200; ++i) {
            clients.push_back(lab.client());
        }
        const Buffer wire = hello_for(kName);
        for (std::size_t i = 0; i < clients.size(); ++i) {
            clients[i].send(wire + noise(1'000 + i, i));
        }
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const Buffer sent = wire + noise(1'000 + i, i);
            REQUIRE((clients[i].read(sent.size()) == sent));
        }
        for (Peer& client : clients) {
            client.finish();
        }
        for (Peer& client : clients) {
            CHECK(client.end() == End::finished);
        }
        CHECK(lab.records(200).size() == 200);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("five hundred stalled hellos do not hold up a good one", "[router]") {
    const Stub backend(says("served"));
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = hello_for(kName);
    std::vector<Peer> stalled;
    for (int i = 0; i < 500; ++i) {
        stalled.push_back(lab.client(Buffer(wire.begin(), wire.end() - 1)));
    }
    CHECK(reached(lab, wire) == "served");
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

TEST_CASE("beyond the most connections allowed a client waits its turn", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.threads = 2, .max_connections = 3});
    CHECK(lab.router().max_connections() == 3);
    const Buffer wire = hello_for(kName);
    std::vector<Peer> first;
    for (int i = 0; i < 3; ++i) {
        first.push_back(lab.client(wire));
        REQUIRE(first.back().read(wire.size()) == wire);
    }
    Peer fourth = lab.client(wire);
    pollfd waiting{.fd = fourth.fd(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&waiting, 1, 50) == 0);
    first.pop_back();
    CHECK(fourth.read(wire.size()) == wire);
}

TEST_CASE("a process without descriptors neither spins nor dies, and goes on later", "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})}, {.threads = 2, .max_connections = 1'000});
    const Buffer wire = hello_for(kName);
    {
        // One good round first: UBSan looks at a type once, and needs descriptors to look.
        Peer good = lab.client();
        good.send(wire);
        REQUIRE(door.accept().read(wire.size()) == wire);
    }
    Peer client = lab.client();

    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit none{.rlim_cur = 3, .rlim_max = limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    timespec cpu_before{}, cpu_after{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_before);
    client.send(wire);
    pollfd waiting{.fd = client.fd(), .events = POLLIN, .revents = 0};
    const int answered = ::poll(&waiting, 1, 300);  // time enough to spin
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_after);
    ::setrlimit(RLIMIT_NOFILE, &limit);

    CHECK(answered == 0);
    const double cpu = static_cast<double>(cpu_after.tv_sec - cpu_before.tv_sec) +
                       static_cast<double>(cpu_after.tv_nsec - cpu_before.tv_nsec) / 1e9;
    CHECK(cpu < 0.1);
    CHECK(door.accept().read(wire.size()) == wire);
}
