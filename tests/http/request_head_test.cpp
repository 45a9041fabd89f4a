#include "lab/http/request_head.h"

#include "tests/support/catch.h"

namespace http_request_head_test {

using namespace sni::http;

namespace {

int status_of(const std::string& head) {
    const auto parsed = parse_head(head);
    return parsed ? 200 : parsed.error().status;
}

/// A good request with one more header line.
std::string with(const std::string& line) {
    return "POST /post HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n";
}

}  // namespace

TEST_CASE("a request head gives method, target, headers in order, and framing", "[backend]") {
    const auto head = parse_head(
        "POST /anything/x?a=1?b HTTP/1.1\r\nHost: example.com:8443\r\nX-b: 2 \r\nx-B:\t3\r\n"
        "Content-Length: 12\r\n\r\n");
    REQUIRE(head);
    const Request& request = head->request;
    CHECK(request.method == "POST");
    CHECK(request.target == "/anything/x?a=1?b");
    CHECK(request.path == "/anything/x");
    CHECK(request.query == "a=1?b");
    CHECK(request.host == "example.com:8443");
    CHECK(request.minor_version == 1);
    CHECK(request.headers ==
          Headers{
              {"Host", "example.com:8443"}, {"X-b", "2"}, {"x-B", "3"}, {"Content-Length", "12"}});
    CHECK(head->framing == Framing{.chunked = false, .length = 12});
    CHECK(head->keep_alive);
    CHECK_FALSE(head->expects_continue);
}

TEST_CASE("targets come in three forms", "[backend]") {
    const auto absolute = parse_head("GET HTTPS://b.example/x?y HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(absolute);
    CHECK(absolute->request.host == "b.example");
    CHECK(absolute->request.path == "/x");
    CHECK(absolute->request.query == "y");
    const auto bare = parse_head("GET http://b.example?y HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(bare);
    CHECK(bare->request.path == "/");
    const auto star = parse_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(star);
    CHECK(star->request.path == "*");
    CHECK(status_of("GET * HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET get HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
    CHECK(status_of("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
}

TEST_CASE("keep-alive follows version and Connection tokens in any case", "[backend]") {
    const auto keeps = [](const std::string& version, const std::string& connection) {
        const auto head = parse_head("GET / " + version + "\r\nHost: a\r\n" + connection + "\r\n");
        REQUIRE(head);
        return head->keep_alive;
    };
    CHECK(keeps("HTTP/1.1", ""));
    CHECK_FALSE(keeps("HTTP/1.1", "Connection: Close\r\n"));
    CHECK_FALSE(keeps("HTTP/1.1", "connection: x, cLOSE\r\n"));
    CHECK_FALSE(keeps("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    CHECK(keeps("HTTP/1.1", "Connection: closed\r\n"));
    CHECK_FALSE(keeps("HTTP/1.0", ""));
    CHECK(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("HTTP/1.0 needs no Host", "[backend]") {
    CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 200);
    CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
}

TEST_CASE("lines may end in LF alone, as RFC 9112 permits", "[backend]") {
    CHECK(status_of("GET / HTTP/1.1\nHost: a\n\n") == 200);
    CHECK(head_end("GET / HTTP/1.1\nHost: a\n\nrest") == 24);
}

TEST_CASE("malformed request lines are refused", "[backend]") {
    const auto line = [](const std::string& text) {
        return status_of(text + "\r\nHost: a\r\n\r\n");
    };
    CHECK(line("GET") == 400);
    CHECK(line("GET /") == 400);
    CHECK(line("GET  / HTTP/1.1") == 400);
    CHECK(line("GET / x HTTP/1.1") == 400);
    CHECK(line(" GET / HTTP/1.1") == 400);
    CHECK(line("GET / HTTP/1.1 ") == 400);
    CHECK(line("GET\t/ HTTP/1.1") == 400);
    CHECK(line("G(T / HTTP/1.1") == 400);
    CHECK(line(std::string(32, 'A') + " / HTTP/1.1") == 200);
    CHECK(line(std::string(33, 'A') + " / HTTP/1.1") == 501);
    CHECK(line(std::string(33, '(') + " / HTTP/1.1") == 400);
    CHECK(line("GET /\x01 HTTP/1.1") == 400);
    CHECK(line("GET / http/1.1") == 400);
    CHECK(line("GET / HTTP/1.x") == 400);
    CHECK(line("GET / HTTP/11") == 400);
    CHECK(line("GET / HTTP/2.0") == 505);
    CHECK(line("GET / HTTP/1.1\r") == 400);
    CHECK(line("GET /" + std::string(8191, 'a') + " HTTP/1.1") == 200);
    CHECK(line("GET /" + std::string(8192, 'a') + " HTTP/1.1") == 414);
}

TEST_CASE("malformed header lines are refused", "[backend]") {
    CHECK(status_of(with("X: ok")) == 200);
    CHECK(status_of(with("X:")) == 200);
    CHECK(status_of(with("X: a\tb \xC3\xA9 \xFF")) == 200);
    CHECK(status_of(with("no colon")) == 400);
    CHECK(status_of(with("X : y")) == 400);
    CHECK(status_of(with(": y")) == 400);
    CHECK(status_of(with("X\x01: y")) == 400);
    CHECK(status_of(with("X y: z")) == 400);
    CHECK(status_of(with("X: a\r\n folded")) == 400);
    CHECK(status_of(with("X: a\rb")) == 400);
    CHECK(status_of(with("X: a\r")) == 400);
    CHECK(status_of(with(std::string("X: a\0b", 6))) == 400);
    CHECK(status_of(with("Host: b")) == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == 400);
}

TEST_CASE("only framing that every parser reads alike is accepted", "[backend]") {
    CHECK(status_of(with("Content-Length: 0")) == 200);
    CHECK(status_of(with("Content-Length: +1")) == 400);
    CHECK(status_of(with("Content-Length: -1")) == 400);
    CHECK(status_of(with("Content-Length: 0x10")) == 400);
    CHECK(status_of(with("Content-Length: 1 1")) == 400);
    CHECK(status_of(with("Content-Length: abc")) == 400);
    CHECK(status_of(with("Content-Length:")) == 400);
    CHECK(status_of(with("Content-Length: 1, 1")) == 400);
    CHECK(status_of(with("Content-Length: 1\r\nContent-Length: 1")) == 400);
    CHECK(status_of(with("Content-Length: 1\r\ncontent-length: 2")) == 400);
    CHECK(status_of(with("Content-Length: 99999999999999999999999")) == 413);
    CHECK(status_of(with("Content-Length: 1\r\nTransfer-Encoding: chunked")) == 400);
    CHECK(status_of(with("Transfer-Encoding: ChunkeD")) == 200);
    CHECK(status_of(with("Transfer-Encoding: xchunked")) == 501);
    CHECK(status_of(with("Transfer-Encoding: gzip, chunked")) == 501);
    CHECK(status_of(with("Transfer-Encoding: chunked, chunked")) == 501);
    CHECK(status_of(with("Transfer-Encoding: \"chunked\"")) == 501);
    CHECK(status_of(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")) == 400);
    CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("only 100-continue can be expected", "[backend]") {
    const auto head = parse_head(with("Expect: 100-Continue"));
    REQUIRE(head);
    CHECK(head->expects_continue);
    CHECK(status_of(with("Expect: miracles")) == 417);
    CHECK(parse_head(with("Expect: 100-continue\r\nExpect: 100-continue"))->expects_continue);
    CHECK(status_of(with("Expect: 100-continue\r\nExpect: miracles")) == 417);
    CHECK(status_of(with("Expect: 100-continue, miracles")) == 417);
}

TEST_CASE("a head has a bounded number of headers and bytes", "[backend]") {
    std::string headers;
    for (int i = 0; i < 99; ++i) {
        headers += "X: y\r\n";
    }
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n") == 200);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\n" + headers + "X: y\r\n\r\n") == 431);
    CHECK(status_of(with("X: " + std::string(60'000, 'a'))) == 200);
    CHECK(status_of(with("X: " + std::string(66'000, 'a'))) == 431);
}

TEST_CASE("the end of a head is found wherever the search stopped before", "[backend]") {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    CHECK(head_end(head + "more") == head.size());
    for (std::size_t from = 0; from < head.size(); ++from) {
        CAPTURE(from);
        CHECK_FALSE(head_end(std::string_view(head).substr(0, from)));
        CHECK(head_end(head, from) == head.size());
    }
}

}  // namespace http_request_head_test
