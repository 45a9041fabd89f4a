// A JSON document as a tree over its text: nothing of it is converted, so that no integer is
// rounded and no lone surrogate is lost. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sni::httpbin {

struct JsonLimits {
    std::size_t depth = 500;
    std::size_t values = 250'000;  ///< scalars, arrays and objects
};

/// A piece of the document; offsets, since there may be as many as there are values.
struct Extent {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
};

/// A value of the document.
struct JsonNode {
    Extent key;   ///< with its quotes; empty outside of objects
    Extent text;  ///< of a scalar
    /// Of JsonTree::unescaped, what the key reads; 0: what stands between its quotes.
    std::uint32_t unescaped = 0;
    char kind = 's';  ///< 's'calar, '[' or '{'
    std::vector<JsonNode> members;
};

struct JsonTree {
    std::shared_ptr<const std::string> document;
    JsonNode root;
    std::vector<std::string> unescaped = std::vector<std::string>(1);
    std::size_t values = 0;
    bool too_deep = false;

    std::string_view text(const Extent& extent) const {
        return std::string_view(*document).substr(extent.at, extent.size);
    }
    /// A key as it compares; two spellings of one key are one key.
    std::string_view name(const JsonNode& member) const {
        if (member.unescaped > 0) return unescaped[member.unescaped];
        return text(member.key).substr(1, member.key.size - 2);
    }
};

/// The members of each object lie by key, the last of equal keys alone. False when `document`, of
/// less than 4 GiB, is no JSON (RFC 8259) but for whether it is UTF-8, or beyond a limit; `tree` is
/// then of no use, but its `values` are more than the limit, or it is `too_deep`, when it is that.
bool read_json(std::shared_ptr<const std::string> document, const JsonLimits& limits,
               JsonTree& tree);

}  // namespace sni::httpbin
