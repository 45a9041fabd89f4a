// Which backend a hello reaches, and with which bytes.
#include "lab/router/router.h"

#include "tests/support/router_lab.h"

namespace router_router_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;

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

TEST_CASE("bulk goes by as many pipes as a router may have, and is copied beyond", "[router]") {
    const std::size_t pipes = GENERATE(std::size_t{0}, std::size_t{1});
    CAPTURE(pipes);
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})}, {.threads = 1, .max_pipes = pipes});
    const Buffer sent = hello_for(kName) + noise(8'000'000, 3);
    Peer client = lab.client();
    auto came = std::async(std::launch::async, [&] { return client.read(sent.size()); });
    client.send(sent);
    CHECK((came.get() == sent));
    const auto snapshot = lab.router().snapshot();
    REQUIRE(snapshot.has_value());
    CHECK(snapshot->pipes == pipes);
    CHECK(snapshot->pipes_most == pipes);
}

}  // namespace router_router_test
