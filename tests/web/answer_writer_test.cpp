#include "lab/web/answer_writer.h"

#include "tests/support/catch.h"

namespace web_answer_writer_test {

using namespace sni;
using web::Delivery;

namespace {

/// One whose head has nothing that changes from run to run.
http::Response plain() {
    return {.headers = {{"Server", "s"}, {"Date", "d"}}, .body = "tea"};
}

/// Twice, as the library writes it and as it is remembered.
std::string head_of(const Delivery& delivery, const http::Response& response) {
    const web::AnswerWriter writer;
    const std::string written = writer.head(delivery, response).text;
    const std::string again = writer.head(delivery, response).text;
    return written == again ? written : written + "and then " + again;
}

constexpr const char* kPlain =
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: d\r\nServer: s\r\n\r\n";

}  // namespace

TEST_CASE("a head says what the response says and what frames it, and nothing else", "[web]") {
    CHECK(head_of({.method = "GET", .target = "/"}, plain()) == kPlain);
    CHECK(head_of({.method = "HEAD", .target = "/", .head_only = true}, plain()) == kPlain);
    CHECK(head_of({.method = "GET", .target = "/", .close = true}, plain()) ==
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\nDate: d\r\nServer: "
          "s\r\n\r\n");
    http::Response upgrade = plain();
    upgrade.status = 101;
    upgrade.headers.push_back({"Connection", "Upgrade"});
    CHECK(
        head_of({.method = "GET", .target = "/", .close = true}, upgrade) ==
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nDate: d\r\nServer: s\r\n\r\n");
}

TEST_CASE("what cpp-httplib could not read itself is answered all the same", "[web]") {
    const auto [method, target] = GENERATE(table<std::string, std::string>({
        {"BREW", "/pot"},
        {"GET", "/?a=?&b=?"},
        {"GET", "/" + std::string(8'191, 'a')},
        {"OPTIONS", "*"},
        {"GET", "http://httpbin.example.com/get"},
        {"", ""},
    }));
    CAPTURE(method, target);
    CHECK(head_of({.method = method, .target = target}, plain()) == kPlain);
}

TEST_CASE("a head that is remembered tells of each answer what is its own", "[web]") {
    const web::AnswerWriter writer;
    const Delivery open{.method = "GET", .target = "/"};
    const Delivery last{.method = "GET", .target = "/", .close = true};
    for (int i = 0; i < 3; ++i) {
        CHECK(writer.head(open, plain()).text == kPlain);
        CHECK_FALSE(writer.head(open, plain()).close);
        CHECK(writer.head(last, plain()).text.contains("\r\nConnection: close\r\n"));
        CHECK(writer.head(last, plain()).close);
        http::Response other = plain();
        other.body = "pot";
        other.headers[0].value = "t";
        CHECK(writer.head(open, other).text.contains("\r\nServer: t\r\n"));
    }
}

TEST_CASE("headers go out by name, and those of one name in the response's order", "[web]") {
    http::Response response = plain();
    response.headers.insert(response.headers.begin(),
                            {{"X-B", "1"}, {"x-a", "2"}, {"X-A", "1"}, {"Set-Cookie", "z=1"}});
    response.headers.push_back({"set-cookie", "a=1"});
    CHECK(head_of({.method = "GET", .target = "/"}, response) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: d\r\nServer: s\r\nSet-Cookie: z=1\r\n"
          "set-cookie: a=1\r\nx-a: 2\r\nX-A: 1\r\nX-B: 1\r\n\r\n");
}

}  // namespace web_answer_writer_test
