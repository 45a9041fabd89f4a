#include "lab/export/cluster/documents.h"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/export/cluster/private_keys.h"
#include "lab/manifest/codes.h"
#include "lab/yaml/chunks.h"
#include "lab/yaml/separator.h"
#include "lab/yaml/yaml.h"

namespace sni::exporting {

namespace {

using manifest::Document;
using manifest::Spot;

/// One document, as it stands.
struct Piece {
    std::string_view text;
    int first_line = 1;
    int last_line = 1;
};

/// As the reader takes them apart. A byte order mark at the begin is nobody's: it would stand in
/// the middle of what is joined.
std::vector<Piece> split(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::vector<Piece> pieces;
    for (const yaml::Chunk& chunk : yaml::chunks_of(text)) {
        if (!pieces.empty()) pieces.back().last_line = chunk.lines_before;
        pieces.push_back({chunk.text, chunk.lines_before + 1, std::numeric_limits<int>::max()});
    }
    return pieces;
}

bool starts_with_separator(std::string_view text) {
    return yaml::is_separator(text.substr(0, text.find('\n')));
}

/// kubectl takes what begins as JSON for JSON to its end, and refuses the separator behind it.
bool begins_as_json(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

void append(std::string& all, std::string_view text) {
    if (!all.empty() && !all.ends_with('\n')) all += '\n';
    if (!all.empty() && !starts_with_separator(text)) all += "---\n";
    all += text;
}

bool is_secret(const Document& document) {
    return document.kind == "Secret";
}

/// A Secret that could not be read for what it holds stays behind like any other.
HeldBack held_back(const Document& document, const manifest::Manifest& manifest) {
    HeldBack held{.ns = document.ns,
                  .name = document.name,
                  .keys = {},
                  .type = {},
                  .place = place_of(manifest.files, document.at)};
    const auto secret = std::ranges::find_if(
        manifest.secrets, [&](const manifest::Secret& s) { return s.meta.at == document.at; });
    if (secret == manifest.secrets.end()) return held;
    held.type = secret->type.value;
    for (const auto& entry : secret->data) {
        held.keys.push_back(entry.first);
    }
    return held;
}

/// What a document has inside that must not be written.
enum class Inside { nothing, opaque, secret, key };

/// Reads the values as YAML does, so that no way of quoting hides anything. Secrets that are
/// documents of their own are left out: they stay behind anyway.
class Insides {
  public:
    Insides(const manifest::Manifest& manifest, int file) {
        for (const Document& document : manifest.documents) {
            if (document.at.file == file) documents_.emplace(document.at, &document);
        }
        manifest::Findings ignored(manifest.files);
        yaml::parse(file, ignored, {}, [&](const yaml::Node& node) {
            found_[node.at().line] = std::max(found_[node.at().line], look(node));
        });
    }

    /// Whether there is more than comments in these lines.
    bool are_any(int first_line, int last_line) const {
        const auto first = found_.lower_bound(first_line);
        return first != found_.end() && first->first <= last_line;
    }

    /// Of the documents that begin in these lines.
    Inside between(int first_line, int last_line) const {
        Inside worst = Inside::nothing;
        for (auto at = found_.lower_bound(first_line); at != found_.end() && at->first <= last_line;
             ++at) {
            worst = std::max(worst, at->second);
        }
        return worst;
    }

  private:
    Inside look(const yaml::Node& node) const {
        using yaml::Kind;
        Inside worst = Inside::nothing;
        switch (node.kind()) {
            case Kind::null:
                break;
            case Kind::scalar:
                return look(node.text());
            case Kind::sequence:
                for (const yaml::Node& item : node.items()) {
                    worst = std::max(worst, look(item));
                }
                break;
            case Kind::mapping:
                return look_into(node);
        }
        return worst;
    }

    static Inside look(std::string_view text) {
        if (holds_private_key(text)) return Inside::key;
        return is_opaque(text) ? Inside::opaque : Inside::nothing;
    }

    Inside look_into(const yaml::Node& mapping) const {
        const yaml::Node* kind = mapping.find("kind");
        if (kind && kind->text() == "Secret") {
            if (documents_.contains(mapping.at())) return Inside::nothing;
            if (mapping.find("data") || mapping.find("stringData")) return Inside::secret;
        }
        // A JSON Web Key, written as YAML.
        if (mapping.find("kty") && (mapping.find("d") || mapping.find("k"))) return Inside::key;
        Inside worst = Inside::nothing;
        for (const yaml::Entry& entry : mapping.entries()) {
            worst = std::max({worst, look(entry.key.value), look(entry.value)});
        }
        return worst;
    }

    std::map<Spot, const Document*> documents_;
    std::map<int, Inside> found_;  // by the line where a document begins
};

class Selector {
  public:
    Selector(const manifest::Manifest& manifest, const std::set<Spot>& replaced,
             const std::vector<Edit>& edits)
        : manifest_(manifest), replaced_(replaced), edits_(edits) {
        for (const Document& document : manifest.documents) {
            by_line_[document.at.file].emplace(document.at.line, &document);
        }
    }

    Selection run() {
        for (std::size_t i = 0; i < manifest_.files.size(); ++i) {
            add_file(static_cast<int>(i));
        }
        note_apart();
        return std::move(selection_);
    }

  private:
    /// What stands in a piece.
    enum class Holds {
        nothing,   ///< comments at most, which go along with objects of the file
        objects,   ///< for kubectl
        replaced,  ///< objects, and Secrets, which stay behind
        others,    ///< what kustomize and Helm read, and other editions of objects
    };

    void add_file(int file) {
        const std::string& text = manifest_.files[static_cast<std::size_t>(file)].text;
        const Insides insides(manifest_, file);
        std::string kept;
        bool any = false;
        for (const Piece& piece : split(text)) {
            const Holds holds = look(piece, file, insides);
            if (holds == Holds::others) apart_.push_back({.file = file, .line = piece.first_line});
            const bool stays = holds == Holds::objects || holds == Holds::nothing;
            if (!stays || !may_go(piece, file, insides)) continue;
            any = any || holds == Holds::objects;
            append(kept, edited(piece.text, file, piece.first_line, piece.last_line, edits_));
        }
        if (any) selection_.texts.push_back(std::move(kept));
    }

    Holds look(const Piece& piece, int file, const Insides& insides) {
        std::size_t left = 0;
        std::size_t apart = 0;
        std::size_t kept = 0;
        const auto& lines = by_line_[file];
        const auto first = lines.lower_bound(piece.first_line);
        const auto last = lines.upper_bound(piece.last_line);
        for (auto at = first; at != last; ++at) {
            const Document& document = *at->second;
            if (is_list(document)) continue;
            const bool secret = is_secret(document);
            if (document.apart) {
                ++apart;
                continue;
            }
            if (secret) selection_.held_back.push_back(held_back(document, manifest_));
            ++(secret || replaced_.contains(document.at) ? left : kept);
        }
        if (left + apart > 0 && kept > 0) {
            refuse(piece, file, "only a part of this List may go along",
                   "Secrets stay behind, and so do documents that others take the place of",
                   "write its items as documents of their own");
        }
        if (left > 0) return Holds::replaced;
        if (apart > 0) return Holds::others;
        if (first != last) return Holds::objects;
        return insides.are_any(piece.first_line, piece.last_line) ? Holds::others : Holds::nothing;
    }

    /// One for all of them.
    void note_apart() {
        if (apart_.empty()) return;
        constexpr std::size_t kShown = 8;
        std::vector<std::string> shown;
        for (std::size_t i = 0; i < std::min(kShown, apart_.size()); ++i) {
            const Place place = place_of(manifest_.files, apart_[i]);
            shown.push_back(fmt::format("{}:{}", place.file, place.line));
        }
        if (apart_.size() > kShown) shown.push_back(fmt::format("{} more", apart_.size() - kShown));
        selection_.notes.push_back(
            fmt::format("no objects of their own for kubectl, and left behind with all that "
                        "kustomize or Helm would make of them: {}",
                        fmt::join(shown, ", ")));
    }

    /// Comments go along, too, so that the text itself is looked at beside its values.
    bool may_go(const Piece& piece, int file, const Insides& insides) {
        const Inside inside = insides.between(piece.first_line, piece.last_line);
        if (inside == Inside::key || holds_private_key(piece.text)) {
            refuse(piece, file, "a private key stands in this document, which is no Secret",
                   "no private key is ever written out", "take it out");
        } else if (inside == Inside::secret) {
            refuse(piece, file, "a Secret stands inside this document",
                   "no Secret is ever written out, whatever it is wrapped in",
                   "take the document out, and apply it apart from the others");
        } else if (inside == Inside::opaque) {
            const Place place = place_of(manifest_.files, {.file = file, .line = piece.first_line});
            selection_.notes.push_back(fmt::format(
                "the document at {}:{} stays behind: something in it is compressed, and "
                "nobody can see whether that is a key; apply it apart",
                place.file, place.line));
            return false;
        }
        return true;
    }

    static bool is_list(const Document& document) {
        return document.kind.ends_with("List") && document.name.empty();
    }

    void refuse(const Piece& piece, int file, std::string message, std::string why,
                std::string hint) {
        selection_.refused.push_back(
            {.level = Level::error,
             .code = std::string(manifest::code::kUnsupported),
             .place = place_of(manifest_.files, {.file = file, .line = piece.first_line}),
             .message = std::move(message),
             .why = std::move(why),
             .hint = std::move(hint)});
    }

    const manifest::Manifest& manifest_;
    const std::set<Spot>& replaced_;
    const std::vector<Edit>& edits_;
    std::map<int, std::multimap<int, const Document*>> by_line_;
    std::vector<Spot> apart_;
    Selection selection_;
};

}  // namespace

Selection select(const manifest::Manifest& manifest, const std::set<Spot>& replaced,
                 const std::vector<Edit>& edits) {
    return Selector(manifest, replaced, edits).run();
}

std::string join(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        append(all, text);
    }
    const bool several = yaml::chunks_of(all, 1).size() > 1;
    return several && begins_as_json(all) ? "---\n" + all : all;
}

}  // namespace sni::exporting
