#include "lab/yaml/yaml_builder.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/yaml/codes.h"

namespace sni::yaml {

std::size_t closing_quote(std::string_view text, std::size_t open) {
    const char mark = text[open];
    for (std::size_t at = open + 1; at < text.size(); ++at) {
        const bool doubled = mark == '\'' && text.substr(at, 2) == "''";
        if (doubled || (mark == '"' && text[at] == '\\')) {
            ++at;
        } else if (text[at] == mark) {
            return at;
        }
    }
    return text.size();
}

Spot spot_of_offset(int file, Chunk chunk, std::size_t offset) {
    const std::string_view before = chunk.text.substr(0, offset);
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const auto lines = std::ranges::count(before, '\n');
    const auto column = std::ranges::count_if(before.substr(line_start), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    });
    return {.file = file,
            .line = chunk.lines_before + static_cast<int>(lines) + 1,
            .column = static_cast<int>(column) + 1};
}

namespace {

bool is_null_text(std::string_view text) {
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

}  // namespace

Spot Builder::spot(const YAML::Mark& mark) {
    return {.file = file_,
            .line = chunk_.lines_before + mark.line + 1,
            .column = columns_.column(mark.pos, mark.column)};
}

std::optional<std::pair<char, Spot>> Builder::open_bracket() const {
    for (auto it = open_.rbegin(); it != open_.rend(); ++it) {
        if (it->bracket != 0) return std::pair{it->bracket, it->node_at};
    }
    return std::nullopt;
}

void Builder::OnDocumentStart(const YAML::Mark& mark) {
    if (++documents_ == 1) return;
    findings_.error(code::kYamlSyntax, spot(mark),
                    "there is more text after the end of the document", {},
                    "check the indentation, or start a new document with a line of ---");
    throw Unreadable();
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
    count(mark);
    Node node;
    node.at_ = left_out_at(spot(mark));
    keep(anchor, node, 1);
    put(std::move(node), 1);
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
        findings_.error(code::kYamlAlias, spot(mark), "this alias stands inside its own anchor", {},
                        "write the value out");
        throw Unreadable();
    }
    const Kept& kept = found->second;
    if (open_.size() + kept.depth > limits_.depth) too_deep(mark);
    aliased_ += kept.nodes;
    if (aliased_ > limits_.aliased) {
        findings_.error(code::kYamlAlias, spot(mark),
                        fmt::format("with this alias the document grows by more than {} values",
                                    limits_.aliased),
                        "aliases of aliases multiply", "write the value out");
        throw GiveUp();
    }
    Node node = kept.node;
    node.at_ = spot(mark);
    put(std::move(node), kept.depth);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
    count(mark);
    auto body = std::make_shared<Node::Body>();
    body->kind = Kind::scalar;
    body->text = value;
    body->quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!body->quoted) check_tag(mark, tag, {"int", "bool", "float", "null"});
    if (body->quoted && !quote_is_closed(seen_until_)) {
        findings_.error(code::kYamlSyntax, spot(mark), std::string(kOpenQuote), {}, "close it");
        throw Unreadable();
    }
    Node node;
    node.at_ = spot(mark);
    if (body->quoted || !is_null_text(value)) node.body_ = std::move(body);
    keep(anchor, node, 1);
    put(std::move(node), 1);
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                              YAML::EmitterStyle::value style) {
    check_tag(mark, tag, {"seq"});
    open(Kind::sequence, mark, anchor, style);
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) {
    check_tag(mark, tag, {"map"});
    open(Kind::mapping, mark, anchor, style);
}

void Builder::open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor,
                   YAML::EmitterStyle::value style) {
    if (open_.size() >= limits_.depth) too_deep(mark);
    const std::size_t before = nodes_ + aliased_;
    count(mark);
    auto body = std::make_shared<Node::Body>();
    body->kind = kind;
    Open opened{.body = std::move(body),
                .node_at = spot(mark),
                .anchor = anchor,
                .nodes_before = before,
                .key = {}};
    const auto offset = static_cast<std::size_t>(std::max(0, mark.pos));
    if (style == YAML::EmitterStyle::Flow && offset < chunk_.text.size()) {
        const char first = chunk_.text[offset];
        if (first == '[' || first == '{') opened.bracket = first;
    }
    open_.push_back(std::move(opened));
}

void Builder::close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    if (closed.body->kind == Kind::mapping) drop_duplicates(*closed.body);
    Node node;
    node.at_ = closed.node_at;
    node.body_ = std::move(closed.body);
    if (closed.anchor != 0) {
        anchors_[closed.anchor] = {node, nodes_ + aliased_ - closed.nodes_before, closed.depth};
    }
    put(std::move(node), closed.depth);
}

