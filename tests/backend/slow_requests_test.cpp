// Requests that take their time, and clients that do not take their answers: none holds a thread.
#include <algorithm>
#include <thread>

#include <sys/resource.h>

#include "lab/backend/backend.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/elapsed.h"
#include "tests/support/tls_client.h"

namespace backend_slow_requests_test {

using namespace sni;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using test::since;

namespace {

/// Both ends of every connection are in this process.
void allow_many_descriptors() {
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 16'384);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
}

backend::Options with_plain() {
    backend::Options options = test::backend_options();
    options.plain = loopback(0);
    return options;
}

std::string get(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

}  // namespace

TEST_CASE("more slow requests than there ever were threads do not delay a fast one", "[backend]") {
    const std::string target =
        GENERATE("/delay/10", "/drip?duration=10", "/drip?delay=10", "/sse?count=5&duration=10s",
                 "/jsonl?delay=10s", "/range/26?duration=10&chunk_size=1", "/fault/hang");
    CAPTURE(target);
    allow_many_descriptors();
    backend::Backend server(with_plain());
    std::vector<test::TcpClient> slow;
    slow.reserve(600);
    for (int i = 0; i < 600; ++i) {
        slow.emplace_back(server.listening_plain().value());
        slow.back().send(get(target));
    }
    const auto began = Clock::now();
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    CHECK(since(began) < milliseconds(4000));
    CHECK(server.snapshot().threads <= std::max(2u, std::thread::hardware_concurrency()));
    server.stop(milliseconds(0));
}

TEST_CASE("an answer that --fault slow holds back keeps no thread either", "[backend]") {
    allow_many_descriptors();
    backend::Options options = with_plain();
    options.slow = milliseconds(400);
    backend::Backend server(std::move(options));
    const auto began = Clock::now();
    std::vector<test::TcpClient> clients;
    clients.reserve(100);
    for (int i = 0; i < 100; ++i) {
        clients.emplace_back(server.listening_plain().value());
        clients.back().send("GET /uuid HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }
    for (const test::TcpClient& client : clients) {
        CHECK(client.read_to_end().starts_with("HTTP/1.1 200 "));
    }
    CHECK(since(began) >= milliseconds(400));
    CHECK(since(began) < milliseconds(8000));  // one after the other it would be forty seconds
}

TEST_CASE("clients that take none of their answers do not delay anybody", "[backend]") {
    backend::Backend server(with_plain());
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += get("/bytes/102400");
    }
    const std::string request = GENERATE_COPY(
        std::string(many), get("/drip?numbytes=10000000&duration=0"), get("/stream/100") + many);
    std::vector<test::TcpClient> deaf;
    deaf.reserve(40);
    for (int i = 0; i < 40; ++i) {
        deaf.emplace_back(server.listening_plain().value());
        deaf.back().send(request);
    }
    const auto began = Clock::now();
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
    CHECK(since(began) < milliseconds(4000));
}

TEST_CASE("a client that takes no byte of its answer is given up in the end", "[backend]") {
    backend::Options options = with_plain();
    options.limits.write_stall = milliseconds(100);
    backend::Backend server(std::move(options));
    const test::TcpClient deaf(server.listening_plain().value());
    deaf.send(get("/drip?numbytes=10000000&duration=0"));
    const auto began = Clock::now();
    while (server.snapshot().cut_answers == 0 && since(began) < milliseconds(10'000)) {
        std::this_thread::yield();
    }
    CHECK(server.snapshot().cut_answers == 1);
}

TEST_CASE("what is sent behind a slow request is answered after it", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    client.send(get("/delay/0.2") + get("/status/418"));
    client.send(get("/status/204"));
    CHECK(client.read_answer().status == 200);
    CHECK(client.read_answer().status == 418);
    CHECK(client.read_answer().status == 204);
}

}  // namespace backend_slow_requests_test
