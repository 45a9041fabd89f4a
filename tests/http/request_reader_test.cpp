#include "lab/http/request_reader.h"

#include "tests/support/catch.h"

namespace http_request_reader_test {

using namespace sni::http;

namespace {

constexpr std::size_t kBodyLimit = 1000;

RequestReader fresh() {
    return {HeadLimits{}, kBodyLimit};
}

/// What became of the one request in `wire`: 200 and its body, or the status that refuses it.
struct Outcome {
    int status;
    std::string body;
    bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view wire) {
    RequestReader reader = fresh();
    reader.feed(wire);
    const auto next = reader.next();
    REQUIRE(next.has_value());
    if (!next->has_value()) return {next->error().status, ""};
    return {200, (*next)->request.body};
}

std::string chunked(const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a request cut at any byte comes out whole", "[backend]") {
    const std::string wire = chunked("3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: v\r\n\r\n");
    RequestReader whole = fresh();
    whole.feed(wire);
    const auto expected = whole.next();
    REQUIRE(expected.has_value());
    REQUIRE((*expected).has_value());
    CHECK((*expected)->request.body == "abc0123456789");

    RequestReader dribbled = fresh();
    for (std::size_t i = 0; i + 1 < wire.size(); ++i) {
        dribbled.feed(std::string_view(wire).substr(i, 1));
        CAPTURE(i);
        REQUIRE_FALSE(dribbled.next().has_value());
        CHECK(dribbled.part() != RequestReader::Part::nothing);
    }
    dribbled.feed(std::string_view(wire).substr(wire.size() - 1));
    const auto last = dribbled.next();
    CHECK((last == expected));
    CHECK(dribbled.part() == RequestReader::Part::nothing);
}

TEST_CASE("pipelined requests come out one by one and in order", "[backend]") {
    RequestReader reader = fresh();
    reader.feed(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        "\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /4 HT");
    for (const std::string target : {"/1", "/2", "/3"}) {
        const auto next = reader.next();
        REQUIRE(next.has_value());
        REQUIRE((*next).has_value());
        CHECK((*next)->request.target == target);
    }
    CHECK_FALSE(reader.next().has_value());
    CHECK(reader.part() == RequestReader::Part::head);
}

TEST_CASE("a body on GET belongs to that request", "[backend]") {
    CHECK(read("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET ") ==
          Outcome{200, "GET "});
}

TEST_CASE("broken chunks are refused", "[backend]") {
    CHECK(read(chunked("3\r\nabc\r\n0\r\n\r\n")) == Outcome{200, "abc"});
    CHECK(read(chunked("0003 ;a=\"b\"\r\nabc\r\n0\r\n\r\n")) == Outcome{200, "abc"});
    const auto status = [](const std::string& body) { return read(chunked(body)).status; };
    CHECK(status("-2\r\nabc\r\n") == 400);
    CHECK(status("+2\r\nabc\r\n") == 400);
    CHECK(status("0x2\r\nabc\r\n") == 400);
    CHECK(status(" 3\r\nabc\r\n") == 400);
    CHECK(status("\r\nabc\r\n") == 400);
    CHECK(status("g\r\n") == 400);
    CHECK(status("3 4\r\nabc\r\n") == 400);
    CHECK(status("3\nabc\r\n0\r\n\r\n") == 400);
    CHECK(status("3;\x01\r\nabc\r\n") == 400);
    CHECK(status("3\r\nabcd\r\n0\r\n\r\n") == 400);
    CHECK(status("3\r\nabc\n0\r\n\r\n") == 400);
    CHECK(status("0\r\nbad trailer\r\n\r\n") == 400);
    CHECK(status("3;" + std::string(5000, 'x')) == 400);
    CHECK(status("fffffffffffffffff\r\n") == 413);
    CHECK(status("3e9\r\n") == 413);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 20; ++i) {
        trailers += "T: " + std::string(1000, 'x') + "\r\n";
    }
    CHECK(status(trailers) == 431);
}

TEST_CASE("a body over the limit is refused before it is read", "[backend]") {
    const auto with_length = [](std::size_t length) {
        return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
               "\r\n\r\n";
    };
    CHECK(read(with_length(kBodyLimit) + std::string(kBodyLimit, 'x')) ==
          Outcome{200, std::string(kBodyLimit, 'x')});
    CHECK(read(with_length(kBodyLimit + 1)) == Outcome{413, ""});
    std::string many;
    for (int i = 0; i < 11; ++i) {
        many += "64\r\n" + std::string(100, 'x') + "\r\n";
    }
    CHECK(read(chunked(many)) == Outcome{413, ""});
}

TEST_CASE("100-continue is asked for once and only while the body is missing", "[backend]") {
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    RequestReader reader = fresh();
    reader.feed(head);
    CHECK_FALSE(reader.next().has_value());
    CHECK(reader.take_continue());
    CHECK_FALSE(reader.take_continue());
    reader.feed("ok");
    CHECK(reader.next().has_value());

    RequestReader eager = fresh();
    eager.feed(head + "ok");
    CHECK(eager.next().has_value());
    CHECK_FALSE(eager.take_continue());
}

TEST_CASE("endless lines and heads are refused as soon as they are too long", "[backend]") {
    RequestReader line = fresh();
    line.feed("GET /" + std::string(9000, 'a'));
    auto refused = line.next();
    REQUIRE(refused.has_value());
    REQUIRE_FALSE(refused->has_value());
    CHECK(refused->error().status == 414);

    RequestReader head = fresh();
    head.feed("GET / HTTP/1.1\r\nX: " + std::string(66'000, 'a'));
    refused = head.next();
    REQUIRE(refused.has_value());
    REQUIRE_FALSE(refused->has_value());
    CHECK(refused->error().status == 431);

    RequestReader blank = fresh();
    blank.feed(std::string(20, '\n'));
    refused = blank.next();
    REQUIRE(refused.has_value());
    CHECK_FALSE(refused->has_value());

    RequestReader trickled = fresh();
    for (int i = 0; i < 16; ++i) {
        trickled.feed("\n");
        CHECK_FALSE(trickled.next().has_value());
    }
    trickled.feed("\n");
    refused = trickled.next();
    REQUIRE(refused.has_value());
    CHECK_FALSE(refused->has_value());
}

}  // namespace http_request_reader_test
