#include "lab/http/multipart.h"

#include "tests/support/catch.h"

namespace http_multipart_test {

using namespace sni::http;

TEST_CASE("multipart fields and files come out in order", "[backend]") {
    const std::string body =
        "preamble\r\n"
        "--xyz\r\n"
        "Content-Disposition: form-data; name=\"a\"\r\n"
        "\r\n"
        "1\r\n2\r\n"
        "--xyz \r\n"
        "content-disposition: form-data; name=up; filename=\"dir\\x \\\"q\\\".txt\"\r\n"
        "Content-Type: text/plain\r\n"
        "\r\n"
        "--xy is not the boundary\r\n"
        "--xyz--\r\n"
        "epilogue";
    const std::vector<Part> parts = parse_multipart(body, "xyz").value();
    REQUIRE(parts.size() == 2);
    CHECK(parts[0] == Part{"a", std::nullopt, "", "1\r\n2"});
    CHECK(parts[1] == Part{"up", "dir\\x \"q\".txt", "text/plain", "--xy is not the boundary"});
}

TEST_CASE("a part's header may be folded, and may have spaces before a semicolon", "[backend]") {
    for (const std::string disposition :
         {"form-data;\r\n name=\"a\";\r\n\tfilename=b", "form-data; name=a ; filename=b ",
          "form-data ; name= a;filename=\"b\" "}) {
        CAPTURE(disposition);
        const auto parts = parse_multipart("--x\r\nContent-Disposition: " + disposition +
                                               "\r\nContent-Type: text/plain\r\n\r\n v\r\n--x--",
                                           "x")
                               .value();
        REQUIRE(parts.size() == 1);
        CHECK(parts[0] == Part{"a", "b", "text/plain", " v"});
    }
    CHECK(boundary_of("multipart/form-data; boundary=X ; charset=utf-8") == "X");
}

TEST_CASE("multipart lines may end in LF alone", "[backend]") {
    const auto parts =
        parse_multipart("--b\nContent-Disposition: form-data; name=\"a\"\n\nvalue\n--b--\n", "b")
            .value();
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].content == "value");
}

TEST_CASE("an empty multipart field is an empty string", "[backend]") {
    const auto parts =
        parse_multipart("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--b--", "b")
            .value();
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].content.empty());
}

TEST_CASE("broken multipart gives no parts", "[backend]") {
    CHECK(parse_multipart("", "b").value().empty());
    CHECK(parse_multipart("no boundary here", "b").value().empty());
    CHECK(parse_multipart("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nunclosed", "b")
              .value()
              .empty());
    CHECK(parse_multipart("--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", "b")
              .value()
              .empty());
    CHECK(parse_multipart("--b\r\n--b--", "b").value().empty());
}

TEST_CASE("the boundary is read from the Content-Type with and without quotes", "[backend]") {
    CHECK(boundary_of("multipart/form-data; boundary=abc") == "abc");
    CHECK(boundary_of("multipart/form-data; charset=utf-8; Boundary=\"a b;c\"") == "a b;c");
    CHECK_FALSE(boundary_of("multipart/form-data"));
    CHECK_FALSE(boundary_of("multipart/form-data; boundary="));
    CHECK_FALSE(boundary_of("multipart/form-data; boundary"));
    CHECK_FALSE(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')));
}

TEST_CASE("a part with an encoded file name alone is a file", "[backend]") {
    const auto parts = parse_multipart(
        "--b\r\nContent-Disposition: form-data; name=\"a\"; filename*=UTF-8''%e2%82%ac\r\n\r\nx\r\n"
        "--b--",
        "b");
    REQUIRE(parts.value().size() == 1);
    CHECK(parts->front().filename.has_value());
}

TEST_CASE("there is a largest number of parts, and more are not passed over", "[backend]") {
    const auto body = [](std::size_t parts) {
        std::string text;
        for (std::size_t i = 0; i < parts; ++i) {
            text += "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
        }
        return text + "--b--";
    };
    CHECK(parse_multipart(body(kMostParts), "b").value().size() == kMostParts);
    CHECK_FALSE(parse_multipart(body(kMostParts + 1), "b"));
}

}  // namespace http_multipart_test
