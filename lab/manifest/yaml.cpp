#include "lab/manifest/yaml.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/node/node.h>  // not used; without it clang-tidy takes YAML::Node for ours
#include <yaml-cpp/parser.h>

#include "lab/manifest/codes.h"

namespace sni::manifest::yaml {

struct Node::Body {
    Kind kind = Kind::null;
    bool quoted = false;
    std::string text;
    std::vector<Node> items;
    std::vector<Entry> entries;
};

Kind Node::kind() const {
    return body_ ? body_->kind : Kind::null;
}

const std::string& Node::text() const {
    static const std::string kNone;
    return body_ ? body_->text : kNone;
}

bool Node::quoted() const {
    return body_ && body_->quoted;
}

const std::vector<Node>& Node::items() const {
    static const std::vector<Node> kNone;
    return body_ ? body_->items : kNone;
}

const std::vector<Entry>& Node::entries() const {
    static const std::vector<Entry> kNone;
    return body_ ? body_->entries : kNone;
}

const Node* Node::find(std::string_view key) const {
    const auto found =
        std::ranges::find_if(entries(), [&](const Entry& e) { return e.key.value == key; });
    return found == entries().end() ? nullptr : &found->value;
}

namespace {

constexpr std::string_view kOpenQuote = "the quote that opens here is never closed";

/// Ends the reading of one document; its diagnostic is written already.
struct Unreadable {};
/// Ends the reading of the file.
struct GiveUp {};

/// Text of one document and the lines before it. yaml-cpp is given one document at a time: "---" at
/// the start of a line is a separator wherever it stands (YAML 1.2 §9.1.2), so that one broken
/// document does not hide the next, and its loop over documents, which never ends on a lone comma,
/// is not needed.
struct Chunk {
    std::string_view text;
    int lines_before = 0;
};

bool separates(std::string_view line) {
    return line.starts_with("---") &&
           (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\n');
}

std::vector<Chunk> split(std::string_view text) {
    std::vector<Chunk> chunks;
    std::size_t start = 0;
    int line = 0;
    int first_line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t newline = text.find('\n', at);
        const std::size_t next = newline == std::string_view::npos ? text.size() : newline + 1;
        if (at > start && separates(text.substr(at, next - at))) {
            chunks.push_back({text.substr(start, at - start), first_line});
            start = at;
            first_line = line;
        }
        at = next;
        ++line;
    }
    chunks.push_back({text.substr(start), first_line});
    return chunks;
}

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

/// Where the quote at `open` is closed, or the end of the text.
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

bool is_null_text(std::string_view text) {
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

}  // namespace

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

    Spot spot(const YAML::Mark& mark) {
        return {.file = file_,
                .line = chunk_.lines_before + mark.line + 1,
                .column = columns_.column(mark.pos, mark.column)};
    }

