// JSON bodies as echoes show them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "tests/backend/contract.h"
#include "tests/support/catch.h"
#include "tests/support/json_check.h"

namespace backend_json_echo_test {

using namespace sni;
using test::echoed;

TEST_CASE("numbers and strings of JSON are echoed as they were written", "[backend]") {
    const std::string value =
        GENERATE("12345678901234567890123", "18446744073709551616", "-9223372036854775809", "1e400",
                 "-0", "0.1000000000000000055511151231257827", "1E+2", "\"\\ud800\"",
                 "\"\\u00e9 \\/ \\\" \\n\"", "\"\xC3\xA9\"", "true", "null", "-1.5e-7");
    CAPTURE(value);
    CHECK(echoed(value, 0).text == value);
    CHECK(echoed(" [ " + value + "\r\n]\t", 0).text == "[\n  " + value + "\n]");
    test::Contract lab(test::Way::direct);
    const test::Answer answer = lab.ask({"POST", "/post", 200, "", "{\"a\":" + value + "}"});
    CHECK(answer.status == 200);
    CHECK(answer.body.find("\n  \"json\": {\n    \"a\": " + value + "\n  },\n") !=
          std::string::npos);
}

TEST_CASE("objects of JSON come out sorted, the last of equal keys alone", "[backend]") {
    CHECK(echoed(R"({"b":1,"a":{},"\u0062":[],"B":[1,{"x":[]}]})", 2).text ==
          "{\n    \"B\": [\n      1,\n      {\n        \"x\": []\n      }\n    ],\n"
          "    \"a\": {},\n    \"\\u0062\": []\n  }");
}

TEST_CASE("what is no JSON has no text", "[backend]") {
    const std::string text = GENERATE(
        "", " ", "01", "1.", ".5", "1e", "+1", "- 1", "nul", "truefalse", "\"a", "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "[1,]", "[,]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{1:2}", "{\"a\":1,}", "]", "NaN", "-Infinity", "\xEF\xBB\xBF[]", "\"\xFF\"", "[] []");
    CAPTURE(text);
    CHECK_FALSE(echoed(text, 0).text);
    CHECK_FALSE(echoed(text, 0).too_many);
    CHECK_FALSE(echoed(text, 0).too_deep);
}

TEST_CASE("every prefix of a JSON document but the whole is none", "[backend]") {
    const std::string text = R"({"a":[1,-2.5e3,"x\u00e9\\"],"b":{"c":null,"d":[[],{}]}})";
    for (std::size_t size = 0; size < text.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(echoed(text.substr(0, size), 0).text);
    }
    const auto whole = echoed(text).text;
    REQUIRE(whole);
    CHECK(nlohmann::json::parse(*whole) == nlohmann::json::parse(text));
}

TEST_CASE("JSON is not read deeper, nor in more values, than its limits", "[backend]") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(echoed(nested(500), 0).text);
    CHECK_FALSE(echoed(nested(501), 0).text);
    CHECK(echoed(nested(501), 0).too_deep);
    CHECK_FALSE(echoed(std::string(501, '{'), 0).too_deep);
    CHECK_FALSE(echoed(std::string(1'000'000, '['), 0).text);
    const auto flat = [](std::size_t values) {
        std::string text = "[1";
        for (std::size_t i = 2; i < values; ++i) {
            text += ",1";
        }
        return text + "]";
    };
    CHECK(echoed(flat(100), 0, {.values = 100}).text);
    const auto beyond = echoed(flat(101), 0, {.values = 100});
    CHECK_FALSE(beyond.text);
    CHECK(beyond.too_many);
}

TEST_CASE("the fuzzer's corpus of JSON, each byte of it changed, is echoed as it must be",
          "[backend]") {
    const std::filesystem::path corpus = SNI_LAB_SOURCE_DIR "/tests/fuzz/corpus/json_echo";
    std::size_t played = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
        CAPTURE(entry.path().filename().string());
        std::ifstream file(entry.path(), std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(file)), {});
        CHECK(test::fault_in_echoing(bytes).empty());
        CHECK(test::fault_in_refusing(bytes).empty());
        for (std::size_t at = 0; at < std::min<std::size_t>(bytes.size(), 100); ++at) {
            for (const char other : {'"', '\\', '[', '}', ',', '0', '\0', '\xFF'}) {
                const char before = std::exchange(bytes[at], other);
                CAPTURE(at, static_cast<int>(other));
                if (const std::string fault = test::fault_in_echoing(bytes); !fault.empty())
                    CHECK(fault.empty());
                if (const std::string fault = test::fault_in_refusing(bytes); !fault.empty())
                    CHECK(fault.empty());
                bytes[at] = before;
            }
        }
        ++played;
    }
    CHECK(played > 10);
}

}  // namespace backend_json_echo_test
