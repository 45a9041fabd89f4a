#include "lab/web/head_memo.h"

#include <string>

#include "tests/support/catch.h"

namespace web_head_memo_test {

using namespace sni;
using web::HeadMemo;

TEST_CASE("a head is known by its status and each of its headers", "[web]") {
    const http::Headers headers{{"Content-Type", "text/plain"}, {"Content-Length", "3"}};
    HeadMemo memo;
    CHECK(memo.find(200, headers) == nullptr);
    memo.remember(200, headers, "head");
    REQUIRE(memo.find(200, headers));
    CHECK(*memo.find(200, headers) == "head");

    CHECK(memo.find(201, headers) == nullptr);
    CHECK(memo.find(200, {}) == nullptr);
    for (std::size_t i = 0; i < headers.size(); ++i) {
        for (const auto part : {&http::Header::name, &http::Header::value}) {
            for (std::size_t at = 0; at < (headers[i].*part).size(); ++at) {
                http::Headers other = headers;
                (other[i].*part)[at] ^= 0x20;  // as long as before, so in the same place perhaps
                CHECK(memo.find(200, other) == nullptr);
            }
        }
    }
}

TEST_CASE("heads that share a place push each other out and are never taken for each other",
          "[web]") {
    HeadMemo memo;
    for (int length = 0; length < 1'000; ++length) {
        const http::Headers headers{{"Content-Length", std::to_string(length)}};
        memo.remember(200, headers, std::to_string(length));
        REQUIRE(memo.find(200, headers));
        CHECK(*memo.find(200, headers) == std::to_string(length));
    }
    std::size_t known = 0;
    for (int length = 0; length < 1'000; ++length) {
        const std::string* text = memo.find(200, {{"Content-Length", std::to_string(length)}});
        if (!text) continue;
        ++known;
        CHECK(*text == std::to_string(length));
    }
    CHECK(known > 1);
    CHECK(known <= HeadMemo::kPlaces);
}

TEST_CASE("a head longer than is remembered leaves what was known", "[web]") {
    HeadMemo memo;
    const http::Headers headers{{"X", "y"}};
    memo.remember(200, headers, std::string(HeadMemo::kLongest, 'a'));
    REQUIRE(memo.find(200, headers));
    memo.remember(200, headers, std::string(HeadMemo::kLongest + 1, 'b'));
    REQUIRE(memo.find(200, headers));
    CHECK(memo.find(200, headers)->front() == 'a');
}

}  // namespace web_head_memo_test
