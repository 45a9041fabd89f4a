// How connections end: whoever is told goodbye is told so by TLS, and what is cut never looks
// whole.
#include <atomic>
#include <thread>

#include "lab/backend/backend.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tls_client.h"

namespace backend_endings_test {

using namespace sni;
using std::chrono::milliseconds;

namespace {

/// Reads to the end; true when that was a close_notify and no mere FIN or reset.
bool told_goodbye(test::TlsClient& client) {
    client.read_to_end();
    return (SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/// A stop with a grace, in the background; it has begun when this is made.
class Stop {
  public:
    explicit Stop(backend::Backend& server, milliseconds grace = milliseconds(8000))
        : idle_(server.listening()) {
        CHECK(idle_.get("/uuid").status == 200);
        thread_ = std::thread([&server, grace] { server.stop(grace); });
        CHECK(told_goodbye(idle_));  // idle connections end first
    }
    ~Stop() { thread_.join(); }
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

  private:
    test::TlsClient idle_;
    std::thread thread_;
};

constexpr std::string_view kUpgrade =
    "GET /websocket/echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

}  // namespace

TEST_CASE("each end that this side makes is a close_notify", "[backend]") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const std::string request = GENERATE(
        "", "GET /uuid HTTP/1.1\r\nHost: a\r\n\r\n", "GET /uuid HTTP/1.1\r\nHo",
        "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", "NONSENSE\r\n\r\n",
        "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
        "GET /uuid HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /uuid HTTP/1.0\r\n\r\n",
        "GET /stream/3 HTTP/1.0\r\n\r\n", "GET /fault/close HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /fault/hang HTTP/1.1\r\nHost: a\r\n\r\n");
    CAPTURE(version, request);
    backend::Options options = test::backend_options();
    options.limits.head = options.limits.body = options.limits.idle = milliseconds(100);
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening(), {.min_version = version, .max_version = version});
    client.send(request);
    CHECK(told_goodbye(client));
}

TEST_CASE("an idle WebSocket is closed by a frame and by close_notify", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.idle = milliseconds(200);
    backend::Backend server(std::move(options));
    test::TlsClient client(server.listening());
    client.send(kUpgrade);
    CHECK(client.read_head().status == 101);
    SECTION("when its time is over") {
        CHECK(client.take(4) == std::string("\x88\x02\x03\xE9", 4));
        CHECK(told_goodbye(client));
    }
    SECTION("when the backend stops") {
        server.stop();
        CHECK(client.take(4) == std::string("\x88\x02\x03\xE9", 4));
        CHECK(told_goodbye(client));
    }
}

TEST_CASE("the connection that makes room for another is told goodbye", "[backend]") {
    backend::Options options = test::backend_options();
    options.limits.connections = 16;
    backend::Backend server(std::move(options));
    std::vector<std::unique_ptr<test::TlsClient>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<test::TlsClient>(server.listening()));
        CHECK(clients.back()->get("/uuid").status == 200);
    }
    CHECK(told_goodbye(*clients.front()));
}

TEST_CASE("a client that leaves without close_notify is still told goodbye", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    CHECK(client.get("/uuid").status == 200);
    ::shutdown(client.tcp().fd(), SHUT_WR);
    CHECK(told_goodbye(client));
}

TEST_CASE("an answer that only the end would end is reset when it is cut", "[backend]") {
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    backend::Backend server(std::move(options));
    const std::string slow = "GET /sse?count=2&duration=10s HTTP/1.0\r\n\r\n";
    SECTION("with TLS") {
        test::TlsClient client(server.listening());
        client.send(slow);
        CHECK(client.read_head().status == 200);
        server.stop(milliseconds(0));
        CHECK_FALSE(told_goodbye(client));
    }
    SECTION("without") {
        const test::TcpClient client(server.listening_plain().value());
        client.send(slow);
        char byte = 0;
        REQUIRE(::recv(client.fd(), &byte, 1, 0) == 1);
        server.stop(milliseconds(0));
        ssize_t got = 1;
        while (got > 0) {
            got = ::recv(client.fd(), &byte, 1, 0);
        }
        CHECK(got == -1);
        CHECK(errno == ECONNRESET);
    }
}

TEST_CASE("a cut answer with a framing of its own ends with close_notify", "[backend]") {
    const std::string target = GENERATE("/sse?count=2&duration=10s", "/drip?duration=10");
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_head().status == 200);
    server.stop(milliseconds(0));
    CHECK(told_goodbye(client));
}

TEST_CASE("a request whose body is still arriving is served while draining", "[backend]") {
    const std::string first =
        GENERATE("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc",
                 "POST /post HTTP/1.1\r\nHost: a\r\nContent-Le",
                 "POST /post HTTP/1.1\r\nHost: a\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3");
    const std::string rest = first.ends_with("abc")  ? "def"
                             : first.ends_with("Le") ? "ngth: 6\r\n\r\nabcdef"
                                                     : "\r\ndef\r\n0\r\n\r\n";
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    client.send(first);
    // It was read when a later connection has been served.
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    const Stop stop(server);
    client.send(rest);
    const test::Answer answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(answer.body.find("\"abcdef\"") != std::string::npos);
    CHECK(answer.header("Connection") == "close");
    CHECK(told_goodbye(client));
}

TEST_CASE("an answer whose head is written while draining says that the connection ends",
          "[backend]") {
    const std::string target = GENERATE("/delay/0.5", "/drip?delay=0.5&duration=0");
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    const Stop stop(server);
    const test::Answer answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(answer.header("Connection") == "close");
    CHECK(told_goodbye(client));
}

}  // namespace backend_endings_test
