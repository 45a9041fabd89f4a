// What must hold for any bytes that arrive as a JSON body; the fuzzer and the test that replays its
// corpus ask the same.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "lab/httpbin/json/json_echo.h"

namespace sni::test {

/// What echo_json() makes of a document, with its text whole.
struct EchoedJson {
    std::optional<std::string> text;
    bool too_many = false;
    bool too_deep = false;
};
inline EchoedJson echoed(std::string_view document, std::size_t indent = 0,
                         const httpbin::JsonLimits& limits = {}) {
    const httpbin::JsonEcho echo =
        httpbin::echo_json(std::make_shared<const std::string>(document), indent, limits);
    if (!echo.part)
        return {.text = std::nullopt, .too_many = echo.too_many, .too_deep = echo.too_deep};
    std::string text;
    while (echo.part->write(text)) {
    }
    return {.text = std::move(text), .too_many = echo.too_many, .too_deep = echo.too_deep};
}

/// Empty when all is well, else what is not. nlohmann's parser is the one that we did not write.
inline std::string fault_in_echoing(std::string_view bytes) {
    constexpr httpbin::JsonLimits kSmall{.depth = 50, .values = 1'000};
    const EchoedJson echo = echoed(bytes, 0, kSmall);
    if ((echo.too_many || echo.too_deep) && echo.text)
        return "a text although it is beyond a limit";
    if (!echo.text) return "";
    const EchoedJson again = echoed(*echo.text, 0, kSmall);
    if (again.text != echo.text) return "echoed again, it is another text";
    const EchoedJson inside = echoed("[" + std::string(bytes) + "]");
    if (!inside.text) return "inside an array it is no JSON";
    // A lone surrogate is JSON for us alone, and a number over its range for nlohmann's parser is
    // an error of another kind.
    const auto theirs = nlohmann::json::parse(bytes, nullptr, false);
    if (theirs.is_discarded()) return "";
    const auto ours = nlohmann::json::parse(*echo.text, nullptr, false);
    return ours == theirs ? "" : "echoed, it says something else";
}

/// The other way round: what nlohmann's parser takes, we take.
inline std::string fault_in_refusing(std::string_view bytes) {
    constexpr std::size_t kFew = 400;  // fewer bytes than the limits have levels and values
    // Their text ends at a zero byte, and may begin with a byte order mark.
    if (bytes.size() > kFew || bytes.contains('\0') || bytes.starts_with("\xEF\xBB\xBF")) return "";
    const bool theirs = nlohmann::json::accept(bytes);
    return theirs && !echoed(bytes).text ? "refused, and it is JSON" : "";
}

}  // namespace sni::test
