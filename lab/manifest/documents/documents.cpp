#include "lab/manifest/documents/documents.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/documents/definitions.h"
#include "lab/manifest/documents/kustomize.h"
#include "lab/manifest/documents/left_aside.h"
#include "lab/manifest/documents/list_limits.h"
#include "lab/manifest/documents/made_pods.h"
#include "lab/manifest/documents/makers.h"
#include "lab/manifest/documents/read_meta.h"
#include "lab/manifest/documents/said.h"
#include "lab/manifest/documents/written_version.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/loose.h"
#include "lab/manifest/readers/kinds.h"
#include "lab/manifest/readers/read_entrance.h"
#include "lab/manifest/readers/readers.h"
#include "lab/yaml/fields.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

namespace {

struct ItemType {
    Text version;
    Text kind;
};

class Documents {
  public:
    Documents(Manifest& into, Findings& findings, std::string_view default_namespace,
              LeftAside& left_aside, const Kustomize& kustomize, const Versions& versions,
              bool written_anew)
        : into_(into),
          findings_(findings),
          default_namespace_(default_namespace),
          left_aside_(left_aside),
          kustomize_(kustomize),
          definitions_(findings, kustomize),
          versions_(versions),
          written_anew_(written_anew) {}

    /// `of_list`: what an item of a typed list is that says neither its kind nor its apiVersion.
    void read(const yaml::Node& node, Path path, const ItemType* of_list = nullptr) {
        if (!of_list && is_stranger(node)) {
            left_aside_.add_stranger(node, file_of(node));
            if (!note_maker(node) && !is_kustomization(file_of(node)))
                note_unseen(Unseen::Role::part, node);
            return;
        }
        Reading in{.findings = findings_, .code = {}};
        Fields document(in, node, path);
        auto version = document.text("apiVersion");
        auto kind = document.text("kind");
        if (of_list && !document.has("apiVersion") && !document.has("kind")) {
            version = of_list->version;
            kind = of_list->kind;
        }
        // What the analyzer is not to say: codes, or "*" for all of them
        // (pkg/config/analysis/local/istiod_analyze.go).
        into_.documents.push_back(
            {.at = node.at(),
             .version = version.value_or(Text()),
             .kind = kind ? kind->value : std::string(),
             .ns = {},
             .name = {},
             .suppressed = comma_separated(annotation(node, "galley.istio.io/analyze-suppress"))});
        if (!version || !kind) {
            into_.whole = false;
            if (!in.flawed) report_no_object(in, node, version.has_value(), kind.has_value());
            return;
        }
        // kubectl get writes v1 List, the API server ServiceList and the like.
        const bool list = kind->value.ends_with("List") && document.has("items");
        if (list || (version->value == "v1" && kind->value == "List")) {
            return read_list(document, {.version = *version, .kind = *kind});
        }
        any_manifest_ = true;
        into_.documents.back().apart = version->value.starts_with("kustomize.config.k8s.io/");
        const KindEntry* entry = kind_of(version->value, kind->value);
        const bool namespaced = entry ? entry->namespaced : !is_cluster_scoped(kind->value);
        name_document(node, namespaced);
        if (is_test_of_helm(node)) {
            return left_aside_.add_kind(fmt::format("{} of helm test", kind->value), kind->at);
        }
        if (is_for_makers(version->value, kind->value)) {
            const std::string& name = into_.documents.back().name;
            into_.unseen.push_back({Unseen::Role::part, said_by(node), name});
        }
        if (!entry) return note_other(document, node, *version, *kind);
        in.code = entry->code;
        document.ignore({"status"});
        Meta meta =
            read_meta(document, entry->namespaced, form_of_name(*entry), default_namespace_);
        name_document(meta);
        const Definition definition =
            meta.name.value.empty() ? Definition::first : definitions_.add(*entry, meta);
        if (definition == Definition::edition) {
            into_.documents.back().apart = true;
            return note_unseen(Unseen::Role::edition, node);
        }
        if (!is_had(node, *version, *kind)) return;
        if (version->value.starts_with(kGatewayApi)) tell_fields(node, kind->value);
        check_list_lengths(node, kind->value, versions_, findings_);
        if (definition == Definition::repeated) {  // told, and in no conflict with itself
            Manifest nowhere;
            return entry->read(document, std::move(meta), nowhere);
        }
        entry->read(document, std::move(meta), into_);
    }

    /// What only the end of all documents tells.
    void finish() const { definitions_.report_editions(); }

    /// False: nothing but strangers, or nothing at all.
    bool any_manifest() const { return any_manifest_; }

  private:
    /// helm template prints what only helm test makes.
    static bool is_test_of_helm(const yaml::Node& node) {
        const std::vector<std::string> hooks = comma_separated(annotation(node, "helm.sh/hook"));
        return std::ranges::any_of(hooks, [](const std::string& hook) {
            return hook == "test" || hook == "test-success" || hook == "test-failure";
        });
    }

