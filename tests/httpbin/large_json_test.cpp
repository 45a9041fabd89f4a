#include "lab/httpbin/json/large_json.h"

#include <random>

#include <nlohmann/json.hpp>

#include "lab/httpbin/echo.h"
#include "tests/support/catch.h"

namespace httpbin_large_json_test {

using namespace sni;
using nlohmann::json;

namespace {

std::string as_nlohmann_writes(const json& document) {
    return document.dump(2, ' ', false, json::error_handler_t::replace);
}

/// Its body, however it comes; `streamed` tells how.
std::string text_of(const http::Response& response, bool& streamed) {
    streamed = static_cast<bool>(response.stream);
    std::string text = response.body;
    for (bool more = streamed; more;) {
        http::Piece piece = response.stream();
        text += piece.bytes;
        more = !piece.last;
    }
    if (streamed) CHECK(response.length == text.size());
    return text;
}

/// Letters, quotes, control characters, characters of two to four bytes, and bytes that are none.
std::string some_text(std::mt19937& random, std::size_t size) {
    static constexpr std::string_view kPieces[] = {
        "a",    "plain text ", "\"",       "\\",           "\n",
        "\x01", "\x7F",        "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\x80", "\xE2\x82",    "\xF0\x9F", "\xFF",         "\xED\xA0\x80"};
    std::string text;
    while (text.size() < size) {
        text += kPieces[random() % std::size(kPieces)];
    }
    return text;
}

}  // namespace

TEST_CASE("a large string is written as nlohmann writes it, wherever it is cut", "[httpbin]") {
    std::mt19937 random(1);
    for (const std::size_t size : {0u, 1u, 8'191u, 8'192u, 8'193u, 200'000u}) {
        for (int i = 0; i < 20; ++i) {
            const auto text = std::make_shared<const std::string>(some_text(random, size));
            httpbin::JsonParts parts;
            parts.push_back(httpbin::json_string(text));
            bool streamed = false;
            const std::string written = text_of(httpbin::json_response(std::move(parts)), streamed);
            CHECK(streamed == (written.size() > (64u << 10)));
            if (written != as_nlohmann_writes(*text)) FAIL("size " << size << ", round " << i);
        }
    }
}

TEST_CASE("an object of fields is written as nlohmann writes it inside a document", "[httpbin]") {
    std::mt19937 random(2);
    for (int i = 0; i < 200; ++i) {
        http::Fields fields;
        for (std::size_t left = random() % 20; left > 0; --left) {
            fields.emplace_back(some_text(random, random() % 3),
                                some_text(random, random() % 10 == 0 ? 20'000 : random() % 10));
        }
        const std::string expected =
            as_nlohmann_writes({{"form", httpbin::to_json(fields)}}) + "\n";
        httpbin::JsonParts parts;
        parts.push_back(httpbin::json_as_it_is("{\n  \"form\": "));
        parts.push_back(httpbin::json_object(std::move(fields), 2));
        parts.push_back(httpbin::json_as_it_is("\n}\n"));
        bool streamed = false;
        if (text_of(httpbin::json_response(std::move(parts)), streamed) != expected) {
            FAIL("round " << i);
        }
    }
}

TEST_CASE("what a stream of JSON keeps is told, and is what was given", "[httpbin]") {
    httpbin::JsonParts parts;
    parts.push_back(httpbin::json_string(std::make_shared<const std::string>(300'000, '\x01')));
    const http::Response response = httpbin::json_response(std::move(parts));
    CHECK(response.held == 300'000);
    CHECK(response.body.empty());
    CHECK(response.length == 6 * 300'000 + 2);
}

}  // namespace httpbin_large_json_test
