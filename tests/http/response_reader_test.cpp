#include "lab/http/response_reader.h"

#include "tests/support/catch.h"

namespace http_response_reader_test {

using namespace sni::http;
using State = ResponseReader::State;

namespace {

State read(std::string_view wire, ResponseReader& reader) {
    State state = State::need_more;
    for (const char c : wire) {  // a byte at a time: no cut may matter
        state = reader.feed({&c, 1});
        if (state != State::need_more) break;
    }
    return state;
}

std::string error_of(std::string_view wire, std::size_t limit = 100) {
    ResponseReader reader(limit);
    REQUIRE(read(wire, reader) == State::broken);
    return reader.error();
}

}  // namespace

TEST_CASE("a response with a length is whole at its last byte", "[client]") {
    ResponseReader reader(100);
    REQUIRE(read("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 3\r\nX-A:  b \r\n\r\nabc", reader) ==
            State::whole);
    CHECK(reader.response().status == 418);
    CHECK(reader.response().reason == "I'm a teapot");
    CHECK(reader.response().header("x-a") == "b");
    CHECK(reader.response().body == "abc");
}

TEST_CASE("a chunked response is put together, extensions and trailers are dropped", "[client]") {
    ResponseReader reader(100);
    REQUIRE(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                 "Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n",
                 reader) == State::whole);
    CHECK(reader.response().body == "abcde");
}

TEST_CASE("a response without length ends with the connection, where close_notify says so",
          "[client]") {
    ResponseReader reader(100);
    CHECK(read("HTTP/1.0 200\r\n\r\nrest", reader) == State::need_more);
    CHECK(reader.end(true) == State::whole);
    CHECK(reader.response().minor == 0);
    CHECK(reader.response().body == "rest");

    ResponseReader cut(100);
    CHECK(read("HTTP/1.1 200 OK\r\n\r\nYou owe 100", cut) == State::need_more);
    CHECK(cut.end(false) == State::broken);
    REQUIRE(cut.begun());
    CHECK(cut.begun()->body == "You owe 100");
    CHECK(cut.begun()->until_end);
}

