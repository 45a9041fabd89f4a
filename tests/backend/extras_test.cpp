// What go-httpbin has beside httpbin.
#include <zstd.h>

#include "lab/httpbin/routes.h"
#include "tests/backend/contract.h"

namespace backend_extras_test {

using namespace sni;
using nlohmann::json;

TEST_CASE("/zstd is compressed with Zstandard, whatever the client accepts", "[backend]") {
    test::Contract lab(test::Way::direct);
    const test::Answer answer = lab.ask({"GET", "/zstd", 200, "Accept-Encoding: identity\r\n"});
    CHECK(answer.status == 200);
    CHECK(answer.header("Content-Encoding") == "zstd");
    CHECK(answer.header("Content-Type") == "application/json");
    std::string text(1u << 16, '\0');
    const std::size_t size =
        ZSTD_decompress(text.data(), text.size(), answer.body.data(), answer.body.size());
    REQUIRE(ZSTD_isError(size) == 0);
    const json document = json::parse(text.substr(0, size));
    CHECK(document.at("zstd") == true);
    CHECK(document.at("method") == "GET");
    CHECK(document.at("headers").at("Accept-Encoding") == "identity");
}

TEST_CASE("/spec.json tells of every route and of each of its methods", "[backend]") {
    test::Contract lab(test::Way::direct);
    const json spec = lab.document("/spec.json");
    CHECK(spec.at("openapi") == "3.0.3");
    CHECK(spec.at("paths").at("/status/{codes}").at("parameters").at(0) ==
          json({{"name", "codes"},
                {"in", "path"},
                {"required", true},
                {"schema", {{"type", "string"}}}}));
    CHECK(spec.at("paths").at("/anything/{path}").contains("post"));
    CHECK(spec.at("paths").at("/get").at("get").at("responses").contains("default"));
    CHECK(spec.at("paths").size() == httpbin::routes().size());
    for (const httpbin::Route& route : httpbin::routes()) {
        CAPTURE(std::string(route.pattern));
        std::string path(route.pattern);
        if (const std::size_t dots = path.find("...}"); dots != std::string::npos) {
            path.erase(dots, 3);
        }
        CHECK(spec.at("paths").contains(path));
    }
}

TEST_CASE("/base64 decodes and encodes", "[backend]") {
    test::Contract lab(test::Way::direct);
    const auto body = [&](const std::string& target) { return lab.ask({"GET", target, 200}).body; };
    CHECK(body("/base64/dGVhcG90") == "teapot");
    CHECK(body("/base64/decode/dGVhcG90") == "teapot");
    CHECK(body("/base64/encode/teapot") == "dGVhcG90");
    CHECK(body("/base64/encode/%C3%A9%3F") == "w6k/");
    lab.check({"GET", "/base64/decode/x%21", 400});
}

TEST_CASE("/ip is text for those who ask for that", "[backend]") {
    test::Contract lab(test::Way::direct);
    lab.check(
        {{"GET",
          "/ip?format=text",
          200,
          "",
          "",
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Content-Length", "9"}},
          {},
          "127.0.0.1"},
         {"GET", "/ip?format=json", 200, "", "", {}, {}, "", json({{"origin", "127.0.0.1"}})}});
}

TEST_CASE("cookies get the attributes that the query asks for", "[backend]") {
    test::Contract lab(test::Way::direct);
    const auto cookie = [&](const std::string& target) {
        const test::Answer answer = lab.ask({"GET", target, 302});
        CHECK(answer.status == 302);
        return answer.header("Set-Cookie").value_or("");
    };
    CHECK(cookie("/cookies/set?a=b") == "a=b; Secure; Path=/");
    CHECK(cookie("/cookies/set?a=b&attr[Secure]=false") == "a=b; Path=/");
    CHECK(cookie("/cookies/set/a/b?attr%5BHttpOnly%5D=true&attr[samesite]=Lax&attr[Path]=/tea"
                 "&attr[MaxAge]=60&attr[Domain]=example.com") ==
          "a=b; HttpOnly; SameSite=Lax; Max-Age=60; Domain=example.com; Secure; Path=/tea");
    CHECK(cookie("/cookies/set?attr[HttpOnly]=0&a=b") == "a=b; Secure; Path=/");
    lab.check({"GET", "/cookies/set?a=b&attr[Color]=red", 400});
    lab.check({"GET", "/cookies/set?a=b&attr[Path]=/;%20Domain=x", 400});
    lab.check({"GET", "/cookies/set?a=b&attr[Path]=%0d%0aX:y", 400});
}

}  // namespace backend_extras_test