    /// The innermost bracket that is still open.
    std::optional<std::pair<char, Spot>> open_bracket() const {
        for (auto it = open_.rbegin(); it != open_.rend(); ++it) {
            if (it->bracket != 0) return std::pair{it->bracket, it->node_at};
        }
        return std::nullopt;
    }
    /// The offset of the last event in the text.
    std::size_t seen_until() const { return seen_until_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 1) return;
        findings_.error(code::kYamlSyntax, spot(mark),
                        "there is more text after the end of the document", {},
                        "check the indentation, or start a new document with a line of ---");
        throw Unreadable();
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        count(mark);
        Node node;
        node.at_ = left_out_at(spot(mark));
        keep(anchor, node, 1);
        put(std::move(node), 1);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            findings_.error(code::kYamlAlias, spot(mark), "this alias stands inside its own anchor",
                            {}, "write the value out");
            throw Unreadable();
        }
        const Kept& kept = found->second;
        if (open_.size() + kept.depth > limits_.depth) too_deep(mark);
        nodes_ += kept.nodes;
        if (nodes_ > limits_.nodes) {
            findings_.error(
                code::kYamlAlias, spot(mark),
                fmt::format("with this alias the file grows to more than {} values", limits_.nodes),
                "aliases of aliases multiply", "write the value out");
            throw GiveUp();
        }
        Node node = kept.node;
        node.at_ = spot(mark);
        put(std::move(node), kept.depth);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
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
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        check_tag(mark, tag, {"seq"});
        open(Kind::sequence, mark, anchor, style);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        check_tag(mark, tag, {"map"});
        open(Kind::mapping, mark, anchor, style);
    }
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
              YAML::EmitterStyle::value style) {
        if (open_.size() >= limits_.depth) too_deep(mark);
        const std::size_t before = nodes_;
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

    void close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        if (closed.body->kind == Kind::mapping) drop_duplicates(*closed.body);
        Node node;
        node.at_ = closed.node_at;
        node.body_ = std::move(closed.body);
        if (closed.anchor != 0) {
            anchors_[closed.anchor] = {node, nodes_ - closed.nodes_before, closed.depth};
        }
        put(std::move(node), closed.depth);
    }

    void put(Node node, std::size_t depth) {
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

    bool check_key(const Node& node) {
        if (node.text() == "<<" && !node.quoted()) {
            findings_.error(code::kYamlMerge, node.at(), "merge keys (<<) are not part of YAML 1.2",
                            "kubectl resolves them, other readers take them for a field",
                            "write the fields out, or use an alias for a whole value");
        } else if (node.kind() != Kind::scalar) {
            findings_.error(code::kYamlKey, node.at(), "a key must be text, not empty and no list",
                            {}, "write key: value");
        } else {
            return true;
        }
        sound_ = false;
        return false;
    }

    void drop_duplicates(Node::Body& body) {
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
            findings_.error(code::kYamlDuplicate, key.at,
                            fmt::format("the key {} stands here twice", quote(key.value)),
                            fmt::format("it was given in line {} already", first->second),
                            forgotten_separator ? "put a line of --- between two documents"
                                                : "keep one of them");
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

    void keep(YAML::anchor_t anchor, const Node& node, std::size_t depth) {
        if (anchor != 0) anchors_[anchor] = {node, 1, depth};
    }

    /// yaml-cpp takes the end of the file for a closing quote.
    bool quote_is_closed(std::size_t at) const {
        const std::string_view text = chunk_.text;
        while (at < text.size() && (text[at] == '!' || text[at] == '&')) {  // !!str "x", &a "x"
            at = std::min(text.find_first_of(" \t\n", at), text.size());
            at = std::min(text.find_first_not_of(" \t\n", at), text.size());
        }
        if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return true;
        return closing_quote(text, at) < text.size();
    }

    /// "key:" has nothing to point at, but its key has.
    Spot left_out_at(Spot here) const {
        if (open_.empty()) return here;
        const std::optional<Text>& key = open_.back().key;
        return key ? key->at : here;
    }

    void count(const YAML::Mark& mark) {
        seen_until_ = static_cast<std::size_t>(std::max(0, mark.pos));
        if (++nodes_ <= limits_.nodes) return;
        findings_.error(code::kYamlLimit, spot(mark),
                        fmt::format("the file has more than {} values", limits_.nodes), {},
                        "split it into several files");
        throw GiveUp();
    }

    [[noreturn]] void too_deep(const YAML::Mark& mark) {
        findings_.error(
            code::kYamlLimit, spot(mark),
            fmt::format("lists and mappings are nested more than {} deep here", limits_.depth),
            "no Kubernetes object comes near that", "look for a bracket left open");
        throw Unreadable();
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag,
                   std::initializer_list<std::string_view> fine) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        constexpr std::string_view kCore = "tag:yaml.org,2002:";
        if (tag.starts_with(kCore)) {
            const std::string_view name = std::string_view(tag).substr(kCore.size());
            if (std::ranges::find(fine, name) != fine.end()) return;
        }
        sound_ = false;
        findings_.error(code::kYamlTag, spot(mark),
                        fmt::format("the tag {} means nothing here", quote(tag)),
                        "Kubernetes takes plain YAML", "remove the tag");
    }

    int file_;
    Chunk chunk_;
    Columns columns_;
    Findings& findings_;
    const Limits& limits_;
    std::size_t& nodes_;
    std::vector<Open> open_;
    std::unordered_map<YAML::anchor_t, Kept> anchors_;
    std::optional<Node> root_;
    std::size_t documents_ = 0;
    std::size_t repeated_keys_ = 0;
    std::size_t seen_until_ = 0;
    bool sound_ = true;
};

