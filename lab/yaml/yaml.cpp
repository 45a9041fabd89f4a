#include "lab/yaml/yaml.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "lab/core/encoding.h"
#include "lab/yaml/chunks.h"
#include "lab/yaml/codes.h"
#include "lab/yaml/separator.h"
#include "lab/yaml/yaml_builder.h"
#include "lab/yaml/yaml_errors.h"
#include "lab/yaml/yaml_json.h"
#include "lab/yaml/yaml_text.h"

namespace sni::yaml {

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

/// What YAML has in front of a document and kubectl refuses (apimachinery, pkg/util/yaml,
/// decoder.go). True: it was reported.
bool begins_wrong(Chunk chunk, int file, Findings& findings) {
    constexpr std::string_view kDashes = "---";
    const auto refuse = [&](std::size_t at, std::string_view what, std::string_view hint) {
        findings.error(code::kYamlSyntax, spot_of_offset(file, chunk, at), std::string(what), {},
                       std::string(hint));
        return true;
    };
    std::size_t at = 0;
    if (is_separator(chunk.text)) {
        at = chunk.text.find_first_not_of(" \t", kDashes.size());
        if (at == std::string_view::npos) return false;
        if (chunk.text[at] != '\n' && chunk.text[at] != '#')
            return refuse(at, "kubectl takes nothing but a comment behind ---",
                          "begin the document on the next line");
    }
    while (at < chunk.text.size()) {
        const std::size_t end = std::min(chunk.text.find('\n', at), chunk.text.size());
        if (chunk.text[at] == '%')
            return refuse(at, "kubectl takes no directives of YAML", "leave this line out");
        const std::size_t first = chunk.text.find_first_not_of(" \t", at);
        if (first < end && chunk.text[first] != '#') return false;
        at = end + 1;
    }
    return false;
}

bool is_json(std::string_view text) {
    const std::size_t begin =
        text.find_first_not_of(" \t\n", is_separator(text) ? std::string_view("---").size() : 0);
    return begin != std::string_view::npos && text[begin] == '{' &&
           end_of_json_object(text.substr(begin)) > 0;
}

/// One more object of JSON in a stream that does not begin with one: kubectl drops it unsaid.
bool is_dropped(Chunk chunk, std::string_view all) {
    const std::size_t first = all.find_first_not_of(" \t\n");
    return chunk.lines_before > 0 && !is_separator(chunk.text) && all[first] != '{';
}

/// Reads one document; nothing when it is empty or broken, and `whole` says which.
std::optional<Node> read(Chunk chunk, int file, Findings& findings, const Limits& limits,
                         std::size_t& nodes, bool& whole) {
    if (nests_wildly(chunk, file, findings) || begins_wrong(chunk, file, findings)) {
        whole = false;
        return std::nullopt;
    }
    Builder builder(file, chunk, findings, limits, nodes);
    try {
        std::istringstream in{is_json(chunk.text) ? with_whole_escapes(chunk.text)
                                                  : std::string(chunk.text)};
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

}  // namespace

bool parse(int file, Findings& findings, const Limits& limits,
           const std::function<void(const Node&)>& take) {
    const std::string& original = findings.files()[static_cast<std::size_t>(file)].text;
    if (!readable_text(file, original, findings, limits)) return false;
    const std::string text = normalized(original);
    std::size_t errors = 0;
    std::size_t nodes = 0;
    std::size_t documents = 0;
    bool whole = true;
    try {
        for (const Chunk& chunk : chunks_of(text, limits.documents)) {
            if (++documents > limits.documents) {
                findings.error(code::kYamlLimit,
                               {.file = file, .line = chunk.lines_before + 1, .column = 1},
                               fmt::format("the file has more than {} documents", limits.documents),
                               {}, "split it into several files");
                throw GiveUp();
            }
            const std::size_t before = findings.errors();
            const auto node = read(chunk, file, findings, limits, nodes, whole);
            errors += findings.errors() - before;  // and not those of `take`
            if (node && is_dropped(chunk, text)) {
                findings.add(Level::warning, code::kYamlSyntax, node->at(),
                             "kubectl takes only the first object of JSON behind ---", {},
                             "put a line of --- in front of this one, too");
            }
            if (node) take(*node);
            if (errors >= limits.findings) throw GiveUp();
        }
    } catch (const GiveUp&) {
        return false;
    }
    return whole;
}

Stream parse(int file, Findings& findings, Limits limits) {
    Stream stream;
    stream.whole =
        parse(file, findings, limits, [&](const Node& node) { stream.documents.push_back(node); });
    return stream;
}

}  // namespace sni::yaml