    /// The one that is being read, whether or not anybody reads on. What is no name stays out.
    void name_document(const yaml::Node& node, bool namespaced) {
        Document& document = into_.documents.back();
        const auto said = [&](std::string_view key) {
            const yaml::Node* there = loose::at(node, {"metadata", key});
            return there ? there->text() : std::string();
        };
        if (const std::string name = said("name"); is_object_name(name)) document.name = name;
        if (!namespaced) return;
        const std::string ns = said("namespace");
        document.unnamed = ns.empty();
        if (document.unnamed) {
            document.ns = default_namespace_;
        } else if (is_label_name(ns)) {
            document.ns = ns;
        }
    }

    /// The same, checked.
    void name_document(const Meta& meta) {
        into_.documents.back().ns = meta.ns.value;
        into_.documents.back().name = meta.name.value;
    }

    /// False: it is of no kind of another gateway, or of no account there.
    bool note_entrance(Fields& document, const yaml::Node& node, const Text& version,
                       const Text& kind) {
        const EntranceKind* entrance = entrance_kind_of(version.value, kind.value);
        if (!entrance) return false;
        document.ignore({"status"});
        Meta meta = read_meta(document, true, NameForm::subdomain, default_namespace_);
        name_document(meta);
        check_entrance(document, *entrance);
        meta.flawed |= document.in().flawed;
        return read_entrance(node, *entrance, std::move(meta), into_);
    }

    /// Of no kind that is read whole. It may still make pods.
    void note_other(Fields& document, const yaml::Node& node, const Text& version,
                    const Text& kind) {
        if (is_not_played(kind.value) || may_matter(kind.value)) into_.may_matter.push_back(kind);
        const std::size_t slash = version.value.find('/');
        const std::string group =
            slash == std::string::npos ? std::string() : version.value.substr(0, slash);
        note_unknown_pods(node, group, kind.value, default_namespace_, into_);
        if (is_not_played(kind.value)) {
            note_unseen(Unseen::Role::filter, node);
            findings_.error(code::kNotPlayed, kind.at,
                            fmt::format("kind {} is not played here", quote(kind.value)),
                            "it may change what a gateway does with a name");
            return;
        }
        if (auto miss = near_miss(version.value, kind.value)) {
            findings_.error(code::kUnsupported, miss->of_version ? version.at : kind.at,
                            fmt::format("kind {} of apiVersion {} is not understood",
                                        quote(kind.value), quote(version.value)),
                            {}, std::move(miss->hint));
            return;
        }
        if (const LooseReader loosely = loose_reader_of(version.value, kind.value))
            loosely(node, default_namespace_, into_);
        if (note_entrance(document, node, version, kind) ||
            read_kong_ingress(node, version.value, kind.value, default_namespace_, into_)) {
            left_aside_.add_entrance(kind.value, kind.at);
            return;
        }
        left_aside_.add_kind(kind.value, kind.at);
        note_maker(node);
    }

    /// What makes manifests that are not among these; false: it makes none.
    bool note_maker(const yaml::Node& node) {
        const std::optional<Maker> maker = maker_of(node, file_of(node), kustomize_);
        if (!maker) return false;
        left_aside_.add_maker(*maker);
        into_.unread.push_back(
            unread_of(*maker, node, findings_.files(), default_namespace_, kustomize_));
        return true;
    }

    void note_unseen(Unseen::Role role, const yaml::Node& node) {
        into_.unseen.push_back({role, said_by(node)});
    }

    std::string file_of(const yaml::Node& node) const {
        return place_of(findings_.files(), node.at()).file;
    }

    /// Each that is not there is told; what is there under a condition, once for its kind.
    bool is_had(const yaml::Node& node, const Text& version, const Text& kind) {
        std::string as = version.value;
        if (written_anew_ && version.value.starts_with(kGatewayApi)) {
            const WrittenVersion written = written_version(versions_, node);
            if (!written.version.empty()) as = written.version;
        }
        const Availability found = availability(versions_, as, kind.value);
        if (!found.had) {
            findings_.add(Level::error, code::kApiVersion, version.at, found.problem, found.why,
                          found.hint);
        } else {
            tell_once(found, version.at);
        }
        return found.had;
    }

    void tell_once(const Availability& found, Spot at) {
        if (found.problem.empty() || !conditions_.insert(found.problem).second) return;
        findings_.add(found.dated ? Level::warning : Level::info, code::kApiVersion, at,
                      found.problem, found.why, found.hint);
    }

    /// Of a kind of the Gateway API.
    void tell_fields(const yaml::Node& node, std::string_view kind) {
        const yaml::Node* spec = node.find("spec");
        if (!spec || kind != "Gateway") return;
        for (const std::string_view field : {"tls", "allowedListeners"}) {
            const yaml::Node* there = spec->find(field);
            if (!there || there->is_null()) continue;
            tell_once(field_availability(versions_, kind, "spec." + std::string(field)),
                      there->at());
        }
    }

