// The event guard: builds one document's tree from yaml-cpp's events, within limits. Private to
// yaml.cpp and yaml_errors.cpp.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/node/node.h>  // not used; without it clang-tidy takes YAML::Node for ours

#include "lab/yaml/chunks.h"
#include "lab/yaml/yaml.h"

namespace sni::yaml {

struct Node::Body {
    Kind kind = Kind::null;
    bool quoted = false;
    std::string text;
    std::vector<Node> items;
    std::vector<Entry> entries;
};

/// Ends the reading of one document; its diagnostic is written already.
struct Unreadable {};
/// Ends the reading of the file.
struct GiveUp {};

/// Where the quote at `open` is closed, or the end of the text.
std::size_t closing_quote(std::string_view text, std::size_t open);
Spot spot_of_offset(int file, Chunk chunk, std::size_t offset);

inline constexpr std::string_view kOpenQuote = "the quote that opens here is never closed";

/// yaml-cpp counts columns in bytes from 0; people count characters from 1. Remembers where it was,
/// so that a file of one long line is not counted anew for every node.
class Columns {
  public:
    explicit Columns(std::string_view text) : text_(text) {}

    int column(int offset, int byte_column) {
        const auto wanted = static_cast<std::size_t>(std::max(0, offset));
        const std::size_t start = wanted - std::min(wanted, static_cast<std::size_t>(byte_column));
        if (start != line_start_) {
            line_start_ = at_ = start;
            column_ = 1;
        }
        const std::size_t end = std::min(wanted, text_.size());
        for (; at_ < end; ++at_) {
            if (starts_character(text_[at_])) ++column_;
        }
        for (; at_ > end; --at_) {
            if (starts_character(text_[at_ - 1])) --column_;
        }
        return column_;
    }

  private:
    static bool starts_character(char c) {
        return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    }
    std::string_view text_;
    std::size_t line_start_ = 0;
    std::size_t at_ = 0;
    int column_ = 1;
};

/// Builds one document's tree from yaml-cpp's events.
class Builder final : public YAML::EventHandler {
  public:
    Builder(int file, Chunk chunk, Findings& findings, const Limits& limits, std::size_t& nodes)
        : file_(file),
          chunk_(chunk),
          columns_(chunk.text),
          findings_(findings),
          limits_(limits),
          nodes_(nodes) {}

    const std::optional<Node>& root() const { return root_; }
    bool sound() const { return sound_; }

    Spot spot(const YAML::Mark& mark);

    /// The innermost bracket that is still open.
    std::optional<std::pair<char, Spot>> open_bracket() const;
    /// The offset of the last event in the text.
    std::size_t seen_until() const { return seen_until_; }

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { close(); }

  private:
    struct Open {
        std::shared_ptr<Node::Body> body;
        Spot node_at;
        YAML::anchor_t anchor = 0;
        std::size_t nodes_before = 0;
        std::size_t depth = 1;
        char bracket = 0;         // 0: it is written without brackets
        std::optional<Text> key;  // of a mapping, while its value is awaited
        bool key_is_bad = false;
    };
    /// What an alias stands for: shared, so that only reading it costs.
    struct Kept {
        Node node;
        std::size_t nodes = 0;
        std::size_t depth = 0;
    };

    void open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor,
              YAML::EmitterStyle::value style);
    void close();
    void put(Node node, std::size_t depth);
    bool check_key(const Node& node);
    void drop_duplicates(Node::Body& body);
    void keep(YAML::anchor_t anchor, const Node& node, std::size_t depth);

    /// yaml-cpp takes the end of the file for a closing quote.
    bool quote_is_closed(std::size_t at) const;

    /// "key:" has nothing to point at, but its key has.
    Spot left_out_at(Spot here) const;

    void count(const YAML::Mark& mark);

    [[noreturn]] void too_deep(const YAML::Mark& mark);

    void check_tag(const YAML::Mark& mark, const std::string& tag,
                   std::initializer_list<std::string_view> fine);

    int file_;
    Chunk chunk_;
    Columns columns_;
    Findings& findings_;
    const Limits& limits_;
    std::size_t& nodes_;
    std::size_t aliased_ = 0;
    std::vector<Open> open_;
    std::unordered_map<YAML::anchor_t, Kept> anchors_;
    std::optional<Node> root_;
    std::size_t documents_ = 0;
    std::size_t repeated_keys_ = 0;
    std::size_t seen_until_ = 0;
    bool sound_ = true;
};

}  // namespace sni::yaml
