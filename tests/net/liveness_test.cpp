// Peers that vanished without a word.
#include "lab/net/loop/liveness.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "lab/net/descriptor.h"
#include "tests/support/catch.h"
#include "tests/support/router_lab.h"

namespace net_liveness_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

int option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(fd, level, name, &value, &size);
    return value;
}

/// Connections of this process whose peers the kernel asks after `idle` seconds.
int kept_alive(int idle) {
    int count = 0;
    for (int fd = 3; fd < 1'024; ++fd) {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
        if (option(fd, SOL_SOCKET, SO_KEEPALIVE) != 1) continue;
        ++count;
        CHECK(option(fd, IPPROTO_TCP, TCP_KEEPIDLE) == idle);
        CHECK(option(fd, IPPROTO_TCP, TCP_KEEPINTVL) == std::max(idle / 8, 1));
    }
    return count;
}

/// A connection that has passed `wire` both ways.
Peer talking(const RouterLab& lab, const Buffer& wire) {
    Peer client = lab.client(wire);
    REQUIRE(client.read(wire.size()) == wire);
    return client;
}

}  // namespace

TEST_CASE("both peers of a connection that falls silent are asked whether they are there",
          "[router]") {
    // Of the router's four sockets, two are those of the test's own ends.
    const Stub backend(echo);
    router::Options options{.threads = 2};
    options.liveness.keepalive = 1s;
    SECTION("within an idle limit") {}
    SECTION("without one") {
        options.limits.idle = 0ms;
    }
    RouterLab lab({route_to("*", {backend.endpoint()})}, options);
    const Buffer wire = hello_for("httpbin.example.com");
    Peer client = talking(lab, wire);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (kept_alive(1) < 2) {
        REQUIRE(std::chrono::steady_clock::now() < until);
        ::poll(nullptr, 0, 10);
    }
    CHECK(kept_alive(1) == 2);
    client.send(wire);  // and it goes on as before
    CHECK(client.read(wire.size()) == wire);
}

TEST_CASE("a connection that is not silent yet pays nothing for that", "[router]") {
    const Stub backend(echo);
    RouterLab lab({route_to("*", {backend.endpoint()})}, {.threads = 2});
    const Peer client = talking(lab, hello_for("httpbin.example.com"));
    CHECK(kept_alive(120) == 0);
}

TEST_CASE("an idle limit that ends after the question still ends the connection", "[router]") {
    const Stub backend(echo);
    router::Options options{.threads = 1};
    options.liveness.keepalive = 1s;
    options.limits.idle = 1'500ms;
    RouterLab lab({route_to("*", {backend.endpoint()})}, options);
    const auto began = std::chrono::steady_clock::now();
    Peer client = talking(lab, hello_for("httpbin.example.com"));
    CHECK(client.end() == End::reset);
    CHECK(std::chrono::steady_clock::now() - began >= 1'500ms);
    CHECK(lab.record().client_end == net::Ending::timed_out);
}

TEST_CASE("a peer that the kernel gave up timed out, and did not reset", "[net]") {
    const Stub backend([](Peer peer) {
        peer.read(1);
        peer.send(noise(64u << 20));
    });
    router::Options options{.threads = 1};
    options.liveness.user_timeout = 1s;
    RouterLab lab({route_to("*", {backend.endpoint()})}, options);
    Peer client = Peer::to(lab.address(), 4'096);
    client.send(hello_for("httpbin.example.com"));  // and it takes next to nothing of the answer
    CHECK(lab.record().client_end == net::Ending::timed_out);
    CHECK(lab.record().backend_end == net::Ending::cut);
}

TEST_CASE("a peer is asked after whole seconds at least, and never where that is 0", "[net]") {
    const net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    net::start_keepalive({}, socket.fd());
    CHECK(option(socket.fd(), SOL_SOCKET, SO_KEEPALIVE) == 0);
    net::start_keepalive({.keepalive = 1ms}, socket.fd());
    CHECK(option(socket.fd(), SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(socket.fd(), IPPROTO_TCP, TCP_KEEPIDLE) == 1);
    CHECK(option(socket.fd(), IPPROTO_TCP, TCP_KEEPINTVL) == 1);
    net::start_keepalive({.keepalive = 100h}, socket.fd());
    CHECK(option(socket.fd(), IPPROTO_TCP, TCP_KEEPIDLE) == 32'767);
}

TEST_CASE("what stays unacknowledged is given up after the time that is asked for", "[net]") {
    const net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    net::set_user_timeout({}, socket.fd());
    CHECK(option(socket.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT) == 0);
    net::set_user_timeout({.user_timeout = 7s}, socket.fd());
    CHECK(option(socket.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT) == 7'000);
}

}  // namespace net_liveness_test
