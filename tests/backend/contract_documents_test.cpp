#include "lab/core/encoding.h"
#include "tests/backend/contract.h"

namespace backend_contract_documents_test {

using namespace sni;
using nlohmann::json;
using test::Contract;
using test::Way;

TEST_CASE("documents that never change", "[backend]") {
    Contract(GENERATE(Way::direct, Way::through_router))
        .check({
            {"GET",
             "/html",
             200,
             "",
             "",
             {{"Content-Type", "text/html; charset=utf-8"}},
             {},
             "<h1>Herman Melville - Moby-Dick</h1>"},
            {"GET",
             "/robots.txt",
             200,
             "",
             "",
             {{"Content-Length", "30"}},
             {},
             "User-agent: *\nDisallow: /deny\n"},
            {"GET",
             "/deny",
             200,
             "",
             "",
             {{"Content-Type", "text/plain; charset=utf-8"}},
             {},
             "YOU SHOULDN'T BE HERE"},
            {"GET",
             "/xml",
             200,
             "",
             "",
             {{"Content-Type", "application/xml"}},
             {},
             "title=\"Sample Slide Show\""},
            {"GET",
             "/json",
             200,
             "",
             "",
             {{"Content-Type", "application/json"}},
             {},
             "\"slideshow\": {"},
            {"GET",
             "/encoding/utf8",
             200,
             "",
             "",
             {{"Content-Type", "text/html; charset=utf-8"}},
             {},
             "∀x∈ℝ"},
            {"GET", "/forms/post", 200, "", "", {}, {}, "<form method=\"post\" action=\"/post\">"},
            {"GET",
             "/",
             200,
             "",
             "",
             {{"Content-Type", "text/html; charset=utf-8"}},
             {},
             "/status/418"},
            {"POST", "/html", 405},
            {"GET", "/html/", 404},
            {"GET", "/../etc/passwd", 404},
            {"GET", "/%2e%2e/etc/passwd", 404},
            {"GET", "/%2e%2e%2fetc%2fpasswd", 404},
            {"GET", "/..%5cetc%5cpasswd", 404},
        });
}

TEST_CASE("base64 and links", "[backend]") {
    Contract(GENERATE(Way::direct, Way::through_router))
        .check({
            {"GET", "/base64/SFRUUEJJTiBpcyBhd2Vzb21l", 200, "", "", {}, {}, "HTTPBIN is awesome"},
            {"GET", "/base64/w78-w78_", 200, "", "", {}, {}, "\xC3\xBF>\xC3\xBF?"},
            {"GET", "/base64/YQ", 200, "", "", {{"Content-Length", "1"}}, {}, "a"},
            {"GET", "/base64/YQ==", 200, "", "", {}, {}, "a"},
            {"GET",
             "/base64/PHNjcmlwdD4=",
             200,
             "",
             "",
             {{"Content-Type", "text/plain; charset=utf-8"}},
             {},
             "<script>"},
            {"GET", "/base64/!!!", 400},
            {"GET", "/base64/A", 400},
            {"GET", "/base64/_w==", 400},
            {"GET", "/links/3", 302, "", "", {{"Location", "/links/3/0"}}},
            {"GET",
             "/links/3/1",
             200,
             "",
             "",
             {{"Content-Type", "text/html; charset=utf-8"}},
             {},
             "<title>Links</title></head><body><a href='/links/3/0'>0</a> 1 "
             "<a href='/links/3/2'>2</a> </body>"},
            {"GET", "/links/0/0", 200, "", "", {}, {}, "<body>0 </body>"},
            {"GET", "/links/999/0", 200, "", "", {}, {}, "<a href='/links/200/199'>199</a>"},
            {"GET", "/links/x", 404},
            {"GET", "/links/3/x", 404},
        });
}

TEST_CASE("images by path and by what the client accepts", "[backend]") {
    const auto type = [](const std::string& name) {
        return std::vector<std::pair<std::string, std::string>>{{"Content-Type", name}};
    };
    const auto accept = [](const std::string& types) { return "Accept: " + types + "\r\n"; };
    Contract(GENERATE(Way::direct, Way::through_router))
        .check({
            {"GET", "/image/png", 200, "", "", type("image/png"), {}, "\x89PNG\r\n"},
            {"GET", "/image/jpeg", 200, "", "", type("image/jpeg"), {}, "JFIF"},
            {"GET", "/image/webp", 200, "", "", type("image/webp"), {}, "WEBPVP8L"},
            {"GET", "/image/svg", 200, "", "", type("image/svg+xml"), {}, "</svg>"},
            {"GET", "/image/gif", 404},
            {"GET", "/image", 200, "", "", type("image/png")},
            {"GET", "/image", 200, accept("*/*"), "", type("image/png")},
            {"GET", "/image", 200, accept("image/*"), "", type("image/png")},
            {"GET", "/image", 200, accept("text/html, IMAGE/JPEG"), "", type("image/jpeg")},
            {"GET", "/image", 200, accept("image/png, image/webp"), "", type("image/webp")},
            {"GET", "/image", 200, accept("image/svg+xml"), "", type("image/svg+xml")},
            {"GET", "/image", 200, accept("text/html") + accept("image/jpeg"), "",
             type("image/jpeg")},
            {"GET", "/image", 406, accept("text/html"), "", type("application/json"), {}, "accept"},
        });
}

TEST_CASE("the backend tells of itself, and counts what it is given", "[backend]") {
    const Way way = GENERATE(Way::direct, Way::through_router);
    Contract lab(way);
    const std::string dumped =
        "POST /dump/request?a=b HTTP/1.1\r\nHost: httpbin.example.com\r\nx-ODD: 1\r\n"
        "Content-Length: 4\r\n\r\nbody";
    const test::Answer dump = lab.ask({"POST", "/dump/request?a=b", 200, "x-ODD: 1\r\n", "body"});
    CHECK(dump.body == dumped);
    CHECK(dump.header("Content-Type") == "text/plain; charset=utf-8");
    lab.check({
        {.method = "GET",
         .target = "/hostname",
         .status = 200,
         .document = json{{"hostname", "pod-1"}}},
        {.method = "GET",
         .target = "/version",
         .status = 200,
         .document = json{{"service", "sni-lab"}}},
        {.method = "GET",
         .target = "/env",
         .status = 200,
         .document = json{{"env", json::object()}}},
        {.method = "POST",
         .target = "/upload",
         .status = 200,
         .body = std::string(1000, 'x'),
         .document = json{{"bytes_received", 1000}}},
        {.method = "PUT",
         .target = "/upload",
         .status = 200,
         .document = json{{"bytes_received", 0}}},
        {"GET", "/upload", 405, "", "", {{"Allow", "POST, PUT, PATCH, OPTIONS"}}},
        {"HEAD", "/head", 200, "", "", {{"Content-Length", "0"}}},
        {"GET", "/head", 405, "", "", {{"Allow", "HEAD, OPTIONS"}}},
        {"GET", "/unstable?failure_rate=0", 200},
        {"GET", "/unstable?failure_rate=1", 500},
        {"GET", "/unstable?failure_rate=1.1", 400},
        {"GET", "/unstable?failure_rate=-0.1", 400},
        {"GET", "/unstable?failure_rate=nan", 400},
        {"GET", "/unstable?failure_rate=x", 400},
        {"GET", "/unstable?seed=x", 400},
        {"GET", "/fault/unknown", 404},
        {"GET", "/websocket/echo", 400},
    });
    const int once = lab.ask({"GET", "/unstable?seed=5", 200}).status;
    CHECK(lab.ask({"GET", "/unstable?seed=5", 200}).status == once);
    CHECK(json::parse(lab.ask({"GET", "/json", 200}).body).at("slideshow").at("slides").size() ==
          2);
}

TEST_CASE("every listed path says what it allows, and answers OPTIONS", "[backend]") {
    Contract lab(Way::direct);
    for (const std::string target :
         {"/drip", "/sse", "/trailers", "/gzip", "/cookies/set", "/digest-auth/a/b/c/d/e",
          "/range/1", "/fault/reset", "/tls/exporter", "/tls/client-cert", "/image/png"}) {
        lab.check({"OPTIONS",
                   target,
                   200,
                   "",
                   "",
                   {{"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, PATCH, OPTIONS"},
                    {"Content-Length", "0"}}});
        lab.check({"BREW", target, 405});
    }
    lab.check({"OPTIONS", "/nowhere", 404});
}

}  // namespace backend_contract_documents_test
