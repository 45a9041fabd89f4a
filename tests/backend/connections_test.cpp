// One connection and the requests on it.

#include <nlohmann/json.hpp>

#include "lab/backend/backend.h"
#include "tests/backend/refused.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/elapsed.h"
#include "tests/support/tls_client.h"

namespace backend_connections_test {

using namespace sni;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using test::refused;
using test::since;

namespace {

constexpr std::string_view kGet = "GET /uuid HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("a connection serves a hundred requests, errors among them", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    for (int i = 0; i < 20; ++i) {
        CHECK(client.get("/get?i=" + std::to_string(i)).status == 200);
        CHECK(client.get("/status/204").status == 204);
        CHECK(client.get("/status/304").status == 304);
        CHECK(client.get("/nowhere").status == 404);
        client.send("HEAD /get HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(client.read_answer(true).status == 200);
    }
}

TEST_CASE("pipelined requests in one record are answered at once and in order", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    std::string requests;
    for (int i = 0; i < 100; ++i) {
        requests += "GET /anything/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    const auto began = Clock::now();
    client.send(requests);
    for (int i = 0; i < 100; ++i) {
        CHECK(client.read_answer().body.find("/anything/" + std::to_string(i) + "\"") !=
              std::string::npos);
    }
    CHECK(since(began) < milliseconds(3000));
}

TEST_CASE("a request may arrive byte by byte", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    const std::string request =
        "POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (const char byte : request) {
        client.send(std::string_view(&byte, 1));
    }
    CHECK(nlohmann::json::parse(client.read_answer().body).at("data") == "abc");
}

TEST_CASE("a body that nobody asked for is never the next request", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    const std::string smuggled = "GET /status/299 HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const std::string start : {"GET /uuid", "HEAD /uuid", "OPTIONS /uuid", "DELETE /uuid",
                                    "POST /nowhere", "GET /status/204"}) {
        CAPTURE(start);
        const bool head = start.starts_with("HEAD");
        client.send(start + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                    std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);
        CHECK(client.read_answer(head).status != 299);
        client.send(start + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n25\r\n" +
                    smuggled + "\r\n0\r\n\r\n");
        CHECK(client.read_answer(head).status != 299);
        client.send(kGet);
        CHECK(client.read_answer().status == 200);
    }
}

