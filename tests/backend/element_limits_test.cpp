// However few bytes it takes to say much, nobody makes the backend keep many times as much.
#include "lab/http/element_limits.h"

#include <nlohmann/json.hpp>

#include "lab/http/multipart.h"
#include "tests/backend/contract.h"
#include "tests/support/elapsed.h"
#include "tests/support/resident.h"

namespace backend_element_limits_test {

using namespace sni;
using std::chrono::milliseconds;

namespace {

const std::string kForm = "Content-Type: application/x-www-form-urlencoded\r\n";
const std::string kJson = "Content-Type: application/json\r\n";

/// `text` as often as that, `separator` between.
std::string repeated(const std::string& text, std::size_t count, const std::string& separator) {
    std::string all = text;
    for (std::size_t i = 1; i < count; ++i) {
        all += separator + text;
    }
    return all;
}

}  // namespace

TEST_CASE("a request has at most so many parameters, cookies, fields, parts and values",
          "[backend]") {
    test::Contract lab(test::Way::direct);
    const http::ElementLimits limits;
    const auto part = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            text += "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
        }
        return text + "--b--";
    };
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    const std::string parts = "Content-Type: multipart/form-data; boundary=b\r\n";
    lab.check({
        {"GET", "/get?" + repeated("a", limits.query_parameters, "&"), 200},
        {"GET", "/get?" + repeated("a", limits.query_parameters + 1, "&"), 414},
        {"GET", "/get?" + repeated("a", limits.query_parameters, "&&"), 200},
        {"GET", "/get?" + std::string(limits.query_parameters + 1, '&'), 200},
        {"GET", "/cookies", 200, "Cookie: " + repeated("a=b", limits.cookies, ";") + "\r\n"},
        {"GET", "/cookies", 431, "Cookie: " + repeated("a=b", limits.cookies + 1, ";") + "\r\n"},
        {"POST", "/post", 200, kForm, repeated("a", limits.form_fields, "&")},
        {"POST", "/post", 413, kForm, repeated("a", limits.form_fields + 1, "&")},
        {"POST", "/redirect-to", 413, kForm, repeated("a", limits.form_fields + 1, "&")},
        {"POST", "/post", 200, parts, part(http::kMostParts)},
        {"POST", "/post", 413, parts, part(http::kMostParts + 1)},
        {"POST", "/delay/0", 413, parts, part(http::kMostParts + 1)},
        {"POST", "/post", 413, kJson, "[" + repeated("1", 250'001, ",") + "]"},
        {"POST", "/anything", 413, "Content-Type: application/x+json; a=b\r\n",
         "[" + repeated("1", 250'001, ",") + "]"},
        {"POST", "/post", 200, kJson, nested(500)},
        {"POST", "/post", 413, kJson, nested(501), {}, {}, "the JSON has more than 500 levels"},
    });
    // Without a word that it is JSON it is text, and echoed as that.
    const test::Answer text =
        lab.ask({"POST", "/post", 200, "", "[" + repeated("1", 250'001, ",") + "]"});
    CHECK(text.status == 200);
    CHECK(text.body.find("\n  \"json\": null,\n") != std::string::npos);
}

TEST_CASE("fields are counted where a form is read, and nowhere else", "[backend]") {
    test::Contract lab(test::Way::direct);
    const std::string body = repeated("a", http::ElementLimits().form_fields + 1, "&");
    lab.check({
        {"POST", "/upload", 200, kForm, body, {}, {}, "\"bytes_received\": 20001"},
        {"POST", "/status/418", 418, kForm, body},
        {"POST", "/dump/request", 200, kForm, body, {}, {}, body},
        {"GET", "/get", 200, kForm, body},
        {"POST", "/anything", 413, kForm, body},
        {"GET", "/trailers", 413, kForm, body},
    });
}

TEST_CASE("cookies are read in a time that grows with them alone", "[backend]") {
    std::string cookies = "n0=v";
    for (int i = 1; i < 16'000; ++i) {
        cookies += ";n" + std::to_string(i) + "=v";
    }
    test::Contract lab(test::Way::direct);
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) {
        lab.check({"GET", "/get", 431, "Cookie: " + cookies.substr(0, 60'000) + "\r\n"});
    }
    CHECK(test::since(began) < milliseconds(4000));
}

TEST_CASE("no body makes the backend keep many times as much", "[backend]") {
    constexpr std::size_t kSize = 4u << 20;
    test::Contract lab(test::Way::direct);
    const auto [headers, body] = GENERATE_COPY(
        std::pair(kForm, repeated("a", kSize / 2, "&")),
        std::pair(kForm, repeated("a", 10'000, "&") + std::string(kSize - 20'000, 'x')),
        std::pair(kJson, "[" + repeated("1", kSize / 2, ",") + "]"),
        std::pair(kJson, "[" + repeated("{\"a\":1}", 120'000, ",") + "]"),
        std::pair(kJson, "\"" + repeated("\\n", kSize / 2, "") + "\""));
    CAPTURE(headers, body.substr(0, 40));
    lab.ask({"GET", "/uuid", 200});
    test::forget_most_resident();
    const std::size_t before = test::resident("VmHWM");
    lab.ask({"POST", "/post", 0, headers, body});
    const std::size_t grown = test::resident("VmHWM") - before;
    // Its bytes are kept a few times on both sides of the connection; a form of single letters
    // took eighty times as much. Sanitizers keep more beside each byte.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(grown < 30 * kSize);
#else
    CHECK(grown < 120 * kSize);
#endif
}

}  // namespace backend_element_limits_test
