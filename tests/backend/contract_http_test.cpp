#include "tests/backend/contract.h"
#include "tests/support/unpack.h"

namespace backend_contract_http_test {

using namespace sni;
using nlohmann::json;
using test::Contract;
using test::Way;

TEST_CASE("/range serves the alphabet in ranges as httpbin's tests pin them", "[backend]") {
    const std::vector<std::pair<std::string, std::string>> all = {
        {"Content-Range", "bytes 0-25/26"},
        {"ETag", "range26"},
        {"Accept-Ranges", "bytes"},
        {"Content-Length", "26"},
        {"Content-Type", "application/octet-stream"}};
    const std::string alphabet = "abcdefghijklmnopqrstuvwxyz";
    const auto range = [](const std::string& value) { return "Range: " + value + "\r\n"; };
    const std::vector<std::pair<std::string, std::string>> none = {
        {"Content-Range", "bytes */26"}, {"Content-Length", "0"}, {"ETag", "range26"}};
    Contract(GENERATE(Way::direct, Way::through_router))
        .check({
            {"GET", "/range/26", 200, "", "", all, {}, alphabet},
            {"GET", "/range/30", 200, "", "", {{"Content-Length", "30"}}, {}, alphabet + "abcd"},
            {"HEAD", "/range/26", 200, "", "", all},
            {"HEAD", "/range/26?duration=5", 200, "", "", all},
            {"GET",
             "/range/26",
             206,
             range("bytes=2-5"),
             "",
             {{"Content-Range", "bytes 2-5/26"}},
             {},
             "cdef"},
            {"GET",
             "/range/26",
             206,
             range("bytes=20-"),
             "",
             {{"Content-Length", "6"}},
             {},
             "uvwxyz"},
            {"GET",
             "/range/26",
             206,
             range("bytes=-3"),
             "",
             {{"Content-Range", "bytes 23-25/26"}},
             {},
             "xyz"},
            {"GET", "/range/26", 206, range("bytes=0-0"), "", {{"Content-Range", "bytes 0-0/26"}}},
            {"GET", "/range/26", 200, range("bytes=0-25"), "", all},
            {"GET", "/range/26", 200, range("bytes=-100"), "", all},
            {"GET", "/range/26", 200, range("lines=1-2"), "", all},
            {"GET", "/range/26", 200, range("bytes=x-y"), "", all},
            {"GET", "/range/26", 200, range("bytes=-"), "", all},
            {"GET", "/range/26", 200, range("bytes=0-1,3-4"), "", all},
            {"GET", "/range/26", 416, range("bytes=0-40"), "", none},
            {"GET", "/range/26", 416, range("bytes=26-"), "", none},
            {"GET", "/range/26", 416, range("bytes=99999999999999999999-"), "", none},
            {"GET", "/range/26", 416, range("bytes=5-2"), "", none},
            {"GET", "/range/26", 416, range("bytes=-0"), "", none},
            {"GET",
             "/range/26?duration=0.05&chunk_size=10",
             206,
             range("bytes=0-9"),
             "",
             {{"Content-Length", "10"}},
             {"Transfer-Encoding"},
             "abcdefghij"},
            {"GET", "/range/0", 404},
            {"GET",
             "/range/102401",
             404,
             "",
             "",
             {},
             {},
             "number of bytes must be in the range (0, 102400]"},
            {"GET", "/range/abc", 404},
            {"GET", "/range/26?chunk_size=x", 400},
            {"GET", "/range/26?duration=x", 400},
            {"GET", "/range/26?duration=-1", 400},
        });
}

TEST_CASE("/range heeds the tags of a conditional request before the range", "[backend]") {
    const std::vector<std::pair<std::string, std::string>> whole = {{"ETag", "range26"}};
    const std::string part = "Range: bytes=0-3\r\n";
    Contract(GENERATE(Way::direct, Way::through_router))
        .check({
            {"GET", "/range/26", 304, "If-None-Match: \"range26\"\r\n" + part, "", whole},
            {"GET", "/range/26", 304, "If-None-Match: W/\"range26\"\r\n", "", whole},
            {"HEAD", "/range/26", 304, "If-None-Match: *\r\n", "", whole},
            {"GET", "/range/26", 206, "If-None-Match: \"range27\"\r\n" + part, "", whole},
            {"GET", "/range/26", 206, "If-Match: \"range26\"\r\n" + part, "", whole},
            {"GET", "/range/26", 412, "If-Match: W/\"range26\"\r\n", "", {}, {"ETag"}},
            {"GET", "/range/26", 412, "If-Match: \"x\"\r\n" + part, "", {}, {"ETag"}},
            {"GET", "/range/26", 412, "If-None-Match: *\r\nIf-Match: \"x\"\r\n"},
            {"GET", "/range/26", 200, "If-Match: *\r\n", "", whole},
        });
}

TEST_CASE("conditional requests are answered as their tags say", "[backend]") {
    Contract(GENERATE(Way::direct, Way::through_router))
        .check({
            {"GET", "/etag/abc", 200, "", "", {{"ETag", "abc"}}, {}, "/etag/abc"},
            {"GET",
             "/etag/abc",
             304,
             "If-None-Match: abc\r\n",
             "",
             {{"ETag", "abc"}},
             {"Content-Length"}},
            {"GET", "/etag/abc", 304, "If-None-Match: \"x, y\", W/\"abc\"\r\n"},
            {"GET", "/etag/abc", 304, "If-None-Match: \"x\"\r\nif-none-match: \"abc\"\r\n"},
            {"GET", "/etag/abc", 304, "If-None-Match: *\r\n"},
            {"GET", "/etag/abc", 200, "If-None-Match: \"abcd\"\r\n"},
            {"GET", "/etag/abc", 200, "If-Match: \"abc\"\r\n", "", {{"ETag", "abc"}}},
            {"GET", "/etag/abc", 200, "If-Match: *\r\n"},
            {"GET", "/etag/abc", 200, "If-Match: \"x\"\r\nIf-Match: \"abc\"\r\n"},
            {"GET", "/etag/abc", 412, "If-Match: xyz\r\n", "", {}, {"ETag"}},
            {"GET", "/etag/abc", 200, "If-Match: xyz\r\nIf-None-Match: x\r\n"},
            {"GET", "/etag/a%0d%0aX-Evil:1", 400, "", "", {}, {"X-Evil", "ETag"}},
            {"GET", "/cache", 304, "If-None-Match: x\r\n"},
            {"GET", "/cache", 304, "If-Modified-Since: never\r\n"},
            {"GET",
             "/cache/60",
             200,
             "If-None-Match: *\r\n",
             "",
             {{"Cache-Control", "public, max-age=60"}}},
            {"GET", "/cache/x", 404},
        });
    const test::Answer fresh = Contract(Way::direct).ask({"GET", "/cache", 200});
    CHECK(fresh.header("Last-Modified")->ends_with(" GMT"));
    CHECK(fresh.header("ETag")->size() == 32);
}

TEST_CASE("/response-headers sends what it is told, and never its own undoing", "[backend]") {
    const Way way = GENERATE(Way::direct, Way::through_router);
    Contract lab(way);
    for (const std::string method : {"GET", "POST"}) {
        const test::Answer answer = lab.ask({method, "/response-headers?X-A=1&x-b=2&x-B=3", 200});
        const json document = json::parse(answer.body);
        CHECK(document == json({{"Content-Length", std::to_string(answer.body.size())},
                                {"Content-Type", "application/json"},
                                {"X-A", "1"},
                                {"x-b", {"2", "3"}}}));
        CHECK(test::text_of(answer.headers).find("x-b: 2\nx-B: 3\n") != std::string::npos);
    }
    const test::Answer typed = lab.ask({"GET", "/response-headers?Content-Type=text/x", 200});
    CHECK(json::parse(typed.body).at("Content-Type") == json({"application/json", "text/x"}));
    CHECK(test::text_of(typed.headers).find("Content-Type: text/x\n") != std::string::npos);
    const test::Answer framed = lab.ask(
        {"GET", "/response-headers?Content-Length=3&Transfer-Encoding=chunked&Connection=close",
         200});
    const json document = json::parse(framed.body);
    CHECK(document.at("Content-Length") == json({std::to_string(framed.body.size()), "3"}));
    CHECK(document.at("Transfer-Encoding") == "chunked");
    lab.check({
        {"GET", "/response-headers?a%20b=1", 400},
        {"GET", "/response-headers?=1", 400},
        {"GET", "/response-headers?a=1%0d%0aX-Evil:1", 400, "", "", {}, {"X-Evil", "a"}},
        {"GET", "/response-headers?a%0d%0aX-Evil=1", 400, "", "", {}, {"X-Evil"}},
        {"GET", "/response-headers?Server=mine", 200, "", "", {{"Server", "mine"}}},
        {"GET", "/response-headers?Access-Control-Allow-Origin=http://x", 200},
        {"PUT", "/response-headers", 405, "", "", {{"Allow", "GET, HEAD, POST, OPTIONS"}}},
    });
}

TEST_CASE("compressed answers are compressed, whatever the client accepts", "[backend]") {
    Contract lab(GENERATE(Way::direct, Way::through_router));
    struct Packed {
        std::string target, encoding, said;
    };
    for (const auto& [target, encoding, said] :
         {Packed{"/gzip", "gzip", "gzipped"}, Packed{"/deflate", "deflate", "deflated"},
          Packed{"/brotli", "br", "brotli"}}) {
        for (const std::string accept : {"", "Accept-Encoding: identity\r\n"}) {
            CAPTURE(target, accept);
            const test::Answer answer = lab.ask({"GET", target, 200, accept});
            CHECK(answer.status == 200);
            CHECK(answer.header("Content-Encoding") == encoding);
            CHECK(answer.header("Content-Type") == "application/json");
            CHECK(answer.header("Content-Length") == std::to_string(answer.body.size()));
            CHECK(lab.ask({"HEAD", target, 200, accept}).header("Content-Length") ==
                  answer.header("Content-Length"));
            const json document = json::parse(test::unpack(encoding, answer.body));
            CHECK(document.at(said) == true);
            CHECK(document.at("method") == "GET");
            CHECK(document.at("origin") == "127.0.0.1");
            CHECK(document.at("headers").at("Host") == "httpbin.example.com");
        }
    }
}

}  // namespace backend_contract_http_test
