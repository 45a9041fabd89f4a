// What RFC 9110 and RFC 9112 say of requests that httpbin itself takes less seriously.
#include "tests/backend/contract.h"
#include "tests/backend/refused.h"

namespace backend_http_rules_test {

using namespace sni;

TEST_CASE("a range is served only to a GET whose If-Range names what is there", "[backend]") {
    test::Contract lab(test::Way::direct);
    const std::string range = "Range: bytes=0-4\r\n";
    lab.check({
        {"GET", "/range/26", 206, range, "", {}, {}, "abcde"},
        {"GET", "/range/26", 206, "Range: Bytes=0-4\r\n", "", {}, {}, "abcde"},
        {"GET", "/range/26", 206, range + "If-Range: \"range26\"\r\n", "", {}, {}, "abcde"},
        {"GET", "/range/26", 206, range + "If-Range: range26\r\n", "", {}, {}, "abcde"},
        {"GET", "/range/26", 200, range + "If-Range: \"other\"\r\n", "", {}, {}, "xyz"},
        {"GET", "/range/26", 200, range + "If-Range: W/\"range26\"\r\n", "", {}, {}, "xyz"},
        {"GET", "/range/26", 200, range + "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"},
        {"GET", "/range/26", 200, "Range: bytes=90-\r\nIf-Range: \"other\"\r\n"},
        {"HEAD", "/range/26", 200, range, "", {{"Content-Length", "26"}}},
    });
}

TEST_CASE("a Host that is none is refused, wherever it stands", "[backend]") {
    backend::Backend server(test::backend_options());
    for (const std::string host : {"a:b:c", "a:b", "a:99999", "u@a", "u:p@a", "[::1", "::1", "[a]",
                                   "[::1]x", "[::1]:x", "a b", "a%zz", "a%2", ":80", "a\x80"}) {
        CAPTURE(host);
        CHECK(test::refused(server, "GET /uuid HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                  .starts_with("HTTP/1.1 400 "));
        CHECK(test::refused(server, "GET https://" + host + "/uuid HTTP/1.1\r\nHost: a\r\n\r\n")
                  .starts_with("HTTP/1.1 4"));
    }
    for (const std::string host : {"a", "a.example.com.", "a:443", "a:", "127.0.0.1:80", "[::1]",
                                   "[::1]:8443", "a%41", "a_b", "xn--bcher-kva.example"}) {
        CAPTURE(host);
        test::TlsClient client(server.listening());
        client.send("GET /uuid HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        CHECK(client.read_answer().status == 200);
        client.send("GET https://" + host + "/uuid HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(client.read_answer().status == 200);
    }
    test::TlsClient client(server.listening());
    client.send("GET /uuid HTTP/1.1\r\nHost: \r\n\r\n");
    CHECK(client.read_answer().status == 200);
}

TEST_CASE("a target with a fragment is refused", "[backend]") {
    backend::Backend server(test::backend_options());
    for (const std::string target : {"/get#a", "/get?a=1#b", "#", "https://a#b", "https://a/#b"}) {
        CAPTURE(target);
        CHECK(test::refused(server, "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n")
                  .starts_with("HTTP/1.1 400 "));
    }
}

TEST_CASE("a HEAD that is refused gets no body", "[backend]") {
    backend::Backend server(test::backend_options());
    for (const std::string rest : {" /get HTTP/1.1\r\n\r\n", " /get#a HTTP/1.1\r\nHost: a\r\n\r\n",
                                   " /get HTTP/9.9\r\nHost: a\r\n\r\n",
                                   " /get HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
                                   " /get HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"}) {
        CAPTURE(rest);
        const std::string answer = test::refused(server, "HEAD" + rest);
        CHECK(answer.starts_with("HTTP/1.1 "));
        CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(answer.ends_with("\r\n\r\n"));
    }
}

}  // namespace backend_http_rules_test
