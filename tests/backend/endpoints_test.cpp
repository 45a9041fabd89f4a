#include <algorithm>

#include <nlohmann/json.hpp>

#include "lab/backend/backend.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/tls_client.h"

namespace backend_endpoints_test {

using namespace sni;
using nlohmann::json;

namespace {

struct Running {
    backend::Backend server{test::backend_options()};
    test::TlsClient client{server.listening()};

    /// One request with headers of its own and a body, on the same connection as all others.
    test::Answer ask(const std::string& method, const std::string& target,
                     const std::string& headers = "", const std::string& body = "") {
        std::string length;
        if (!body.empty()) length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
        client.send(method + " " + target + " HTTP/1.1\r\nHost: httpbin.example.com\r\n" + headers +
                    length + "\r\n" + body);
        return client.read_answer(method == "HEAD");
    }
    json document(const std::string& method, const std::string& target,
                  const std::string& headers = "", const std::string& body = "") {
        const test::Answer answer = ask(method, target, headers, body);
        CAPTURE(method, target, answer.body);
        REQUIRE(answer.status == 200);
        CHECK(answer.header("Content-Type") == "application/json");
        CHECK(answer.body.ends_with("}\n"));
        return json::parse(answer.body);
    }
};

}  // namespace

TEST_CASE("every path answers its methods, and says which when it is asked otherwise",
          "[backend]") {
    struct Row {
        std::string method;
        std::string target;
        int status;
        std::string allow = {};
    };
    const std::string get = "GET, HEAD, OPTIONS";
    const std::string any = "GET, HEAD, POST, PUT, DELETE, PATCH, TRACE, OPTIONS";
    const Row row = GENERATE_COPY(values<Row>({
        {"GET", "/", 200},
        {"GET", "/get", 200},
        {"GET", "/%67et", 200},
        {"GET", "https://elsewhere.example/get?x=1", 200},
        {"HEAD", "/get", 200},
        {"POST", "/get", 405, get},
        {"BREW", "/get", 405, get},
        {"GET", "/get/", 404},
        {"GET", "/GET", 404},
        {"GET", "//get", 404},
        {"GET", "/headers", 200},
        {"GET", "/ip", 200},
        {"GET", "/user-agent", 200},
        {"GET", "/uuid", 200},
        {"DELETE", "/uuid", 405, get},
        {"POST", "/post", 200},
        {"GET", "/post", 405, "POST, OPTIONS"},
        {"HEAD", "/post", 405, "POST, OPTIONS"},
        {"PUT", "/put", 200},
        {"PATCH", "/patch", 200},
        {"DELETE", "/delete", 200},
        {"TRACE", "/anything", 200},
        {"GET", "/anything/a/b%2Fc/../d", 200},
        {"GET", "/anything/", 404},
        {"CHECKIN", "/anything", 405, any},
        {"GET", "/status/200", 200},
        {"TRACE", "/status/200", 200},
        {"GET", "/status/404", 404},
        {"GET", "/status/599", 599},
        {"GET", "/status/600", 400},
        {"GET", "/status/100", 400},
        {"GET", "/status/abc", 400},
        {"GET", "/status/418:1", 400},
        {"GET", "/status/", 404},
        {"GET", "/status", 404},
        {"GET", "/status/200/x", 404},
        {"GET", "/bytes/0", 200},
        {"GET", "/bytes/-1", 404},
        {"GET", "/bytes/abc", 404},
        {"GET", "/bytes/1.5", 404},
        {"GET", "/bytes/", 404},
        {"GET", "/bytes/4?seed=x", 400},
        {"POST", "/bytes/4", 405, get},
        {"GET", "/delay/0", 200},
        {"POST", "/delay/0", 200},
        {"GET", "/delay/abc", 400},
        {"GET", "/delay/nan", 400},
        {"GET", "/delay/-1", 400},
        {"GET", "/tls", 200},
        {"POST", "/tls", 405, get},
        {"GET", "/.well-known/sni-lab/proof", 400},
        {"GET", "/nowhere", 404},
        {"OPTIONS", "/nowhere", 404},
        {"GET", "/../etc/passwd", 404},
        {"GET", "/%2e%2e/etc/passwd", 404},
        {"GET", "/..%2fetc/passwd", 404},
    }));
    CAPTURE(row.method, row.target);
    Running running;
    const test::Answer answer = running.ask(row.method, row.target);
    CHECK(answer.status == row.status);
    CHECK(answer.header("Allow").value_or("") == row.allow);
    CHECK(answer.header("Access-Control-Allow-Origin") == "*");
    CHECK(answer.header("Access-Control-Allow-Credentials") == "true");
    CHECK(answer.header("Server").value_or("").starts_with("sni-lab/"));
    CHECK(answer.header("Date").value_or("").ends_with(" GMT"));
    if (row.status >= 400 && !row.target.starts_with("/status/4") &&
        !row.target.starts_with("/status/5") && row.method != "HEAD") {
        const json error = json::parse(answer.body);
        CHECK(error.at("status_code") == row.status);
        CHECK(error.at("error").is_string());
        CHECK(error.at("detail").is_string());
    }
    CHECK(running.ask("GET", "/uuid").status == 200);  // the connection is still of use
}

TEST_CASE("/get echoes arguments, headers, origin and URL, and nothing else", "[backend]") {
    Running running;
    const json document = running.document("GET", "/get?a=1&b=x%20y&a=2&c",
                                           "x-foo-BAR: one\r\nX-Foo-Bar: two\r\nDNT: 1\r\n");
    CHECK(document.size() == 4);
    CHECK(document.at("args") == json({{"a", {"1", "2"}}, {"b", "x y"}, {"c", ""}}));
    CHECK(document.at("headers") ==
          json({{"Host", "httpbin.example.com"}, {"X-Foo-Bar", "one,two"}, {"Dnt", "1"}}));
    CHECK(document.at("origin") == "127.0.0.1");
    CHECK(document.at("url") == "https://httpbin.example.com/get?a=1&b=x%20y&a=2&c");
}

TEST_CASE("bytes that are no UTF-8 do not break the JSON", "[backend]") {
    Running running;
    const json document = running.document("GET", "/get?a=%FFz", "X-Raw: caf\xE9\r\n");
    CHECK(document.at("args").at("a") == "\xEF\xBF\xBDz");
    CHECK(document.at("headers").at("X-Raw") == "caf\xEF\xBF\xBD");
}

TEST_CASE("what proxies add is hidden, but shapes origin and URL", "[backend]") {
    Running running;
    const std::string forwarded =
        "X-Forwarded-For: 203.0.113.9, 10.0.0.1\r\nX-Forwarded-Proto: http\r\nVia: x\r\n"
        "Forwarded: by=me\r\n";
    json document = running.document("GET", "/get", forwarded);
    CHECK(document.at("origin") == "203.0.113.9, 10.0.0.1");
    CHECK(document.at("url") == "http://httpbin.example.com/get");
    CHECK_FALSE(document.at("headers").contains("Via"));
    CHECK_FALSE(document.at("headers").contains("X-Forwarded-For"));
    CHECK(document.at("headers").contains("Forwarded"));
    document = running.document("GET", "/get?show_env", forwarded);
    CHECK(document.at("headers").contains("Via"));
}

TEST_CASE("names that are shown as one are one member of a document", "[backend]") {
    Running running;
    const std::string one = "\xEF\xBF\xBD";
    const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
    CHECK(running.document("GET", "/get?%ff=1&%fe=2").at("args") == json{{one, {"1", "2"}}});
    const test::Answer posted = running.ask("POST", "/post", form, "%ff=1&%fe=2&a=3");
    const json fields = json::parse(posted.body).at("form");
    CHECK(fields == json{{one, {"1", "2"}}, {"a", "3"}});
    CHECK(posted.body.find(one) == posted.body.rfind(one));
    const test::Answer shown = running.ask("GET", "/cookies", "Cookie: \xff=1; \xfe=2\r\n");
    CHECK(json::parse(shown.body).at("cookies") == json{{one, "1"}});
    CHECK(shown.body.find(one) == shown.body.rfind(one));
}

TEST_CASE("a refusal lets the page read it that asked", "[backend]") {
    Running running;
    const test::Answer answer = running.ask(
        "POST", "/post", "Origin: https://app.example\r\nContent-Length: 999999999\r\n");
    CHECK(answer.status == 413);
    CHECK(answer.header("Access-Control-Allow-Origin") == "https://app.example");
}

TEST_CASE("small endpoints have httpbin's shapes", "[backend]") {
    Running running;
    CHECK(running.document("GET", "/ip") == json({{"origin", "127.0.0.1"}}));
    CHECK(running.document("GET", "/user-agent") == json({{"user-agent", nullptr}}));
    CHECK(running.document("GET", "/user-agent", "User-Agent: curl/8\r\n") ==
          json({{"user-agent", "curl/8"}}));
    CHECK(running.document("GET", "/headers") ==
          json({{"headers", {{"Host", "httpbin.example.com"}}}}));
    CHECK(running.document("GET", "/uuid").at("uuid").get<std::string>().size() == 36);
}

TEST_CASE("bodies become data, form, files or json by their type", "[backend]") {
    Running running;
    json document = running.document("POST", "/post", "", R"({"a": [1, null], "a": 2})");
    CHECK(document.at("json") == json({{"a", 2}}));
    CHECK(document.at("data") == R"({"a": [1, null], "a": 2})");
    CHECK(document.at("form") == json::object());
    CHECK(document.at("files") == json::object());
    CHECK_FALSE(document.contains("method"));

    document = running.document("PUT", "/put", "Content-Type: text/plain\r\n", "no json");
    CHECK(document.at("data") == "no json");
    CHECK(document.at("json").is_null());

    document = running.document("PATCH", "/patch", "", "\xFF\xFE");
    CHECK(document.at("data") == "data:application/octet-stream;base64,//4=");

    document = running.document(
        "DELETE", "/delete", "Content-Type: Application/X-WWW-Form-Urlencoded; charset=utf-8\r\n",
        "a=1&b=2&a=+3");
    CHECK(document.at("form") == json({{"a", {"1", " 3"}}, {"b", "2"}}));
    CHECK(document.at("data") == "");
    CHECK(document.at("json").is_null());

    document = running.document(
        "POST", "/anything/x?q=1", "Content-Type: multipart/form-data; boundary=\"b\"\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\ntext\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"1\"\r\n\r\none\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"2\"\r\n"
        "Content-Type: image/x\r\n\r\n\xFF\r\n--b--\r\n");
    CHECK(document.at("form") == json({{"t", "text"}}));
    CHECK(document.at("files") == json({{"f", {"one", "data:image/x;base64,/w=="}}}));
    CHECK(document.at("method") == "POST");
    CHECK(document.at("args") == json({{"q", "1"}}));

    document = running.document("POST", "/post");
    CHECK(document.at("data") == "");
    CHECK(document.at("json").is_null());
}

TEST_CASE("JSON that would be dangerous to echo is not parsed", "[backend]") {
    Running running;
    for (const std::string& body :
         {std::string(200'000, '['), "[" + std::string(1'500'000, ',') + "]", std::string("NaN"),
          std::string("{\"a\":Infinity}")}) {
        CHECK(running.document("POST", "/post", "", body).at("json").is_null());
    }
    std::string deep = std::string(400, '[') + std::string(400, ']');
    CHECK(running.document("POST", "/post", "", deep).at("json").is_array());
}

TEST_CASE("chunked bodies are echoed like others", "[backend]") {
    Running running;
    running.client.send(
        "POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
        "4;ext=1\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\nTrailer: x\r\n\r\n");
    const json document = json::parse(running.client.read_answer().body);
    CHECK(document.at("json") == json({{"a", 1}}));
    CHECK(document.at("headers").at("Transfer-Encoding") == "CHUNKED");
}

TEST_CASE("the teapot is a teapot", "[backend]") {
    Running running;
    const test::Answer answer = running.ask("GET", "/status/418");
    CHECK(answer.status == 418);
    CHECK(answer.reason == "I'm a teapot");
    CHECK(answer.body.find("teapot") != std::string::npos);
    CHECK(answer.body.size() == 135);
    CHECK(answer.header("x-more-info") == "http://tools.ietf.org/html/rfc2324");
}

TEST_CASE("some status codes bring what makes them useful", "[backend]") {
    Running running;
    for (const std::string code : {"301", "302", "303", "305", "307"}) {
        CHECK(running.ask("GET", "/status/" + code).header("Location") == "/redirect/1");
    }
    CHECK_FALSE(running.ask("GET", "/status/300").header("Location"));
    CHECK(running.ask("GET", "/status/401").header("WWW-Authenticate") ==
          "Basic realm=\"Fake Realm\"");
    CHECK(running.ask("GET", "/status/407").header("Proxy-Authenticate") ==
          "Basic realm=\"Fake Realm\"");
    CHECK_FALSE(running.ask("GET", "/status/402").body.empty());
    CHECK(json::parse(running.ask("GET", "/status/406").body).at("accept").size() == 5);
    const test::Answer plain = running.ask("GET", "/status/201");
    CHECK(plain.header("Content-Length") == "0");
    const test::Answer none = running.ask("GET", "/status/204");
    CHECK_FALSE(none.header("Content-Length"));
    const int chosen = running.ask("GET", "/status/200:0,503:1,404:0").status;
    CHECK(chosen == 503);
}

TEST_CASE("/bytes gives as many bytes as asked for, up to its limit", "[backend]") {
    Running running;
    const test::Answer seeded = running.ask("GET", "/bytes/10?seed=0");
    CHECK(seeded.body == "\xc5\xd7\x14\x84\xf8\xcf\x9b\xf4\xb7\x6f");
    CHECK(seeded.header("Content-Type") == "application/octet-stream");
    CHECK(running.ask("GET", "/bytes/99999999999999999999").body.size() == 102'400);
    CHECK(running.ask("GET", "/bytes/16").body != running.ask("GET", "/bytes/16").body);
}

TEST_CASE("no answer is compressed or cut into ranges", "[backend]") {
    Running running;
    const test::Answer answer =
        running.ask("GET", "/bytes/10?seed=0", "Accept-Encoding: gzip, br\r\nRange: bytes=2-3\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.body.size() == 10);
    CHECK_FALSE(answer.header("Content-Encoding"));
    const test::Answer text =
        running.ask("GET", "/get", "Accept-Encoding: gzip, br\r\nRange: bytes=9-1\r\n");
    CHECK(text.status == 200);
    CHECK_FALSE(text.header("Content-Encoding"));
    CHECK(json::parse(text.body).at("headers").at("Range") == "bytes=9-1");
    CHECK(running.document("POST", "/post", "Content-Encoding: gzip\r\n", "not gzip at all")
              .at("data") == "not gzip at all");
}

TEST_CASE("OPTIONS tells methods and what a browser may send", "[backend]") {
    Running running;
    const test::Answer answer =
        running.ask("OPTIONS", "/get",
                    "Origin: https://app.example\r\nAccess-Control-Request-Headers: x-a, x-b\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
    CHECK(answer.header("Allow") == "GET, HEAD, OPTIONS");
    CHECK(answer.header("Access-Control-Allow-Methods") ==
          "GET, POST, PUT, DELETE, PATCH, OPTIONS");
    CHECK(answer.header("Access-Control-Max-Age") == "3600");
    CHECK(answer.header("Access-Control-Allow-Headers") == "x-a, x-b");
    CHECK(answer.header("Access-Control-Allow-Origin") == "https://app.example");
    CHECK_FALSE(running.ask("OPTIONS", "/get").header("Access-Control-Allow-Headers"));
    CHECK(running.ask("OPTIONS", "*").status == 200);
}

TEST_CASE("HEAD is GET without the body", "[backend]") {
    Running running;
    const test::Answer head = running.ask("HEAD", "/get?a=1");
    const test::Answer get = running.ask("GET", "/get?a=1");
    CHECK(head.status == 200);
    CHECK(head.header("Content-Length") == get.header("Content-Length"));
    CHECK(head.header("Content-Type") == get.header("Content-Type"));
    CHECK_FALSE(head.header("Accept-Ranges"));
}

TEST_CASE("the index lists the endpoints and whose certificate the reader looks at", "[backend]") {
    Running running;
    const test::Answer page = running.ask("GET", "/");
    CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
    for (const std::string text :
         {"/status/418", "/anything", "CN=httpbin.example.com", "pod-1", "TLSv1.3"}) {
        CAPTURE(text);
        CHECK(page.body.find(text) != std::string::npos);
    }
}

TEST_CASE("a name from outside cannot write HTML into the index", "[backend]") {
    backend::Backend server(test::backend_options());
    test::TlsClient client(server.listening(), {.sni = "<script>alert(1)</script>"});
    const test::Answer page = client.get("/");
    CHECK(page.body.find("<script>") == std::string::npos);
    CHECK(page.body.find("&lt;script&gt;") != std::string::npos);
}

}  // namespace backend_endpoints_test