TEST_CASE("of a response that is not whole there is what came from its head on", "[client]") {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    struct Row {
        std::string wire;
        std::optional<std::string> body;
    };
    const Row rows[] = {
        {"", std::nullopt},
        {head + "Content-Length: 4\r\n", std::nullopt},
        {"HTTP/1.1 100 Continue\r\n\r\n", std::nullopt},
        {head + "Content-Length: 4\r\n\r\n", ""},
        {head + "Content-Length: 4\r\n\r\nab", "ab"},
        {head + "Transfer-Encoding: chunked\r\n\r\n2", ""},
        {head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n4\r\nc", "abc"},
        {head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r", "abcd"},
        {head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: u", "ab"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.wire);
        ResponseReader reader(100);
        CHECK(read(row.wire, reader) == State::need_more);
        CHECK(reader.end(true) == State::broken);
        CHECK_FALSE(reader.no_http());
        CHECK(reader.begun().has_value() == row.body.has_value());
        if (row.body) CHECK(reader.begun()->body == *row.body);
    }
}

TEST_CASE("a line of a head may end in LF alone", "[client]") {
    for (const std::string head : {"HTTP/1.1 200 OK\nContent-Length: 3\nA: b\n\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 3\nA: "
                                   "b\n\r\n",
                                   "HTTP/1.1 200 OK\nContent-Length: 3\r\nA: b\r\n\n"}) {
        CAPTURE(head);
        ResponseReader reader(100);
        REQUIRE(read(head + "abc", reader) == State::whole);
        CHECK(reader.response().reason == "OK");
        CHECK(reader.response().header("a") == "b");
        CHECK(reader.response().body == "abc");
    }
}

TEST_CASE("a folded header is one, with a space for each fold", "[client]") {
    ResponseReader reader(100);
    REQUIRE(read("HTTP/1.1 200 OK\r\nX: a\r\n b: c\r\n\t d \r\nY:\r\n e\r\nContent-Length: "
                 "0\r\n\r\n",
                 reader) == State::whole);
    CHECK(reader.response().headers == std::vector<std::pair<std::string, std::string>>{
                                           {"x", "a b: c d"}, {"y", "e"}, {"content-length", "0"}});
    CHECK(error_of("HTTP/1.1 200 OK\r\n X: a\r\n\r\n") == "a header without a colon");
}

TEST_CASE("101 is the last answer of its connection, whatever comes behind", "[client]") {
    ResponseReader reader(100);
    REQUIRE(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", reader) ==
            State::whole);
    CHECK(reader.response().status == 101);
    CHECK(reader.response().header("upgrade") == "websocket");
    CHECK(reader.response().body.empty());
}

TEST_CASE("another protocol is known by its first line, or by what there is of it", "[client]") {
    CHECK(error_of("SSH-2.0-OpenSSH_9\r\n") == "\"SSH-2.0-OpenSSH_9\" is no HTTP/1.1 status line");
    ResponseReader reader(100);
    CHECK(read("abc", reader) == State::need_more);
    CHECK(reader.end(true) == State::broken);
    CHECK(reader.no_http());
    CHECK(reader.error() == "\"abc\" is no HTTP/1.1 status line");
}

TEST_CASE("interim responses are skipped, and bodiless ones need no length", "[client]") {
    ResponseReader reader(100);
    REQUIRE(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", reader) ==
            State::whole);
    CHECK(reader.response().status == 204);
}

TEST_CASE("what is no HTTP, too long or cut is broken, with the reason", "[client]") {
    CHECK(error_of("SSH-2.0-OpenSSH_9\r\n\r\n") ==
          "\"SSH-2.0-OpenSSH_9\" is no HTTP/1.1 status line");
    CHECK(error_of("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n") ==
          "a body of 101 bytes; at most 100 are read");
    CHECK(error_of("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n") ==
          "a Content-Length that is no number, or two that differ");
    for (const std::string lengths :
         {"Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1, 2",
          "Content-Length: 2\r\ncontent-length: 1, 2"}) {
        CAPTURE(lengths);
        CHECK(error_of("HTTP/1.1 200 OK\r\n" + lengths + "\r\n\r\nab") ==
              "a Content-Length that is no number, or two that differ");
    }
    for (const std::string line :
         {"HTTP/1.1 2000 X", "HTTP/1.1 20 X", "HTTP/1.x 200 X", "HTTP/1.1 200X", "HTTP/1.1  200"}) {
        CHECK(error_of(line + "\r\n\r\n") == "\"" + line + "\" is no HTTP/1.1 status line");
    }
    CHECK(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n") ==
          "a bad chunk size");
    CHECK(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n") ==
          "the body is too large");
    CHECK(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n") ==
          "a framing that is not chunked alone");
    std::string endless;
    for (int i = 0; i < 17; ++i) {
        endless += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    CHECK(error_of(endless) == "endless interim responses");
    CHECK(error_of("HTTP/1.1 200 OK\r\nbroken\r\n\r\n") == "a header without a colon");
    for (const std::string& stray : {std::string("\r"), std::string(1, '\0')}) {
        for (const std::string& head :
             {"HTTP/1.1 200 O" + stray + "K\r\n", "HTTP/1.1 200 OK\r\nA: 1" + stray + "B: 2\r\n",
              "HTTP/1.1 100 " + stray + "\r\n"}) {
            CHECK(error_of(head + "\r\n") == "a line break or a NUL inside a line of the head");
        }
    }
    CHECK(error_of("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')) ==
          "the head is larger than 64 KiB");

    ResponseReader cut(100);
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", cut) == State::need_more);
    CHECK(cut.end(true) == State::broken);
}

}  // namespace http_response_reader_test
