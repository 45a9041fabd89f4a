#include "lab/admin/server.h"

#include <chrono>
#include <future>
#include <stdexcept>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "tests/support/catch.h"
#include "tests/support/peer.h"

namespace admin_server_test {

using namespace sni;
using namespace sni::test;
using namespace std::chrono_literals;

namespace {

admin::Pages some_pages() {
    return {
        {"/hello", [] { return admin::Page{.type = "text/x-greeting", .body = "hello there\n"}; }},
        {"/busy", [] { return admin::Page{.status = 503, .body = "busy\n"}; }},
        {"/broken", []() -> admin::Page { throw std::runtime_error("a secret"); }},
    };
}

/// All of the answer to these bytes.
std::string asked(const admin::Server& server, const std::string& request) {
    Peer client = Peer::to(server.local());
    client.send(bytes_of(request));
    return std::string(as_text(client.read_all()));
}

std::string got(const admin::Server& server, const std::string& target,
                const std::string& more = {}) {
    return asked(server, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
}

std::string status_line(const std::string& answer) {
    return answer.substr(0, answer.find('\r'));
}

std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a page is served with its status, type and body, and nothing for other sites",
          "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    const std::string answer = got(server, "/hello", "Origin: http://elsewhere.example\r\n");
    CHECK(status_line(answer) == "HTTP/1.1 200 OK");
    CHECK(has(answer, "Content-Type: text/x-greeting\r\n"));
    CHECK(has(answer, "Cache-Control: no-store\r\n"));
    CHECK(has(answer, "Connection: close\r\n"));
    CHECK_FALSE(has(answer, "Access-Control"));
    CHECK(body_of(answer) == "hello there\n");
    CHECK(status_line(got(server, "/busy")) == "HTTP/1.1 503 Service Unavailable");
    CHECK(body_of(got(server, "/hello?and=more")) == "hello there\n");
}

TEST_CASE("HEAD gets the head alone, and nothing else than GET and HEAD is taken", "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    const std::string head = asked(server, "HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(status_line(head) == "HTTP/1.1 200 OK");
    CHECK(has(head, "Content-Length: 12\r\n"));
    CHECK(body_of(head).empty());
    const std::string post =
        asked(server, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    CHECK(status_line(post) == "HTTP/1.1 405 Method Not Allowed");
    CHECK(has(post, "Allow: GET, HEAD\r\n"));
    CHECK(has(asked(server, "OPTIONS /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), " 405 "));
}

TEST_CASE("an unknown page tells which there are", "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    CHECK(status_line(got(server, "/nowhere")) == "HTTP/1.1 404 Not Found");
    CHECK(body_of(got(server, "/nowhere")) == "/broken\n/busy\n/hello\n");
    CHECK(status_line(got(server, "/")) == "HTTP/1.1 200 OK");
}

TEST_CASE("a page that throws is a 500 that says nothing about it", "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    const std::string answer = got(server, "/broken");
    CHECK(status_line(answer) == "HTTP/1.1 500 Internal Server Error");
    CHECK_FALSE(has(answer, "secret"));
    CHECK(body_of(got(server, "/hello")) == "hello there\n");
}

TEST_CASE("ranges and encodings are not served: an answer is whole and plain", "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    const std::string answer =
        got(server, "/hello", "Range: bytes=0-1,0-2\r\nAccept-Encoding: br, gzip\r\n");
    CHECK(status_line(answer) == "HTTP/1.1 200 OK");
    CHECK_FALSE(has(answer, "Content-Encoding"));
    CHECK(body_of(answer) == "hello there\n");
}

TEST_CASE("a name that a stranger gave this machine's address is refused", "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    const auto [host, allowed] = GENERATE(table<std::string, bool>({{"127.0.0.1:9901", true},
                                                                    {"[::1]:9901", true},
                                                                    {"[::1]", true},
                                                                    {"localhost", true},
                                                                    {"lab.localhost:9901", true},
                                                                    {"LOCALHOST", true},
                                                                    {"Localhost.:9901", true},
                                                                    {"localhost..", false},
                                                                    {"rebound.example", false},
                                                                    {"localhost.example", false}}));
    CAPTURE(host);
    const std::string answer = asked(server, "GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    CHECK(has(answer, "hello there") == allowed);
    CHECK(has(answer, " 403 ") == !allowed);
}

TEST_CASE("a request in pieces is put together, and one without end is cut", "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    Peer slow = Peer::to(server.local());
    for (const char c : std::string("GET /hello HTTP/1.0\r\n\r\n")) {
        slow.send(bytes_of(std::string(1, c)));
    }
    CHECK(body_of(std::string(as_text(slow.read_all()))) == "hello there\n");
    const std::string endless = got(server, "/" + std::string(20'000, 'a'));
    CHECK(status_line(endless) == "HTTP/1.1 431 Request Header Fields Too Large");
    CHECK(has(asked(server, "\x16\x03\x01\r\n\r\n"), " 400 "));
}

TEST_CASE("silent clients keep neither others nor the end waiting", "[admin]") {
    std::vector<Peer> silent;
    const auto began = std::chrono::steady_clock::now();
    {
        const admin::Server server(loopback(0), some_pages());
        for (int i = 0; i < 5; ++i) {
            silent.push_back(Peer::to(server.local()));
            silent.back().send(bytes_of("GET /hel"));
        }
        CHECK(body_of(got(server, "/hello")) == "hello there\n");
    }
    CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("more clients than are served at once keep nobody out: the oldest silent one makes room",
          "[admin]") {
    const admin::Server server(loopback(0), some_pages());
    const auto began = std::chrono::steady_clock::now();
    std::vector<Peer> silent;
    for (std::size_t i = 0; i < 2 * admin::Server::kDescriptors; ++i) {
        silent.push_back(Peer::to(server.local()));
        silent.back().send(bytes_of("GET /hel"));
    }
    CHECK(body_of(got(server, "/hello")) == "hello there\n");
    CHECK(std::chrono::steady_clock::now() - began < 2s);
    CHECK(silent.front().read_all().empty());
    // The newest of them are still heard.
    silent.back().send(bytes_of("lo HTTP/1.0\r\n\r\n"));
    CHECK(body_of(std::string(as_text(silent.back().read_all()))) == "hello there\n");
}

TEST_CASE("an admin port in use is a failure at the start", "[admin]") {
    const Door taken;
    try {
        const admin::Server server(taken.endpoint(), some_pages());
        FAIL("it listens");
    } catch (const Failure& failure) {
        CHECK(failure.exit() == Exit::machine);
        CHECK(failure.diagnostics().front().code == code::kPortInUse);
    }
}

}  // namespace admin_server_test
