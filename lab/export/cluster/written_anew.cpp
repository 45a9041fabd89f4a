#include "lab/export/cluster/written_anew.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/documents/written_version.h"
#include "lab/manifest/loose.h"

namespace sni::exporting {

namespace {

using manifest::Document;
using manifest::Spot;
using yaml::Node;

class Rewriter {
  public:
    Rewriter(const manifest::Manifest& manifest, const manifest::Versions& versions)
        : manifest_(manifest), versions_(versions) {}

    WrittenAnew run(const std::set<Spot>& replaced) {
        std::map<int, std::map<Spot, const Document*>> by_file;
        for (const Document& document : manifest_.documents) {
            const bool ours = group_of(document) == manifest::group_of(document.kind);
            if (!ours || replaced.contains(document.at) || stays(document)) continue;
            by_file[document.at.file].emplace(document.at, &document);
        }
        for (const auto& [file, documents] : by_file) {
            manifest::Findings ignored(manifest_.files);
            yaml::parse(file, ignored, {}, [&](const Node& node) { look(node, documents); });
        }
        for (const auto& [what, count] : counts_) {
            const auto& [kind, from, to] = what;
            into_.notes.push_back(fmt::format("{} {}{} of {} {} written as {}: {}", count, kind,
                                              count == 1 ? "" : "s", from,
                                              count == 1 ? "is" : "are", to, problem(from, kind)));
        }
        return std::move(into_);
    }

  private:
    /// Whether its version is the standard channel's, or one that nobody here knows.
    bool stays(const Document& document) {
        const std::string own = version_of(document);
        for (const auto& served : manifest::served_versions(versions_, document.kind)) {
            if (served.version != own) continue;
            if (served.standard) want(document.kind, own, served.since);
            return served.standard;
        }
        return manifest::availability(versions_, document.version.value, document.kind).served;
    }

    void look(const Node& node, const std::map<Spot, const Document*>& documents) {
        if (const auto found = documents.find(node.at()); found != documents.end())
            return rewrite(node, *found->second);
        for (const Node* item : manifest::loose::items(node, "items")) {
            look(*item, documents);
        }
    }

    void rewrite(const Node& node, const Document& document) {
        const auto to = manifest::written_version(versions_, node);
        const std::string own = version_of(document);
        if (to.version.empty()) return leave_out(node, document);
        if (to.standard) {
            want(document.kind, to.version, to.since);
        } else {
            into_.experimental = true;
        }
        if (to.version == own) {
            const auto served = manifest::served_versions(versions_, document.kind);
            if (!served.empty() && served.front().standard) note_kept(node, document);
            return;
        }
        const Node& said = *node.find("apiVersion");
        const std::string quotes = said.quoted() ? "\"" : "";
        auto edit =
            replacement(manifest_.files[static_cast<std::size_t>(node.at().file)].text, said,
                        fmt::format("{0}{1}/{2}{0}", quotes, group_of(document), to.version));
        if (!edit) return refuse(said.at());
        into_.edits.push_back(std::move(*edit));
        ++counts_[{document.kind, own, std::string(to.version)}];
    }

    void leave_out(const Node& node, const Document& document) {
        into_.left_out.insert(document.at);
        const auto found = manifest::availability(versions_, document.version.value, document.kind);
        const bool shape = !manifest::served_versions(versions_, document.kind).empty();
        into_.notes.push_back(fmt::format("{} is left out: {}; {}", name_of(node, document),
                                          found.problem, shape ? kShape : found.hint));
    }

    void note_kept(const Node& node, const Document& document) {
        into_.notes.push_back(
            fmt::format("{} stays {}, which only the experimental channel of the "
                        "Gateway API serves: {}",
                        name_of(node, document), version_of(document), kShape));
    }

    void refuse(Spot at) {
        into_.refused.push_back(
            {.level = Level::error,
             .code = std::string(manifest::code::kUnsupported),
             .place = place_of(manifest_.files, at),
             .message = "apiVersion must be another one, and cannot be written anew here",
             .why = "an alias, an anchor or a tag stands here",
             .hint = "write it out"});
    }

    void want(std::string_view kind, std::string_view version, int since) {
        if (since <= into_.since) return;
        into_.since = since;
        into_.what = fmt::format("{} {}", kind, version);
    }

    std::string problem(const std::string& version, const std::string& kind) const {
        return manifest::availability(versions_, version, kind).problem;
    }

    static std::string version_of(const Document& document) {
        return document.version.value.substr(document.version.value.find('/') + 1);
    }
    static std::string group_of(const Document& document) {
        return document.version.value.substr(0, document.version.value.find('/'));
    }
    /// `TLSRoute "ns/name"`, whether the kind is read or not.
    static std::string name_of(const Node& node, const Document& document) {
        const Node* meta = node.find("metadata");
        const std::string name = meta ? manifest::loose::text(*meta, "name").value : std::string();
        const std::string ns =
            meta ? manifest::loose::text(*meta, "namespace", document.ns).value : document.ns;
        return fmt::format("{} {}", document.kind,
                           yaml::quote(ns.empty() ? name : ns + "/" + name));
    }

    static constexpr std::string_view kShape =
        "what came behind v1alpha2 has exactly one rule, and a TLSRoute has hostnames";

    const manifest::Manifest& manifest_;
    const manifest::Versions& versions_;
    WrittenAnew into_;
    std::map<std::tuple<std::string, std::string, std::string>, std::size_t> counts_;
};

}  // namespace

WrittenAnew write_anew(const manifest::Manifest& manifest, const manifest::Versions& versions,
                       const std::set<manifest::Spot>& replaced) {
    return Rewriter(manifest, versions).run(replaced);
}

}  // namespace sni::exporting
