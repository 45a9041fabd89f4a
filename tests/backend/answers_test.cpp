// How a response goes out: the head that cpp-httplib writes, and the body behind it.
#include <stdexcept>

#include "lab/backend/outgoing.h"
#include "lab/httpbin/routes.h"
#include "tests/support/catch.h"

namespace backend_answers_test {

using namespace sni;
using namespace sni::backend;
using namespace sni::http;
using namespace sni::httpbin;
using sni::web::Delivery;

namespace {

Outgoing outgoing(const Delivery& delivery, Response response) {
    const web::AnswerWriter writer;
    web::Head head = writer.head(delivery, response);
    return Outgoing(std::move(head), std::move(response), delivery.head_only);
}

/// What goes out for one response, piece by piece.
struct Sent {
    int status = 0;
    bool whole = false;
    bool close = false;
    std::size_t bytes = 0;
    std::vector<std::string> writes;

    std::string all() const {
        std::string text;
        for (const std::string& write : writes) {
            text += write;
        }
        return text;
    }
    std::string body() const { return all().substr(all().find("\r\n\r\n") + 4); }
    bool has(const std::string& text) const { return all().find(text) != std::string::npos; }
};

Sent send(const Delivery& delivery, const std::function<Response()>& respond) {
    Outgoing out = outgoing(delivery, guarded(respond));
    Sent sent{.status = out.status(), .close = out.close()};
    Outgoing::Next next = out.next();
    for (; next == Outgoing::Next::bytes; next = out.next()) {
        sent.writes.emplace_back(out.pending());
        out.taken(out.pending().size());
    }
    sent.whole = next == Outgoing::Next::done;
    sent.bytes = out.sent();
    return sent;
}

Response stream_of_two() {
    return {.headers = {{"Content-Type", "text/x-test"}}, .stream = [given = 0]() mutable -> Piece {
                return ++given == 1 ? Piece{.bytes = "one"} : Piece{.bytes = "two", .last = true};
            }};
}

}  // namespace

TEST_CASE("a short answer is one write with length, date and server", "[backend]") {
    const Sent sent = send({}, [] {
        return Response{.status = 418, .headers = {{"X-A", "1"}, {"X-A", "2"}}, .body = "tea"};
    });
    REQUIRE(sent.writes.size() == 1);
    CHECK(sent.all().starts_with("HTTP/1.1 418 I'm a teapot\r\n"));
    CHECK(sent.has("\r\nContent-Length: 3\r\n"));
    CHECK(sent.has("\r\nServer: sni-lab/"));
    CHECK(sent.has("\r\nDate: "));
    CHECK(sent.has("\r\nX-A: 1\r\n"));
    CHECK(sent.has("\r\nX-A: 2\r\n"));
    CHECK_FALSE(sent.has("Keep-Alive"));
    CHECK_FALSE(sent.has("Connection"));
    CHECK(sent.body() == "tea");
    CHECK(sent.bytes == sent.all().size());
    CHECK(sent.status == 418);
    CHECK(sent.whole);
}

TEST_CASE("a long body arrives whole", "[backend]") {
    const std::string body(100'000, 'x');
    const Sent sent = send({}, [&] { return Response{.body = body}; });
    CHECK(sent.body() == body);
}

TEST_CASE("a code that nobody registered keeps its own number and gets a fair phrase",
          "[backend]") {
    CHECK(send({}, [] { return Response{.status = 299}; })
              .all()
              .starts_with("HTTP/1.1 299 Success\r\n"));
}

TEST_CASE("answers without a body have none, and no length either", "[backend]") {
    const int status = GENERATE(204, 304);
    const Sent sent = send({}, [&] { return Response{.status = status, .body = "never"}; });
    CHECK(sent.body().empty());
    CHECK_FALSE(sent.has("Content-Length"));
    CHECK_FALSE(sent.has("Content-Type"));
}

TEST_CASE("HEAD gets the head of the GET", "[backend]") {
    const Sent sent = send({.head_only = true}, [] { return Response{.body = "12345"}; });
    CHECK(sent.has("\r\nContent-Length: 5\r\n"));
    CHECK(sent.body().empty());
    CHECK_FALSE(sent.has("Accept-Ranges"));
}

TEST_CASE("a stream is chunked, and each piece goes out at once", "[backend]") {
    const Sent sent = send({}, stream_of_two);
    CHECK(sent.has("\r\nTransfer-Encoding: chunked\r\n"));
    CHECK(sent.has("\r\nContent-Type: text/x-test\r\n"));
    CHECK(sent.body() == "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    CHECK(sent.writes.size() == 3);
    CHECK_FALSE(sent.close);
}

TEST_CASE("a stream to HTTP/1.0 ends with the connection", "[backend]") {
    const Sent sent = send({.minor_version = 0}, stream_of_two);
    CHECK_FALSE(sent.has("Transfer-Encoding"));
    CHECK(sent.has("\r\nConnection: close\r\n"));
    CHECK(sent.body() == "onetwo");
    CHECK(sent.close);
}

TEST_CASE("HEAD of a stream has neither length nor body", "[backend]") {
    const Sent sent = send({.head_only = true}, stream_of_two);
    CHECK_FALSE(sent.has("Content-Length"));
    CHECK_FALSE(sent.has("Transfer-Encoding"));
    CHECK(sent.has("\r\nContent-Type: text/x-test\r\n"));
    CHECK(sent.body().empty());
}

TEST_CASE("Connection says what happens to the connection", "[backend]") {
    const auto empty = [] { return Response{}; };
    CHECK(send({.close = true}, empty).has("\r\nConnection: close\r\n"));
    CHECK(send({.minor_version = 0}, empty).has("\r\nConnection: keep-alive\r\n"));
}

TEST_CASE("an exception becomes a 500 that tells nothing about it", "[backend]") {
    const Sent sent = send({}, []() -> Response { throw std::runtime_error("secret path"); });
    CHECK(sent.all().starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
    CHECK_FALSE(sent.has("secret"));
    CHECK(sent.status == 500);
    std::string failure;
    guarded([]() -> Response { throw std::runtime_error("secret path"); }, &failure);
    CHECK(failure == "secret path");

    const Sent broken = send({}, [] {
        return Response{.stream = [given = 0]() mutable -> Piece {
            if (++given == 1) return {.bytes = "begun"};
            throw std::runtime_error("secret path");
        }};
    });
    CHECK_FALSE(broken.whole);
    CHECK_FALSE(broken.has("0\r\n\r\n"));
}

TEST_CASE("what a handler failed of is told to whoever asks for its answer", "[backend]") {
    // A session whose exporter nobody can ask for.
    const Connection connection{.tls = proof::TlsFacts()};
    const std::string path(proof::kPath);
    std::string failure;
    const Response response = respond(
        {.method = "GET", .target = path, .path = path, .query = "nonce=" + std::string(64, 'a')},
        connection, {.identity = certs::Identity::make()}, &failure);
    CHECK(response.status == 500);
    CHECK(failure == "bad_function_call");
}

TEST_CASE("a line break in a header value never reaches the wire", "[backend]") {
    const Sent sent = send({}, [] {
        return Response{
            .headers = {{"X-A", "1\r\nX-Injected: yes"}, {"X-B", "2\nX-Injected: yes"}}};
    });
    CHECK_FALSE(sent.has("X-Injected"));
}

TEST_CASE("a stream that is shorter or longer than its length is not whole", "[backend]") {
    const std::uint64_t length = GENERATE(std::uint64_t{5}, std::uint64_t{7});
    Response response = stream_of_two();
    response.length = length;
    CHECK_FALSE(send({}, [&] { return response; }).whole);
}

TEST_CASE("a stream that waits has nothing to send meanwhile", "[backend]") {
    Outgoing out = outgoing({}, Response{.stream = [asked = 0]() mutable -> Piece {
                                return ++asked == 1 ? Piece{.wait = std::chrono::milliseconds(7)}
                                                    : Piece{.last = true};
                            }});
    REQUIRE(out.next() == Outgoing::Next::bytes);  // the head goes out before
    out.taken(out.pending().size());
    REQUIRE(out.next() == Outgoing::Next::wait);
    CHECK(out.wait() == std::chrono::milliseconds(7));
    REQUIRE(out.next() == Outgoing::Next::bytes);
    CHECK(out.pending() == "0\r\n\r\n");
}

}  // namespace backend_answers_test
