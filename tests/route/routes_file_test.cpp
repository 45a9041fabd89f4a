#include "lab/route/routes_file.h"

#include "tests/support/catch.h"

namespace route_routes_file_test {

using namespace sni;

namespace {

std::string rendered(std::string_view text) {
    std::string all;
    for (const Diagnostic& diagnostic : route::parse_routes(text, "routes.txt").diagnostics) {
        all += render(diagnostic);
    }
    return all;
}

}  // namespace

TEST_CASE("a routes file has a route a line, comments and empty lines", "[route]") {
    const auto parsed = route::parse_routes(
        "# tutorial\n"
        "\n"
        "httpbin.example.com\t127.0.0.1:9443   # the backend\r\n"
        "  *.example.com 127.0.0.1:9444*3\n"
        "* unix:/run/rest.sock",
        "routes.txt");
    CHECK(parsed.diagnostics.empty());
    REQUIRE(parsed.routes.size() == 3);
    CHECK(parsed.routes[0].pattern.text() == "httpbin.example.com");
    CHECK(parsed.routes[1].backends == std::vector<route::Backend>{{loopback(9444), 3}});
    CHECK(parsed.routes[2].backends[0].endpoint.kind == Endpoint::Kind::unix_path);
}

TEST_CASE("a comment begins where a word does, and not within a path", "[route]") {
    const auto parsed = route::parse_routes(
        "u.example.com unix:/run/app#1.sock # the first\n"
        "v.example.com 127.0.0.1:1\t#2\n"
        "\t#w.example.com 127.0.0.1:1\n",
        "routes.txt");
    CHECK(parsed.diagnostics.empty());
    REQUIRE(parsed.routes.size() == 2);
    CHECK(parsed.routes[0].backends[0].endpoint.host == "/run/app#1.sock");
    CHECK(parsed.routes[1].backends[0].endpoint == loopback(1));
    CHECK(rendered("a.example.com 127.0.0.1:1#2\n").find("\"127.0.0.1:1#2\"") != std::string::npos);
}

TEST_CASE("a key in the place of a routes file is told, and not shown", "[route]") {
    const std::string key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n";
    const std::string told =
        ":1: error: this is a key or a certificate, and no routes file [SL5001]\n"
        "hint: a line of one is NAME HOST:PORT[*WEIGHT]\n";
    CHECK(rendered(key) == "routes.txt:1" + told);
    CHECK(rendered("Bag Attributes\n\n" + key) == "routes.txt:3" + told);
}

TEST_CASE("all mistakes of a routes file are told at once, with their places", "[route]") {
    CHECK(rendered("a.example.com 127.0.0.1:1\n"
                   "b.example.com\n"
                   "c.example.com 127.0.0.1:1 and more\n"
                   "  d..com 127.0.0.1\n") ==
          "routes.txt:2:1: error: \"b.example.com\" has no backend [SL5001]\n"
          "    2 | b.example.com\n"
          "      | ^^^^^^^^^^^^^\n"
          "hint: a line is NAME HOST:PORT[*WEIGHT], as in httpbin.example.com 127.0.0.1:9443\n"
          "routes.txt:3:27: error: \"and\" is one word too many [SL5001]\n"
          "    3 | c.example.com 127.0.0.1:1 and more\n"
          "      |                           ^^^\n"
          "hint: a line is NAME HOST:PORT[*WEIGHT], as in httpbin.example.com 127.0.0.1:9443\n"
          "routes.txt:4:3: error: \"d..com\" is not a host name: a label has 1 to 63 bytes and "
          "does not start with '-' [SL5001]\n"
          "    4 |   d..com 127.0.0.1\n"
          "      |   ^^^^^^\n"
          "hint: a line is NAME HOST:PORT[*WEIGHT], as in httpbin.example.com 127.0.0.1:9443\n"
          "routes.txt:4:10: error: \"127.0.0.1\" has no port; write ADDRESS:PORT [SL5001]\n"
          "    4 |   d..com 127.0.0.1\n"
          "      |          ^^^^^^^^^\n"
          "hint: a line is NAME HOST:PORT[*WEIGHT], as in httpbin.example.com 127.0.0.1:9443\n");
}

TEST_CASE("control bytes of a routes file never reach the terminal", "[route]") {
    CHECK(rendered("a\x1b[31m 127.0.0.1:1\n").find('\x1b') == std::string::npos);
}

TEST_CASE("a file that is no routes file is given up after a hundred mistakes", "[route]") {
    std::string text;
    for (int i = 0; i < 5000; ++i)
        text += "nonsense\n";
    CHECK(route::parse_routes(text, "routes.txt").diagnostics.size() == 100);
}

}  // namespace route_routes_file_test
