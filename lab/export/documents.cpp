#include "lab/export/documents.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/manifest/codes.h"

namespace sni::exporting {

namespace {

using manifest::Document;
using manifest::Spot;

constexpr std::string_view kKeyWords = "PRIVATE KEY";

/// Text from one separator up to the next.
struct Piece {
    std::string_view text;
    int first_line = 1;
    int last_line = 1;
};

/// "---" at the start of a line is a separator wherever it stands (YAML 1.2 §9.1.2).
bool is_separator(std::string_view line) {
    if (!line.starts_with("---")) return false;
    line.remove_prefix(3);
    return line.empty() || line.find_first_of(" \t\r\n") == 0;
}

std::vector<Piece> split(std::string_view text) {
    std::vector<Piece> pieces;
    std::size_t begin = 0;
    int first_line = 1;
    int line = 1;
    for (std::size_t at = 0; at < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        if (at > begin && is_separator(text.substr(at, end - at))) {
            pieces.push_back({text.substr(begin, at - begin), first_line, line - 1});
            begin = at;
            first_line = line;
        }
        at = end;
    }
    if (begin < text.size()) pieces.push_back({text.substr(begin), first_line, line});
    return pieces;
}

/// `words` as they look in base64 when `before` bytes of something else stand in front.
std::string in_base64(std::string_view words, std::size_t before) {
    const std::string bytes = std::string(before, '\0') + std::string(words);
    const std::string whole = to_base64(std::as_bytes(std::span(bytes)));
    const std::size_t first = (before * 8 + 5) / 6;
    return whole.substr(first, bytes.size() * 8 / 6 - first);
}

bool is_private(const manifest::Secret& secret) {
    return std::ranges::any_of(secret.data, [](const auto& entry) {
        return entry.first == "tls.key" || entry.first == "key" || holds_private_key(entry.second);
    });
}

HeldBack held_back(const manifest::Secret& secret, const std::vector<manifest::File>& files) {
    HeldBack held{.ns = secret.meta.ns.value,
                  .name = secret.meta.name.value,
                  .tls = secret.data.contains("tls.crt") && secret.data.contains("tls.key") &&
                         secret.data.size() == 2,
                  .keys = {},
                  .place = place_of(files, secret.meta.at)};
    for (const auto& entry : secret.data) {
        held.keys.push_back(entry.first);
    }
    return held;
}

class Selector {
  public:
    Selector(const manifest::Manifest& manifest, const std::set<Spot>& replaced)
        : manifest_(manifest), replaced_(replaced) {
        for (const manifest::Secret& secret : manifest.secrets) {
            if (is_private(secret)) secrets_.emplace(secret.meta.at, &secret);
        }
        for (const Document& document : manifest.documents) {
            by_line_[document.at.file].emplace(document.at.line, &document);
        }
    }

    Selection run() {
        for (std::size_t i = 0; i < manifest_.files.size(); ++i) {
            std::string kept;
            for (const Piece& piece : split(manifest_.files[i].text)) {
                if (stays(piece, static_cast<int>(i))) kept += piece.text;
            }
            if (!kept.empty()) selection_.texts.push_back(std::move(kept));
        }
        return std::move(selection_);
    }

  private:
    bool stays(const Piece& piece, int file) {
        std::size_t left = 0;
        std::size_t kept = 0;
        const auto& lines = by_line_[file];
        for (auto at = lines.lower_bound(piece.first_line);
             at != lines.end() && at->first <= piece.last_line; ++at) {
            const Document& document = *at->second;
            if (is_list(document)) continue;
            const auto secret = secrets_.find(document.at);
            if (secret != secrets_.end()) {
                selection_.held_back.push_back(held_back(*secret->second, manifest_.files));
            }
            ++(secret != secrets_.end() || replaced_.contains(document.at) ? left : kept);
        }
        if (left > 0 && kept > 0) {
            refuse(piece, file, "only a part of this List may go along",
                   "private keys stay behind, and so do documents that others take the place of",
                   "write its items as documents of their own");
        } else if (left == 0 && holds_private_key(piece.text)) {
            refuse(piece, file, "a private key stands in this document, which is no Secret",
                   "no private key is ever written out", "take it out");
        }
        return left == 0;
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
    std::map<Spot, const manifest::Secret*> secrets_;
    std::map<int, std::multimap<int, const Document*>> by_line_;
    Selection selection_;
};

}  // namespace

Selection select(const manifest::Manifest& manifest, const std::set<Spot>& replaced) {
    return Selector(manifest, replaced).run();
}

bool holds_private_key(std::string_view text) {
    std::string dense(text);
    std::erase_if(dense, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    if (dense.contains("PRIVATEKEY-----")) return true;
    for (std::size_t before = 0; before < 3; ++before) {
        if (dense.contains(in_base64(kKeyWords, before))) return true;
    }
    return false;
}

std::string join(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        if (!all.empty() && !all.ends_with('\n')) all += '\n';
        if (!all.empty() && !is_separator(text.substr(0, text.find('\n')))) all += "---\n";
        all += text;
    }
    return all;
}

std::string namespace_document(std::string_view name) {
    return fmt::format(
        "apiVersion: v1\n"
        "kind: Namespace\n"
        "metadata:\n"
        "  creationTimestamp: null\n"
        "  name: {}\n"
        "spec: {{}}\n"
        "status: {{}}\n",
        name);
}

std::vector<std::string> missing_namespaces(const manifest::Manifest& manifest,
                                            const std::set<std::string>& known) {
    std::set<std::string> missing;
    for (const Document& document : manifest.documents) {
        if (!document.ns.empty()) missing.insert(document.ns);
    }
    for (const manifest::Namespace& ns : manifest.namespaces) {
        missing.erase(ns.meta.name.value);
    }
    for (const std::string& name : known) {
        missing.erase(name);
    }
    return {missing.begin(), missing.end()};
}

}  // namespace sni::exporting
