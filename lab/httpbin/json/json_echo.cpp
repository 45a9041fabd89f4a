#include "lab/httpbin/json/json_echo.h"

#include <string_view>
#include <utility>
#include <vector>

#include "lab/core/encoding.h"

namespace sni::httpbin {

namespace {

/// Goes through the tree as it writes, so that indentation is never kept.
class Printed : public JsonPart {
  public:
    Printed(JsonTree tree, std::size_t indent) : tree_(std::move(tree)), indent_(indent) {}

    bool write(std::string& into) override {
        constexpr std::size_t kPiece = 8u << 10;
        const std::size_t before = into.size();
        if (!std::exchange(begun_, true)) begin(tree_.root, into);
        while (into.size() - before < kPiece) {
            const std::size_t room = kPiece - (into.size() - before);
            const std::string_view piece = scalar_.substr(0, room);
            into += piece;
            scalar_.remove_prefix(piece.size());
            if (!scalar_.empty()) return true;
            if (open_.empty()) return false;
            step(into);
        }
        return !scalar_.empty() || !open_.empty();
    }

    void rewind() override {
        open_.clear();
        scalar_ = {};
        begun_ = false;
    }

    std::size_t held() const override {
        std::size_t held = tree_.document->size() + tree_.values * sizeof(JsonNode);
        for (const std::string& key : tree_.unescaped) {
            held += sizeof(std::string) + key.capacity();
        }
        return held;
    }

  private:
    /// An array or object, and how many of its members are written.
    struct Open {
        const JsonNode* node;
        std::size_t written;
    };

    void begin(const JsonNode& node, std::string& into) {
        if (node.kind == 's') {
            scalar_ = tree_.text(node.text);
            return;
        }
        into += node.kind;
        open_.push_back({&node, 0});
    }

    /// One member, or the end of what is open.
    void step(std::string& into) {
        constexpr std::size_t kStep = 2;
        Open& open = open_.back();
        const JsonNode& node = *open.node;
        const std::size_t indent = indent_ + kStep * open_.size();
        if (open.written < node.members.size()) {
            const JsonNode& member = node.members[open.written];
            into += open.written++ == 0 ? "\n" : ",\n";
            into.append(indent, ' ');
            if (node.kind == '{') (into += tree_.text(member.key)) += ": ";
            return begin(member, into);
        }
        if (!node.members.empty()) (into += '\n').append(indent - kStep, ' ');
        into += node.kind == '[' ? ']' : '}';
        open_.pop_back();
    }

    JsonTree tree_;
    std::size_t indent_;
    std::vector<Open> open_;
    std::string_view scalar_;  ///< of one, what is not written yet
    bool begun_ = false;
};

}  // namespace

JsonEcho echo_json(std::shared_ptr<const std::string> document, std::size_t indent,
                   const JsonLimits& limits) {
    JsonTree tree;
    if (!read_json(std::move(document), limits, tree))
        return {
            .part = nullptr, .too_many = tree.values > limits.values, .too_deep = tree.too_deep};
    if (!is_utf8(*tree.document)) return {};
    return {.part = std::make_unique<Printed>(std::move(tree), indent)};
}

}  // namespace sni::httpbin
