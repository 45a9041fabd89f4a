// What all connections together may make the backend keep.
#include <algorithm>
#include <thread>

#include <malloc.h>

#include "lab/backend/backend.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/hello_builder.h"
#include "tests/support/tls_client.h"

namespace backend_held_test {

using namespace sni;

namespace {

const std::string kHead = "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

/// The first half of a ClientHello of 60,000 bytes, in records.
std::string half_hello() {
    std::string wire;
    for (int record = 0; record < 2; ++record) {
        wire += std::string("\x16\x03\x01\x3C\x00", 5);
        std::string piece(0x3C00, '\0');
        if (record == 0) piece.replace(0, 6, std::string("\x01\x00\xEA\x60\x03\x03", 6));
        wire += piece;
    }
    return wire;
}

/// Bytes that this process has from the heap; 0 where a sanitizer has it.
std::size_t heap() {
    return ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
}

/// True when something comes back, an end or bytes.
bool ended(const test::TcpClient& client) {
    char byte = 0;
    return ::recv(client.fd(), &byte, 1, MSG_DONTWAIT) >= 0 || errno == ECONNRESET;
}

/// A whole ClientHello of that size for TLS 1.2, which every OpenSSL answers.
std::string long_hello(std::size_t size) {
    using test::number;
    using test::operator+;
    test::Hello hello;
    hello.cipher_suites = number(0xc02b, 2) + number(0xc02f, 2);
    hello.extensions = test::extension(10, test::vec(2, number(0x001d, 2) + number(0x0017, 2))) +
                       test::extension(13, test::vec(2, number(0x0403, 2) + number(0x0804, 2)));
    hello.extensions = hello.extensions + test::extension(21, test::Buffer(size));
    return std::string(as_text(test::records(hello.message(), 16u << 10)));
}

/// Until `done`, or for ten seconds.
template <class Done>
void wait_until(Done done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done() && std::chrono::steady_clock::now() < until) {
        std::this_thread::yield();
    }
}

}  // namespace