namespace {

/// Says in a sentence what yaml-cpp's few words mean for whoever wrote the file.
struct Wording {
    std::string_view theirs;
    std::string_view message;
    std::string_view hint;
};

constexpr std::array kWordings = {
    Wording{"illegal map value", "a second \": \" in a value, or a wrong indentation",
            "put the value in quotes, or line the key up with its neighbours"},
    Wording{"end of map not found", "this line does not line up with any line above it",
            "give it exactly the indentation of its neighbours"},
    Wording{"end of sequence not found", "this line does not line up with any line above it",
            "start it with \"- \" like its neighbours, or give it their indentation"},
    Wording{"illegal map key", "a key cannot start here", "look at the end of the line above"},
    Wording{"illegal block entry", "a list entry (\"- \") cannot start here",
            "put it on a line of its own, below its key"},
    Wording{"illegal flow end", "this bracket closes nothing", "remove it, or open it before"},
    Wording{"the referenced anchor is not defined", "no anchor has the name of this alias",
            "a text that starts with * belongs in quotes, such as \"*.example.com\""},
    Wording{"unknown token", "no value can start with this character",
            "put the value in quotes; YAML is never indented with tabs"},
    Wording{"illegal tab when looking for indentation", "YAML is never indented with tabs",
            "use spaces"},
    Wording{"illegal document indicator in scalar", "the document ends inside a quoted text",
            "close the quote"},
    Wording{"alias not found after *", "a name must follow the *",
            "a text that starts with * belongs in quotes, such as \"*.example.com\""},
    Wording{"illegal character found while scanning alias", "no alias can have this name",
            "a text that starts with * belongs in quotes, such as \"*.example.com\""},
};

/// The quote that is never closed, looked for from `from` on; nothing when every quote is closed.
std::optional<std::size_t> open_quote(std::string_view text, std::size_t from) {
    char before = ' ';
    for (std::size_t i = from; i < text.size(); ++i) {
        const char c = text[i];
        const bool starts = before == ' ' || before == '[' || before == '{' || before == ',';
        if (c == '#' && starts) {
            i = std::min(text.find('\n', i), text.size());
        } else if ((c == '"' || c == '\'') && starts) {
            const std::size_t opened = i;
            i = closing_quote(text, opened);
            if (i >= text.size()) return opened;
        }
        before = i >= text.size() || text[i] == '\n' ? ' ' : text[i];
    }
    return std::nullopt;
}

/// The first line up to `last` that is indented with a tab: yaml-cpp often complains elsewhere.
std::optional<int> tab_indented_line(std::string_view text, int last) {
    int line = 0;
    for (std::size_t at = 0; at < text.size() && line <= last; ++line) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view indent =
            text.substr(at, std::min(text.find_first_not_of(" \t", at), end) - at);
        const bool blank = at + indent.size() >= end;
        if (!blank && indent.contains('\t')) return line;
        at = end + 1;
    }
    return std::nullopt;
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

void report(const YAML::Exception& error, int file, Chunk chunk, Builder& builder,
            Findings& findings) {
    const bool placed = !error.mark.is_null();
    const Spot here = placed ? builder.spot(error.mark)
                             : Spot{.file = file, .line = chunk.lines_before + 1, .column = 1};
    const auto complain = [&](Spot at, std::string_view message, std::string_view hint) {
        findings.error(code::kYamlSyntax, at, std::string(message), {}, std::string(hint));
    };
    if (error.msg.ends_with("flow not found")) {
        if (const auto bracket = builder.open_bracket()) {
            return complain(bracket->second,
                            fmt::format("the bracket {} is never closed", bracket->first),
                            bracket->first == '[' ? "add the missing ]" : "add the missing }");
        }
    }
    if (error.msg == "illegal EOF in scalar" ||
        error.msg == "illegal document indicator in scalar") {
        auto quote_at = open_quote(chunk.text, builder.seen_until());
        if (!quote_at) quote_at = open_quote(chunk.text, 0);
        const Spot at = quote_at ? spot_of_offset(file, chunk, *quote_at) : here;
        return complain(at, kOpenQuote, "close it");
    }
    if (const auto line = tab_indented_line(chunk.text, placed ? error.mark.line : -1)) {
        return complain({.file = file, .line = chunk.lines_before + *line + 1, .column = 1},
                        "this line is indented with a tab, which YAML does not allow",
                        "use spaces");
    }
    if (error.msg.starts_with("unknown escape character")) {
        Spot at = here;
        at.column = std::max(1, at.column - 2);  // the mark is behind the escape
        return complain(at, "there is no such \\ escape in a double-quoted text",
                        "write \\\\ for a backslash, or use single quotes");
    }
    const auto wording = std::ranges::find(kWordings, error.msg, &Wording::theirs);
    if (wording != kWordings.end()) return complain(here, wording->message, wording->hint);
    complain(here, fmt::format("this is not YAML: {}", error.msg),
             "compare the line with its neighbours");
}

/// A document of brackets alone makes yaml-cpp hold all of them before it shows us one.
bool nests_wildly(Chunk chunk, int file, Findings& findings) {
    constexpr int kOpenAtOnce = 1'000;
    int open = 0;
    for (std::size_t i = 0; i < chunk.text.size(); ++i) {
        const char c = chunk.text[i];
        if (c == '[' || c == '{') ++open;
        if ((c == ']' || c == '}') && open > 0) --open;
        if (open < kOpenAtOnce) continue;
        findings.error(code::kYamlLimit, spot_of_offset(file, chunk, i),
                       fmt::format("{} brackets are open at once here", kOpenAtOnce),
                       "no Kubernetes object comes near that", "look for brackets left open");
        return true;
    }
    return false;
}

/// Reads one document; nothing when it is empty or broken, and `whole` says which.
std::optional<Node> read(Chunk chunk, int file, Findings& findings, const Limits& limits,
                         std::size_t& nodes, bool& whole) {
    if (nests_wildly(chunk, file, findings)) {
        whole = false;
        return std::nullopt;
    }
    Builder builder(file, chunk, findings, limits, nodes);
    try {
        std::istringstream in{std::string(chunk.text)};
        YAML::Parser parser(in);
        if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    } catch (const YAML::Exception& error) {
        report(error, file, chunk, builder, findings);
        whole = false;
        return std::nullopt;
    } catch (const Unreadable&) {
        whole = false;
        return std::nullopt;
    }
    if (!builder.sound()) whole = false;
    const std::optional<Node>& root = builder.root();
    return root && !root->is_null() ? root : std::nullopt;
}

/// What no YAML text may hold. Says so, and where, before yaml-cpp sees a byte.
bool readable_text(int file, const std::string& text, Findings& findings, const Limits& limits) {
    const auto refuse = [&](std::size_t offset, std::string_view message, std::string hint) {
        findings.error(code::kYamlEncoding, spot_of_offset(file, {text, 0}, offset),
                       std::string(message), {}, std::move(hint));
        return false;
    };
    if (text.size() > limits.bytes) {
        findings.error(code::kYamlLimit, {.file = file},
                       fmt::format("the file has {} bytes, more than the {} that are read",
                                   text.size(), limits.bytes),
                       {}, "split it into several files");
        return false;
    }
    const std::string_view head = std::string_view(text).substr(0, 2);
    if (head == "\xFF\xFE" || head == "\xFE\xFF") {
        findings.error(code::kYamlEncoding, {.file = file}, "the file is UTF-16", {},
                       "save it as UTF-8");
        return false;
    }
    const std::size_t valid = valid_utf8_prefix(text);
    const auto control = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
    });
    const auto bad = static_cast<std::size_t>(control - text.begin());
    if (bad < valid) {
        const auto byte = static_cast<unsigned char>(*control);
        return refuse(bad, fmt::format("the byte 0x{:02x} cannot stand in a text file", byte),
                      "is this a binary file, or was it cut?");
    }
    if (valid < text.size()) {
        const auto byte = static_cast<unsigned char>(text[valid]);
        return refuse(valid, fmt::format("the byte 0x{:02x} is not UTF-8 here", byte),
                      "save the file as UTF-8");
    }
    return true;
}