TEST_CASE("100-continue is answered before the body is sent", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    client.send(
        "POST /post HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(client.read_answer().status == 100);
    client.send("ok");
    CHECK(nlohmann::json::parse(client.read_answer().body).at("data") == "ok");
}

TEST_CASE("a connection ends where client or version say so", "[backend]") {
    backend::Backend server(test::backend_options());
    const auto ends = [&](const std::string& request) {
        test::TlsClient client(server.listening());
        client.send(request);
        const test::Answer answer = client.read_answer();
        CHECK(answer.status == 200);
        CHECK(answer.header("Connection") == "close");
        CHECK(client.read_to_end().empty());
    };
    ends("GET /uuid HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n");
    ends("GET /uuid HTTP/1.0\r\n\r\n");

    test::TlsClient client(server.listening());
    for (int i = 0; i < 2; ++i) {
        client.send("GET /get HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        const test::Answer answer = client.read_answer();
        CHECK(answer.header("Connection") == "keep-alive");
        CHECK(answer.body.find("https://127.0.0.1:" + std::to_string(server.listening().port) +
                               "/get") != std::string::npos);
    }
}

TEST_CASE("what two servers might read differently is refused and the connection closed",
          "[backend]") {
    backend::Backend server(test::backend_options());
    struct Row {
        std::string request;
        std::string status;
    };
    const std::string host = "Host: a\r\n";
    const std::string post = "POST /post HTTP/1.1\r\n" + host;
    const std::string behind = "\r\n\r\n0\r\n\r\nGET /status/299 HTTP/1.1\r\n" + host + "\r\n";
    const std::vector<Row> rows = {
        {"NONSENSE\r\n\r\n", "400"},
        {"GET / HTTP/3.0\r\n\r\n", "505"},
        {"GET /uuid HTTP/1.1\r\n\r\n", "400"},
        {post + "Content-Length: 3\r\nTransfer-Encoding: chunked" + behind, "400"},
        {post + "Content-Length: 3\r\nContent-Length: 4" + behind, "400"},
        {post + "Content-Length: -3" + behind, "400"},
        {post + "Content-Length : 3" + behind, "400"},
        {post + "Transfer-Encoding: xchunked" + behind, "501"},
        {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
        {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "400"},
        {post + "X: a\r\n b" + behind, "400"},
        {post + "Content-Length: 16777217\r\n\r\n", "413"},
        {post + "Transfer-Encoding: chunked\r\n\r\n1000001\r\n", "413"},
        {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", "414"},
        {"GET /" + std::string(100'000, 'a'), "414"},
        {"GET / HTTP/1.1\r\nX: " + std::string(200'000, 'a'), "431"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.request.substr(0, 120));
        const std::string answer = refused(server, row.request);
        CHECK(answer.starts_with("HTTP/1.1 " + row.status + " "));
        CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(answer.find("\"status_code\": " + row.status) != std::string::npos);
        CHECK(answer.find(" 299 ") == std::string::npos);
    }
    std::string many = "GET / HTTP/1.1\r\n" + host;
    for (int i = 0; i < 2000; ++i) {
        many += "X-" + std::to_string(i) + ": y\r\n";
    }
    CHECK(refused(server, many + "\r\n").starts_with("HTTP/1.1 431 "));
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
}

TEST_CASE("large but fair requests are served", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening());
    std::string headers =
        "Cookie: " + std::string(4096, 'c') + "\r\nX-Long: " + std::string(4096, 'x') + "\r\n";
    for (int i = 0; i < 80; ++i) {
        headers += "X-" + std::to_string(i) + ": y\r\n";
    }
    client.send("GET /headers?" + std::string(3900, 'q') + " HTTP/1.1\r\nHost: a\r\n" + headers +
                "\r\n");
    CHECK(client.read_answer().status == 200);

    const std::string body(10u << 20, 'b');
    client.send("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n");
    client.send(body);
    const test::Answer answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(answer.body.find(body) != std::string::npos);
}

TEST_CASE("garbage and plain HTTP on the TLS port do no harm", "[backend]") {
    backend::Backend server(test::backend_options());
    for (const std::string bytes : {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                                    "\x16\x03\x01\xFF\xFF garbage", "SSH-2.0-OpenSSH\r\n"}) {
        const test::TcpClient client(server.listening());
        client.send(bytes);
        const std::string back = client.read_to_end();
        CHECK(back.size() < 20);  // nothing, or a TLS alert
    }
    CHECK(test::TlsClient(server.listening()).get("/uuid").status == 200);
}

TEST_CASE("each request leaves one line of JSON in the access log", "[backend]") {
    test::KeptLog log;
    backend::Options options = test::backend_options();
    options.access_log = log.writer();
    {
        backend::Backend server(std::move(options));
        test::TlsClient client(server.listening());
        CHECK(client.get("/status/418?x=\xFF").status == 418);
        CHECK(client.get("/uuid?\"\\").status == 200);
        client.send("BAD\r\n\r\n");
        CHECK(client.read_answer().status == 400);
    }
    const std::vector<std::string> lines = log.lines();
    REQUIRE(lines.size() == 3);
    CHECK(nlohmann::json::parse(lines[1]).at("target") == "/uuid?\"\\");
    const auto first = nlohmann::json::parse(lines[0]);
    CHECK(first.at("method") == "GET");
    CHECK(first.at("target") == "/status/418?x=\xEF\xBF\xBD");
    CHECK(first.at("status") == 418);
    CHECK(first.at("sni") == "httpbin.example.com");
    CHECK(first.at("bytes") > 135);
    CHECK(first.at("ms").is_number());
    CHECK(first.at("peer").get<std::string>().starts_with("127.0.0.1:"));
    const auto second = nlohmann::json::parse(lines[2]);
    CHECK(second.at("status") == 400);
    CHECK(second.at("method").is_null());
    CHECK(lines[0].find('\n') == std::string::npos);
}

}  // namespace backend_connections_test
