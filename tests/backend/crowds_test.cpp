// Many clients at once, and clients that take their time: nobody waits for somebody else.
#include <array>
#include <ctime>
#include <optional>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include "lab/backend/backend.h"
#include "lab/net/address.h"
#include "tests/backend/refused.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/elapsed.h"
#include "tests/support/hardship.h"
#include "tests/support/peer.h"
#include "tests/support/tls_client.h"

namespace backend_crowds_test {

using namespace sni;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using test::refused;
using test::since;

TEST_CASE("idle and silent connections do not delay a new client", "[backend]") {
    backend::Backend server(test::backend_options());
    std::vector<std::unique_ptr<test::TlsClient>> tls;
    std::vector<test::TcpClient> silent;
    silent.reserve(16);
    for (int i = 0; i < 48; ++i) {
        tls.push_back(std::make_unique<test::TlsClient>(server.listening()));
        CHECK(tls.back()->get("/uuid").status == 200);
    }
    for (int i = 0; i < 24; ++i) {
        tls.push_back(std::make_unique<test::TlsClient>(server.listening()));
    }
    for (int i = 0; i < 16; ++i) {
        silent.emplace_back(server.listening());
    }
    const auto began = Clock::now();
    test::TlsClient client(server.listening());
    CHECK(client.get("/uuid").status == 200);
    CHECK(since(began) < milliseconds(500));  // a silent client would hold it for seconds
    CHECK(tls.front()->get("/uuid").status == 200);
}

TEST_CASE("twenty delays of a second take about a second together", "[backend]") {
    backend::Backend server(test::backend_options());
    std::vector<std::unique_ptr<test::TlsClient>> clients;
    clients.reserve(20);
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<test::TlsClient>(server.listening()));
    }
    const auto began = Clock::now();
    for (const auto& client : clients) {
        client->send("GET /delay/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (const auto& client : clients) {
        CHECK(client->read_answer().status == 200);
    }
    CHECK(since(began) >= milliseconds(1000));
    CHECK(since(began) < milliseconds(2500));
}

TEST_CASE("clients that dawdle are told so or closed when their time is over", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.handshake = options.limits.head = options.limits.body = options.limits.idle =
        milliseconds(100);
    backend::Backend server(std::move(options));
    SECTION("no hello") {
        CHECK(test::TcpClient(server.listening()).read_to_end().empty());
    }
    SECTION("a hello that stops") {
        const test::TcpClient client(server.listening());
        client.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
        CHECK(client.read_to_end().empty());
    }
    SECTION("no request") {
        test::TlsClient client(server.listening());
        CHECK(client.read_to_end().empty());
    }
    SECTION("half a head") {
        CHECK(refused(server, "GET /uuid HTTP/1.1\r\nHost").starts_with("HTTP/1.1 408 "));
    }
    SECTION("half a body") {
        CHECK(refused(server, "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
                  .starts_with("HTTP/1.1 408 "));
    }
    SECTION("between requests") {
        test::TlsClient client(server.listening());
        CHECK(client.get("/uuid").status == 200);
        CHECK(client.read_to_end().empty());
    }
}

TEST_CASE("at the limit of connections the one idle longest makes room", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.connections = 16;
    backend::Backend server(std::move(options));
    std::vector<std::unique_ptr<test::TlsClient>> clients;
    for (int i = 0; i < 40; ++i) {
        clients.push_back(std::make_unique<test::TlsClient>(server.listening()));
        CHECK(clients.back()->get("/uuid").status == 200);
    }
    CHECK(clients.front()->read_to_end().empty());
    CHECK(clients.back()->get("/uuid").status == 200);
}

TEST_CASE("clients that never stop asking do not keep others waiting", "[backend]") {
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    backend::Backend server(std::move(options));
    struct Flood {
        explicit Flood(const Endpoint& where) : client(where) {}
        test::TcpClient client;
        std::thread asks;
        std::thread listens;
    };
    std::vector<Flood> floods;
    std::string requests;
    for (int i = 0; i < 200; ++i) {
        requests += "GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    // More of them than there are workers.
    for (unsigned i = 0; i <= std::max(2u, std::thread::hardware_concurrency()); ++i) {
        floods.emplace_back(server.listening_plain().value());
    }
    for (Flood& flood : floods) {
        const int fd = flood.client.fd();
        flood.asks = std::thread([fd, &requests] {
            while (::send(fd, requests.data(), requests.size(), MSG_NOSIGNAL) > 0) {
            }
        });
        flood.listens = std::thread([fd] {
            std::array<char, 65536> waste;
            while (::recv(fd, waste.data(), waste.size(), 0) > 0) {
            }
        });
    }
    for (int i = 0; i < 5; ++i) {  // within the ten seconds that a client waits
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    }
    for (Flood& flood : floods) {
        ::shutdown(flood.client.fd(), SHUT_RDWR);
        flood.asks.join();
        flood.listens.join();
    }
}

TEST_CASE("a client that reads nothing holds up nobody else, and not the stop", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient deaf(server.listening());
    std::string requests;
    for (int i = 0; i < 100; ++i) {
        requests += "GET /bytes/102400 HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    deaf.send(requests);
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    const auto began = Clock::now();
    server.stop(milliseconds(50));
    CHECK(since(began) < milliseconds(2000));
}

TEST_CASE("a backend without descriptors rests, and goes on once there are some", "[backend]") {
    using namespace std::chrono_literals;
    const bool others_are_there = GENERATE(false, true);
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    backend::Backend server(std::move(options));
    const net::Address address(server.listening_plain().value());
    std::optional<test::TcpClient> other;
    if (others_are_there) {
        other.emplace(server.listening_plain().value());
        other->send("GET /drip?duration=10&numbytes=10&delay=0 HTTP/1.1\r\nHost: a\r\n\r\n");
        char first = 0;
        REQUIRE(::recv(other->fd(), &first, 1, 0) == 1);
    }
    test::Peer client(net::Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)));
    {
        const test::NoDescriptors none;
        REQUIRE(::connect(client.fd(), address.get(), address.size()) == 0);
        const std::clock_t before = std::clock();
        pollfd answer{.fd = client.fd(), .events = POLLIN, .revents = 0};
        CHECK(::poll(&answer, 1, 300) == 0);
        CHECK((std::clock() - before) * 1'000 / CLOCKS_PER_SEC < 100);
    }
    const auto began = Clock::now();
    client.send(test::bytes_of("GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(client.read(12) == test::bytes_of("HTTP/1.1 204"));
    CHECK(since(began) < 5s);
}

}  // namespace backend_crowds_test
