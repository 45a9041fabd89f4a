#include "lab/core/strict_json.h"

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace sni {

Result<nlohmann::json, DocumentError> parse_strict_json(std::string_view text) {
    using nlohmann::json;
    constexpr int kMaxDepth = 32;
    struct TooDeep {};
    std::vector<std::set<std::string>> keys;  // of the objects that are open
    bool doubled = false;
    const json::parser_callback_t watch = [&](int depth, json::parse_event_t event, json& parsed) {
        const bool opens =
            event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
        if (opens && depth >= kMaxDepth) throw TooDeep{};  // `depth` are open around it
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key &&
            !keys.back().insert(parsed.get<std::string>()).second) {
            doubled = true;
        }
        return true;
    };
    try {
        json document = json::parse(text, watch);
        if (doubled) return std::unexpected(DocumentError::duplicate_key);
        return document;
    } catch (const json::exception&) {
        return std::unexpected(DocumentError::not_json);
    } catch (const TooDeep&) {
        return std::unexpected(DocumentError::not_json);
    }
}

}  // namespace sni
