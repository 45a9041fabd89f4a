#include "lab/httpbin/json_echo.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/http/query.h"

namespace sni::httpbin {

namespace {

/// A value of the document. Scalars and keys are pieces of its text.
struct JsonNode {
    std::string_view key;   ///< with its quotes; empty outside of objects
    std::string_view text;  ///< of a scalar
    std::vector<JsonNode> members;
    char kind = 's';  ///< 's'calar, '[' or '{'
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class JsonReader {
  public:
    JsonReader(std::string_view text, const JsonLimits& limits) : rest_(text), limits_(limits) {}

    std::optional<JsonNode> document() {
        JsonNode root;
        if (!value(root, 0)) return std::nullopt;
        skip_space();
        if (!rest_.empty()) return std::nullopt;
        return root;
    }
    bool too_many() const { return values_ > limits_.values; }

  private:
    bool value(JsonNode& into, std::size_t depth) {
        skip_space();
        if (rest_.empty() || ++values_ > limits_.values) return false;
        const char first = rest_.front();
        if (first == '[' || first == '{') {
            into.kind = first;
            return depth < limits_.depth && members(into, depth + 1);
        }
        return first == '"' ? string(into.text) : number_or_word(into.text);
    }

    bool members(JsonNode& into, std::size_t depth) {
        const char end = into.kind == '[' ? ']' : '}';
        rest_.remove_prefix(1);
        skip_space();
        if (take(end)) return true;
        while (true) {
            JsonNode& member = into.members.emplace_back();
            if (into.kind == '{') {
                skip_space();
                if (!string(member.key)) return false;
                skip_space();
                if (!take(':')) return false;
            }
            if (!value(member, depth)) return false;
            skip_space();
            if (take(end)) return true;
            if (!take(',')) return false;
        }
    }

    /// Its quotes, and what is between them.
    bool string(std::string_view& into) {
        if (!rest_.starts_with('"')) return false;
        for (std::size_t at = 1; at < rest_.size(); ++at) {
            const char c = rest_[at];
            if (c == '"') {
                into = rest_.substr(0, at + 1);
                rest_.remove_prefix(at + 1);
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20) return false;
            if (c != '\\') continue;
            if (++at == rest_.size()) return false;
            if (std::string_view("\"\\/bfnrt").contains(rest_[at])) continue;
            constexpr std::size_t kDigits = 4;
            if (rest_[at] != 'u' || !from_hex(rest_.substr(at + 1, kDigits))) return false;
            if (rest_.size() - at <= kDigits) return false;
            at += kDigits;
        }
        return false;
    }

    bool number_or_word(std::string_view& into) {
        for (const std::string_view word : {"true", "false", "null"}) {
            if (!rest_.starts_with(word)) continue;
            into = rest_.substr(0, word.size());
            rest_.remove_prefix(word.size());
            return true;
        }
        std::size_t at = rest_.starts_with('-') ? 1 : 0;
        const std::size_t whole = digits(at);
        if (whole == 0 || (whole > 1 && rest_[at] == '0')) return false;
        at += whole;
        if (at < rest_.size() && rest_[at] == '.') {
            const std::size_t fraction = digits(++at);
            if (fraction == 0) return false;
            at += fraction;
        }
        if (at < rest_.size() && (rest_[at] == 'e' || rest_[at] == 'E')) {
            ++at;
            if (at < rest_.size() && (rest_[at] == '+' || rest_[at] == '-')) ++at;
            const std::size_t exponent = digits(at);
            if (exponent == 0) return false;
            at += exponent;
        }
        into = rest_.substr(0, at);
        rest_.remove_prefix(at);
        return true;
    }

    std::size_t digits(std::size_t at) const {
        std::size_t count = 0;
        while (at + count < rest_.size() && is_digit(rest_[at + count])) {
            ++count;
        }
        return count;
    }

    void skip_space() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view rest_;
    const JsonLimits& limits_;
    std::size_t values_ = 0;
};

/// A key as it compares; two spellings of one key are one key.
std::string unescaped(std::string_view key) {
    if (!key.contains('\\')) return std::string(key.substr(1, key.size() - 2));
    const auto text = nlohmann::json::parse(key, nullptr, false);
    return text.is_string() ? text.get<std::string>() : std::string(key);
}

/// By key, the last of equal ones alone.
void sort_members(std::vector<JsonNode>& members) {
    std::vector<std::pair<std::string, std::size_t>> order;
    order.reserve(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
        order.emplace_back(unescaped(members[i].key), i);
    }
    std::ranges::sort(order);
    std::vector<JsonNode> sorted;
    sorted.reserve(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool last = i + 1 == order.size() || order[i + 1].first != order[i].first;
        if (last) sorted.push_back(std::move(members[order[i].second]));
    }
    members = std::move(sorted);
}

void print(JsonNode& node, std::size_t indent, std::string& into) {
    constexpr std::size_t kStep = 2;
    if (node.kind == 's') {
        into += node.text;
        return;
    }
    into += node.kind;
    if (node.kind == '{') sort_members(node.members);
    const char* separator = "\n";
    for (JsonNode& member : node.members) {
        into += separator;
        separator = ",\n";
        into.append(indent + kStep, ' ');
        if (node.kind == '{') into.append(member.key).append(": ");
        print(member, indent + kStep, into);
    }
    if (!node.members.empty()) into.append("\n").append(indent, ' ');
    into += node.kind == '[' ? ']' : '}';
}

}  // namespace

JsonEcho echo_json(std::string_view document, std::size_t indent, const JsonLimits& limits) {
    JsonReader reader(document, limits);
    auto root = reader.document();
    if (!root) return {.text = std::nullopt, .too_many = reader.too_many()};
    if (!http::is_utf8(document)) return {};
    std::string text;
    print(*root, indent, text);
    return {.text = std::move(text)};
}

}  // namespace sni::httpbin