void Builder::put(Node node, std::size_t depth) {
    if (open_.empty()) {
        root_ = std::move(node);
        return;
    }
    Open& parent = open_.back();
    parent.depth = std::max(parent.depth, depth + 1);
    if (parent.body->kind == Kind::sequence) {
        parent.body->items.push_back(std::move(node));
    } else if (parent.key) {
        if (!parent.key_is_bad) {
            parent.body->entries.push_back({std::move(*parent.key), std::move(node)});
        }
        parent.key.reset();
    } else {
        parent.key_is_bad = !check_key(node);
        parent.key = Text{node.text(), node.at()};
    }
}

bool Builder::check_key(const Node& node) {
    if (node.text() == "<<" && !node.quoted()) {
        findings_.error(code::kYamlMerge, node.at(), "merge keys (<<) are not part of YAML 1.2",
                        "kubectl resolves them, other readers take them for a field",
                        "write the fields out, or use an alias for a whole value");
    } else if (node.kind() != Kind::scalar) {
        findings_.error(code::kYamlKey, node.at(), "a key must be text, not empty and no list", {},
                        "write key: value");
    } else {
        return true;
    }
    sound_ = false;
    return false;
}

void Builder::drop_duplicates(Node::Body& body) {
    if (body.entries.size() < 2) return;
    std::unordered_map<std::string_view, int> lines;
    std::vector<std::size_t> repeated;
    bool forgotten_separator = false;
    for (std::size_t i = 0; i < body.entries.size(); ++i) {
        const Text& key = body.entries[i].key;
        const auto [first, fresh] = lines.emplace(key.value, key.at.line);
        if (fresh) continue;
        repeated.push_back(i);
        if (forgotten_separator) continue;
        forgotten_separator = key.value == "apiVersion";
        findings_.error(
            code::kYamlDuplicate, key.at,
            fmt::format("the key {} stands here twice", quote(key.value)),
            fmt::format("it was given in line {} already", first->second),
            forgotten_separator ? "put a line of --- between two documents" : "keep one of them");
        if (++repeated_keys_ >= limits_.findings) throw GiveUp();
    }
    if (repeated.empty()) return;
    sound_ = false;
    std::vector<Entry> kept;
    for (std::size_t i = 0; i < body.entries.size(); ++i) {
        if (!std::ranges::binary_search(repeated, i)) {
            kept.push_back(std::move(body.entries[i]));
        }
    }
    body.entries = std::move(kept);
}

void Builder::keep(YAML::anchor_t anchor, const Node& node, std::size_t depth) {
    if (anchor != 0) anchors_[anchor] = {node, 1, depth};
}

bool Builder::quote_is_closed(std::size_t at) const {
    const std::string_view text = chunk_.text;
    while (at < text.size() && (text[at] == '!' || text[at] == '&')) {  // !!str "x", &a "x"
        at = std::min(text.find_first_of(" \t\n", at), text.size());
        at = std::min(text.find_first_not_of(" \t\n", at), text.size());
    }
    if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return true;
    return closing_quote(text, at) < text.size();
}

Spot Builder::left_out_at(Spot here) const {
    if (open_.empty()) return here;
    const std::optional<Text>& key = open_.back().key;
    return key ? key->at : here;
}

void Builder::count(const YAML::Mark& mark) {
    seen_until_ = static_cast<std::size_t>(std::max(0, mark.pos));
    if (++nodes_ <= limits_.nodes) return;
    findings_.error(code::kYamlLimit, spot(mark),
                    fmt::format("the file has more than {} values", limits_.nodes), {},
                    "split it into several files");
    throw GiveUp();
}

void Builder::too_deep(const YAML::Mark& mark) {
    findings_.error(
        code::kYamlLimit, spot(mark),
        fmt::format("lists and mappings are nested more than {} deep here", limits_.depth),
        "no Kubernetes object comes near that", "look for a bracket left open");
    throw Unreadable();
}

void Builder::check_tag(const YAML::Mark& mark, const std::string& tag,
                        std::initializer_list<std::string_view> fine) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (tag.starts_with(kCore)) {
        const std::string_view name = std::string_view(tag).substr(kCore.size());
        if (std::ranges::find(fine, name) != fine.end()) return;
    }
    sound_ = false;
    findings_.error(code::kYamlTag, spot(mark), "a tag means nothing here",
                    "Kubernetes takes plain YAML",
                    "remove it; a text that begins with ! stands in quotes");
}

}  // namespace sni::yaml
