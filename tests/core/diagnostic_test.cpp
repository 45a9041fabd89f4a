#include "lab/core/diagnostic.h"

#include <string>
#include <string_view>
#include <tuple>

#include <nlohmann/json.hpp>

#include "lab/core/strict_json.h"
#include "tests/support/catch.h"

namespace core_diagnostic_test {

using namespace sni;

TEST_CASE("a diagnostic with a place reads as a compiler's", "[core]") {
    const Diagnostic d{.code = "X-HOST",
                       .place = {"manifests.yaml", 23, 11},
                       .message = "no Gateway server accepts host \"httpbin.exmaple.com\"",
                       .why = "Gateway \"edge\" accepts \"httpbin.example.com\"",
                       .hint = "make the two names equal",
                       .source = "        - httpbin.exmaple.com",
                       .width = 19};
    CHECK(render(d) ==
          "manifests.yaml:23:11: error: no Gateway server accepts host \"httpbin.exmaple.com\" "
          "[X-HOST]\n"
          "   23 |         - httpbin.exmaple.com\n"
          "      |           ^^^^^^^^^^^^^^^^^^^\n"
          "why: Gateway \"edge\" accepts \"httpbin.example.com\"\n"
          "hint: make the two names equal\n");
}

TEST_CASE("a diagnostic without a place speaks for the program", "[core]") {
    CHECK(render({.level = Level::warning, .code = "SL1001", .message = "so it is"}) ==
          "sni-lab: warning: so it is [SL1001]\n");
    CHECK(render({.code = "SL1002", .place = {"a.pem"}, .message = "empty"}) ==
          "a.pem: error: empty [SL1002]\n");
}

TEST_CASE("of several exit codes the one that users must mend first is the answer", "[core]") {
    const Exit order[] = {Exit::usage,       Exit::machine,      Exit::not_routed, Exit::no,
                          Exit::certificate, Exit::inconclusive, Exit::readable,   Exit::yes};
    for (std::size_t i = 0; i < std::size(order); ++i) {
        for (std::size_t j = i; j < std::size(order); ++j) {
            CHECK(worse(order[i], order[j]) == order[i]);
            CHECK(worse(order[j], order[i]) == order[i]);
        }
    }
}

TEST_CASE("strict JSON refuses doubled keys at any depth, trailing text and deep nesting",
          "[core]") {
    CHECK(parse_strict_json(R"({"a":{"b":1},"c":{"b":1}})").has_value());
    CHECK(parse_strict_json(R"({"a":1,"a":1})").error() == DocumentError::duplicate_key);
    CHECK(parse_strict_json(R"([{"x":{"a":1,"a":2}}])").error() == DocumentError::duplicate_key);
    CHECK(parse_strict_json("{} x").error() == DocumentError::not_json);
    CHECK(parse_strict_json("{\"a\":\"\xff\"}").error() == DocumentError::not_json);
    CHECK(parse_strict_json(std::string(200'000, '[')).error() == DocumentError::not_json);
    CHECK(parse_strict_json("").error() == DocumentError::not_json);
    for (const auto& [open, inside, close] :
         {std::tuple("[", "", "]"), std::tuple("[", "1", "]"), std::tuple("{\"a\":", "{}", "}")}) {
        const auto nested = [&](int levels) {
            std::string begin, end;
            for (int level = 0; level < levels; ++level) {
                begin += open;
                end += close;
            }
            return begin + inside + end;
        };
        const int own = std::string_view(inside) == "{}" ? 1 : 0;
        CHECK(parse_strict_json(nested(32 - own)).has_value());
        CHECK_FALSE(parse_strict_json(nested(33 - own)).has_value());
    }
}

}  // namespace core_diagnostic_test