TEST_CASE("bodies that are still arriving have a total, and who comes on top is told",
          "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.held_bytes = 1u << 20;
    backend::Backend server(std::move(options));
    std::vector<std::unique_ptr<test::TlsClient>> stalled;
    const std::string part(300'000, 'x');
    for (int i = 0; i < 3; ++i) {
        stalled.push_back(std::make_unique<test::TlsClient>(server.listening()));
        stalled.back()->send(kHead + part);
        // It was read when it is told of.
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    }
    test::TlsClient late(server.listening());
    late.send(kHead + part);
    const test::Answer answer = late.read_answer();
    CHECK(answer.status == 503);
    CHECK(answer.header("Connection") == "close");
    CHECK(answer.header("Retry-After") == "1");
    CHECK(answer.body.find("(--max-held); try again later") != std::string::npos);
    CHECK(server.snapshot().over_held == 1);

    // Small requests are served all the while, and those that came first may finish.
    CHECK(test::TlsClient(server.listening()).get("/get").status == 200);
    stalled.pop_back();
    stalled.front()->send(std::string(100'000, 'x'));
    CHECK(test::TlsClient(server.listening()).get("/get").status == 200);
    stalled.clear();
    test::TlsClient again(server.listening());
    again.send("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + part);
    CHECK(again.read_answer().status == 200);
}

TEST_CASE("a request that has no room by itself is told so, and not to come again", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.held_bytes = 500'000;
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    client.send(kHead + std::string(600'000, 'x'));
    const test::Answer answer = client.read_answer();
    CHECK(answer.status == 413);
    CHECK(answer.header("Connection") == "close");
    CHECK_FALSE(answer.header("Retry-After"));
    CHECK(answer.body.find("this request alone takes more than 500000 bytes of memory "
                           "(--max-held)") != std::string::npos);
    CHECK(server.snapshot().over_held == 1);
    CHECK(server.snapshot().too_large == 0);
}

TEST_CASE("what answers keep that come bit by bit counts, and who comes on top is told",
          "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.held_bytes = 300'000;
    test::KeptLog log;
    options.access_log = log.writer();
    backend::Backend server(std::move(options));
    const std::string slow = "GET /range/102400?duration=9 HTTP/1.1\r\nHost: a\r\n\r\n";
    std::vector<std::unique_ptr<test::TlsClient>> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(std::make_unique<test::TlsClient>(server.listening()));
        clients.back()->send(slow);
        CHECK(clients.back()->read_head().status == 200);
    }
    wait_until([&] { return server.snapshot().held_bytes >= 2 * 102'400; });
    CHECK(server.snapshot().held_bytes >= 2 * 102'400);
    test::TlsClient late(server.listening());
    late.send(slow);
    CHECK(late.read_answer().status == 503);
    CHECK(late.read_to_end().empty());  // its line is written before
    CHECK(server.snapshot().over_held == 1);
    CHECK(test::TlsClient(server.listening()).get("/range/26?duration=0").status == 200);
    CHECK(log.contains("\"/range/102400?duration=9\""));
}

TEST_CASE("a WebSocket message that is still arriving counts, too", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.held_bytes = 200'000;
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    client.send(
        "GET /websocket/echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK(client.read_head().status == 101);
    client.send(std::string("\x82\xFF\0\0\0\0\0\x0F\0\0", 10) + std::string(4, '\0') +
                std::string(300'000, 'x'));
    // It counts no more, though this client has not closed its end.
    CHECK(client.take(4) == std::string("\x88\x02\x03\xE9", 4));
    wait_until([&] { return server.snapshot().held_bytes == 0; });
    CHECK(server.snapshot().held_bytes == 0);
    CHECK(server.snapshot().connections == 1);
    CHECK(client.read_to_end().empty());
}

TEST_CASE("hellos that are not whole have a total, and the oldest has to go", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.hello_bytes = 100'000;
    test::KeptLog log;
    options.access_log = log.writer();
    backend::Backend server(std::move(options));
    std::vector<test::TcpClient> half;
    half.reserve(6);
    for (int i = 0; i < 6; ++i) {
        half.emplace_back(server.listening());
        half.back().send(half_hello());
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    }
    CHECK(half[0].read_to_end().empty());
    CHECK(half[1].read_to_end().empty());
    CHECK_FALSE(ended(half[5]));
    const backend::Snapshot snapshot = server.snapshot();
    CHECK(snapshot.max_hello_bytes == 100'000);
    CHECK(snapshot.hello_bytes <= 100'000);
    CHECK(snapshot.hello_bytes >= half_hello().size());
    CHECK(snapshot.crowded_out >= 2);
    CHECK(log.contains("too many hellos waited for their rest (--max-stalled)"));
}

TEST_CASE("half a hello costs what came of it and little more, and all of that is counted",
          "[backend]") {
    constexpr std::size_t kClients = 200;
    constexpr std::size_t kMost = 32u << 10;
    const std::size_t came = GENERATE(1u, 1'400u, 20'000u);
    const bool dribbled = came == 1'400 && GENERATE(false, true);
    CAPTURE(came, dribbled);
    backend::Backend server(test::backend_options());
    test::TlsClient(server.listening()).get("/uuid");  // what is made once is there
    const std::size_t before = heap();
    std::vector<test::TcpClient> half;
    half.reserve(kClients);
    const std::string wire = half_hello().substr(0, came);
    for (std::size_t i = 0; i < kClients; ++i) {
        half.emplace_back(server.listening());
        for (std::size_t at = 0; at < wire.size(); at += dribbled ? 1 : wire.size()) {
            half.back().send(dribbled ? wire.substr(at, 1) : wire);
        }
    }
    wait_until([&] { return server.snapshot().hello_bytes >= kClients * came; });
    const std::size_t counted = server.snapshot().hello_bytes / kClients;
    CHECK(counted >= came);
    CHECK(counted <= kMost);
    const auto each = [&] {
        const std::size_t after = heap();
        return after > before ? (after - before) / kClients : 0;
    };
    // A thread may still have what it read the last piece with.
    wait_until([&] { return each() <= std::min(kMost, counted + 1'024); });
    CHECK(each() <= kMost);
    CHECK(each() <= counted + 1'024);
}

TEST_CASE("a long hello is counted until its handshake is done, and then as held", "[backend]") {
    constexpr std::size_t kClients = 50;
    constexpr std::size_t kLong = 55'000;
    backend::Backend server(test::backend_options());
    test::TlsClient(server.listening()).get("/uuid");  // what is made once is there
    CHECK(server.snapshot().hello_bytes == 0);
    const std::string wire = long_hello(kLong);
    const std::size_t before = heap();
    std::vector<test::TcpClient> silent;
    silent.reserve(kClients);
    for (std::size_t i = 0; i < kClients; ++i) {
        silent.emplace_back(server.listening());
        silent.back().send(wire);
    }
    char byte = 0;
    for (const test::TcpClient& client : silent) {
        CHECK(::recv(client.fd(), &byte, 1, 0) == 1);  // the handshake has begun
    }
    // As it came, as a message, in OpenSSL's buffer, and for a digest.
    constexpr std::size_t kEach = 4 * kLong;
    wait_until([&] { return server.snapshot().hello_bytes >= kClients * kEach; });
    const std::size_t counted = server.snapshot().hello_bytes / kClients;
    CHECK(counted >= kEach);
    CHECK(counted <= 7 * kLong);
    const std::size_t after = heap();
    CHECK((after > before ? (after - before) / kClients : 0) <= counted);
    silent.clear();
    wait_until([&] { return server.snapshot().hello_bytes == 0; });
    CHECK(server.snapshot().hello_bytes == 0);

    // What /tls/hello tells is kept as long as the connection.
    test::TlsClientOptions options;
    for (int i = 0; i < 200; ++i) {
        options.alpn.push_back(std::string(250, static_cast<char>('a' + i % 26)));
    }
    test::TlsClient client(server.listening(), options);
    CHECK(client.get("/tls/hello").status == 200);
    wait_until([&] { return server.snapshot().held_bytes >= 50'000; });
    CHECK(server.snapshot().held_bytes >= 50'000);
    wait_until([&] { return server.snapshot().hello_bytes == 0; });
    CHECK(server.snapshot().hello_bytes == 0);
}

TEST_CASE("the oldest of the long hellos has to go", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.hello_bytes = 700'000;
    backend::Backend server(std::move(options));
    std::vector<test::TcpClient> silent;
    silent.reserve(4);
    for (int i = 0; i < 4; ++i) {
        silent.emplace_back(server.listening());
        silent.back().send(long_hello(55'000));
        CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    }
    CHECK_FALSE(silent.front().read_to_end().empty());
    CHECK(server.snapshot().crowded_out >= 1);
    CHECK(server.snapshot().hello_bytes <= 700'000);
}

}  // namespace backend_held_test
