#include "lab/httpbin/json/json_tree.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"

namespace sni::httpbin {

namespace {

/// Members by key, the last of equal ones alone. In place: there may be a quarter of a million.
void sort_members(const JsonTree& tree, std::vector<JsonNode>& members) {
    std::ranges::sort(members, [&](const JsonNode& a, const JsonNode& b) {
        const int order = tree.name(a).compare(tree.name(b));
        return order != 0 ? order < 0 : a.key.at < b.key.at;
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const bool last =
            i + 1 == members.size() || tree.name(members[i + 1]) != tree.name(members[i]);
        if (!last) continue;
        if (kept != i) members[kept] = std::move(members[i]);
        ++kept;
    }
    members.resize(kept);
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class JsonReader {
  public:
    JsonReader(JsonTree& tree, const JsonLimits& limits)
        : tree_(tree), rest_(*tree.document), limits_(limits) {}

    /// False when it is no JSON, or beyond a limit.
    bool read() {
        if (!value(tree_.root, 0)) return false;
        skip_space();
        return rest_.empty();
    }

  private:
    bool value(JsonNode& into, std::size_t depth) {
        skip_space();
        if (rest_.empty() || ++tree_.values > limits_.values) return false;
        const char first = rest_.front();
        if (first == '[' || first == '{') {
            into.kind = first;
            tree_.too_deep = depth >= limits_.depth;
            return !tree_.too_deep && members(into, depth + 1);
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
                if (!key(member)) return false;
                skip_space();
                if (!take(':')) return false;
            }
            if (!value(member, depth)) return false;
            skip_space();
            if (take(end)) break;
            if (!take(',')) return false;
        }
        if (into.kind == '{') sort_members(tree_, into.members);
        return true;
    }

    bool key(JsonNode& member) {
        if (!string(member.key)) return false;
        const std::string_view quoted = tree_.text(member.key);
        if (!quoted.contains('\\')) return true;
        const auto text = nlohmann::json::parse(quoted, nullptr, false);
        member.unescaped = static_cast<std::uint32_t>(tree_.unescaped.size());
        // A lone surrogate compares as it is written, and with no other key: none has such a byte.
        tree_.unescaped.push_back(text.is_string() ? text.get<std::string>()
                                                   : "\xFF" + std::string(quoted));
        return true;
    }

    Extent take_front(std::size_t size) {
        const auto at = static_cast<std::size_t>(rest_.data() - tree_.document->data());
        rest_.remove_prefix(size);
        return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)};
    }

    /// Its quotes, and what is between them.
    bool string(Extent& into) {
        if (!rest_.starts_with('"')) return false;
        for (std::size_t at = 1; at < rest_.size(); ++at) {
            const char c = rest_[at];
            if (c == '"') {
                into = take_front(at + 1);
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

    bool number_or_word(Extent& into) {
        for (const std::string_view word : {"true", "false", "null"}) {
            if (!rest_.starts_with(word)) continue;
            into = take_front(word.size());
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
        into = take_front(at);
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

    JsonTree& tree_;
    std::string_view rest_;
    const JsonLimits& limits_;
};

}  // namespace

bool read_json(std::shared_ptr<const std::string> document, const JsonLimits& limits,
               JsonTree& tree) {
    tree = JsonTree{.document = std::move(document)};
    return JsonReader(tree, limits).read();
}

}  // namespace sni::httpbin
