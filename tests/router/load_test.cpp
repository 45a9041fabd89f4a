// What many clients, or odd ones, cost the router; and what both legs of a connection look like.
#include <malloc.h>
#include <netinet/tcp.h>

#include "lab/tls/alert.h"
#include "tests/support/router_lab.h"
#include "tests/support/tunnel.h"

namespace router_load_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;
using router::Outcome;

namespace {

Endpoint name_of(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (ask(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
    return net::Address(reinterpret_cast<const sockaddr*>(&storage), size).endpoint();
}

/// The router's own end of the connection to `peer`: it lives in this process too.
int other_end_of(const Peer& peer) {
    const Endpoint here = name_of(peer.fd(), ::getsockname);
    for (int fd = 0; fd < 4096; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 && name_of(fd, ::getpeername) == here) return fd;
    }
    return -1;
}

bool sends_without_delay(int fd) {
    int on = 0;
    socklen_t size = sizeof on;
    return ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0 && on != 0;
}

}  // namespace

TEST_CASE("both legs of a connection send without delay", "[router]") {
    Door door;
    RouterLab lab({route_to(kName, {door.endpoint()})});
    const Buffer wire = hello_for(kName);
    Peer client = lab.client(wire);
    Peer backend = door.accept();
    REQUIRE(backend.read(wire.size()) == wire);
    CHECK(sends_without_delay(other_end_of(client)));
    CHECK(sends_without_delay(other_end_of(backend)));
}

TEST_CASE("a thousand clients at once are all served, and leave no descriptor", "[router]") {
    const std::size_t before = open_descriptors();
    {
        Door door(loopback(0), 1'024);
        RouterLab lab({route_to(kName, {door.endpoint()})});
        if (lab.router().max_connections() < 2'100) WARN("few descriptors: clients take turns");
        const Buffer wire = hello_for(kName);
        const std::size_t count = std::min<std::size_t>(1'000, lab.router().max_connections() / 3);
        std::vector<Peer> clients, backends;
        for (std::size_t i = 0; i < count; ++i) {
            clients.push_back(lab.client(wire));
        }
        for (std::size_t i = 0; i < count; ++i) {
            backends.push_back(door.accept());
        }
        for (Peer& backend : backends) {
            REQUIRE(backend.read(wire.size()) == wire);
            backend.send(bytes_of("served"));
            backend.finish();
        }
        for (Peer& client : clients) {
            client.finish();
            REQUIRE(client.read_all() == bytes_of("served"));
        }
        CHECK(lab.records(count).size() == count);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a stalled hello costs little more than its own bytes", "[router]") {
    constexpr std::size_t kStalled = 300;
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = records(padded_hello(kName, 8'000).message(), 16'384);
    const std::size_t before = ::mallinfo2().uordblks;
    std::vector<Peer> stalled;
    for (std::size_t i = 0; i < kStalled; ++i) {
        stalled.push_back(lab.client(Buffer(wire.begin(), wire.end() - 1)));
    }
    Peer good = lab.client(wire);  // behind them on either thread, or nearly
    REQUIRE(good.read(wire.size()) == wire);
    CHECK(::mallinfo2().uordblks - before < kStalled * 40'000);
}

TEST_CASE("floods behind a hello that is refused are not kept", "[router]") {
    RouterLab lab({route_to(kName, {loopback(1)})});
    const Buffer flood = hello_for("other.example.com") + Buffer(200'000);
    const std::size_t before = resident_bytes();
    for (int i = 0; i < 200; ++i) {
        Peer client = lab.client();
        client.send_some(flood);
        client.finish();
        client.end();
    }
    CHECK(lab.records(200).size() == 200);
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed
    CHECK(resident_bytes() < before + (32u << 20));
#else
    static_cast<void>(before);
#endif
}

TEST_CASE("bytes behind a hello in its own record are passed on with it", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer second_message = number(0x0b000000, 4);
    const Buffer wire = record(hello_with(kName).message() + second_message);
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
}

TEST_CASE("a hello that offers ECH goes by its outer name, and the record says so", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = record(hello_with(kName, extension(0xfe0d, Buffer(180))).message());
    Peer client = lab.client(wire);
    REQUIRE(client.read(wire.size()) == wire);
    client.finish();
    CHECK(client.end() == End::finished);
    CHECK(lab.record().ech_offered);
    CHECK(lab.record().sni == kName);
}

TEST_CASE("a name in upper case is routed by its lower case, and its bytes stay", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to(kName, {backend.endpoint()})});
    const Buffer wire = hello_for("HTTPBIN.Example.COM");
    Peer client = lab.client(wire);
    CHECK(client.read(wire.size()) == wire);
}

}  // namespace router_load_test