/// Without the byte order mark, and with one kind of line end; both leave every line and column
/// where it is.
std::string normalized(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool line_end = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (!line_end) plain.push_back(text[i]);
    }
    return plain;
}

}  // namespace

Stream parse(int file, Findings& findings, Limits limits) {
    Stream stream;
    const std::string& original = findings.files()[static_cast<std::size_t>(file)].text;
    if (!readable_text(file, original, findings, limits)) {
        stream.whole = false;
        return stream;
    }
    const std::string text = normalized(original);
    const std::size_t errors_before = findings.errors();
    std::size_t nodes = 0;
    std::size_t documents = 0;
    try {
        for (const Chunk& chunk : split(text)) {
            if (++documents > limits.documents) {
                findings.error(code::kYamlLimit,
                               {.file = file, .line = chunk.lines_before + 1, .column = 1},
                               fmt::format("the file has more than {} documents", limits.documents),
                               {}, "split it into several files");
                throw GiveUp();
            }
            if (auto node = read(chunk, file, findings, limits, nodes, stream.whole)) {
                stream.documents.push_back(std::move(*node));
            }
            if (findings.errors() - errors_before >= limits.findings) throw GiveUp();
        }
    } catch (const GiveUp&) {
        stream.whole = false;
    }
    return stream;
}

}  // namespace sni::manifest::yaml