    static void report_no_object(Reading& in, const yaml::Node& node, bool version, bool kind) {
        in.error(code::kMissing, node.at(),
                 fmt::format("a Kubernetes object needs apiVersion and kind, and this has no {}",
                             version ? "kind"
                             : kind  ? "apiVersion"
                                     : "such fields"));
    }

    /// The items of a ServiceList are Services, as kubectl has it
    /// (apimachinery, pkg/apis/meta/v1/unstructured/unstructured.go, decodeToList).
    void read_list(Fields& list, ItemType type) {
        list.ignore({"metadata"});
        type.kind.value.resize(type.kind.value.size() - std::string_view("List").size());
        const ItemType* typed = type.kind.value.empty() ? nullptr : &type;
        const yaml::Node* items = list.raw("items");
        const Path path{.parent = &list.path(), .key = "items"};
        if (items && items->kind() == yaml::Kind::sequence) {
            for (std::size_t i = 0; i < items->items().size(); ++i) {
                read(items->items()[i], {.parent = &path, .key = {}, .index = i}, typed);
            }
        } else if (items && !items->is_null()) {
            list.objects("items", [](Fields&) {});  // says that it must be a list
        }
        list.done();
    }

    Manifest& into_;
    Findings& findings_;
    std::string_view default_namespace_;
    LeftAside& left_aside_;
    const Kustomize& kustomize_;
    Definitions definitions_;
    const Versions& versions_;
    const bool written_anew_;
    std::set<std::string> conditions_;  // that were told
    bool any_manifest_ = false;
};

/// A file that is one of kustomize's patches, right or wrong.
void add_patch(int file, Manifest& into) {
    Findings ignored(into.files);
    const bool whole = yaml::parse(file, ignored, {}, [&](const yaml::Node& node) {
        into.unseen.push_back({Unseen::Role::part, said_by(node)});
    });
    if (!whole)
        into.unseen.push_back(
            {Unseen::Role::part, into.files[static_cast<std::size_t>(file)].text});
}

}  // namespace

Parsed parse_manifests(std::vector<File> files, std::string_view default_namespace, Skipped skipped,
                       const Versions& versions, bool written_anew) {
    Parsed parsed;
    parsed.manifest.files = std::move(files);
    Findings findings(parsed.manifest.files);
    const auto add_unread = [&](const std::vector<std::string>& folders, std::string_view object,
                                std::string_view remedy) {
        for (const std::string& folder : folders) {
            parsed.manifest.unread.push_back({.place = {.file = folder},
                                              .object = std::string(object),
                                              .what = "what it holds",
                                              .remedy = std::string(remedy)});
        }
    };
    add_unread(skipped.folders, "a folder", "-R (--recursive) reads it");
    add_unread(skipped.links, "a link to a folder",
               "no link is followed; put the folder itself in its place");
    LeftAside left_aside(std::move(skipped));
    const Kustomize kustomize(parsed.manifest.files);
    Documents documents(parsed.manifest, findings, default_namespace, left_aside, kustomize,
                        versions, written_anew);
    std::size_t count = 0;
    for (std::size_t i = 0; i < parsed.manifest.files.size(); ++i) {
        const int file = static_cast<int>(i);
        if (kustomize.is_patch(parsed.manifest.files[i].name)) {
            left_aside.add_patch(parsed.manifest.files[i].name);
            add_patch(file, parsed.manifest);
            continue;
        }
        const bool whole = !refuse_unfinished(file, findings, {}) &&
                           yaml::parse(file, findings, {}, [&](const yaml::Node& node) {
                               documents.read(node, {});
                               ++count;
                           });
        if (!whole) parsed.manifest.whole = false;
    }
    settle_overrides(parsed.manifest);
    leave_out_made(parsed.manifest.deployments);
    documents.finish();
    const bool strangers_only = !left_aside.report(findings, documents.any_manifest());
    if (count == 0 && findings.errors() == 0) {
        findings.error(code::kYamlEmpty, {}, "there is no document in the file", {},
                       "give a file with Kubernetes manifests");
    }
    if (count == 0 || strangers_only) parsed.manifest.whole = false;
    parsed.diagnostics = findings.take();
    return parsed;
}

bool is_unsupported(const Diagnostic& diagnostic) {
    return diagnostic.code == code::kUnsupported || diagnostic.code == code::kNotPlayed ||
           (diagnostic.code == code::kApiVersion && diagnostic.level == Level::error);
}

void allow_unsupported(std::vector<Diagnostic>& diagnostics) {
    for (Diagnostic& d : diagnostics) {
        if (is_unsupported(d)) d.level = Level::warning;
    }
}

}  // namespace sni::manifest
