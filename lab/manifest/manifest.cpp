#include "lab/manifest/manifest.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "lab/core/suggest.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/fields.h"
#include "lab/manifest/readers.h"
#include "lab/manifest/yaml.h"

namespace sni::manifest {

namespace {

struct KindEntry {
    std::string_view group;
    std::string_view versions;  // separated by blanks, the one to recommend first
    std::string_view kind;
    Reader read;
    std::string_view code;  // of every mistake in it; empty: one for each sort of mistake
    bool namespaced = true;
};

/// `kind: Gateway` exists in two groups, so the group decides with the kind.
constexpr std::array kKinds = {
    KindEntry{"", "v1", "Namespace", read_namespace, {}, false},
    KindEntry{"", "v1", "Secret", read_secret, {}},
    KindEntry{"", "v1", "Service", read_service, {}},
    KindEntry{"", "v1", "Pod", read_pod, {}},
    KindEntry{"apps", "v1", "Deployment", read_deployment, {}},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "Gateway", read_gateway, code::kSchema},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "VirtualService", read_virtual_service,
              code::kSchema},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "DestinationRule",
              read_destination_rule, code::kSchema},
    KindEntry{"networking.istio.io", "v1 v1beta1 v1alpha3", "ServiceEntry", read_service_entry,
              code::kSchema},
    KindEntry{
        "gateway.networking.k8s.io", "v1 v1beta1", "GatewayClass", read_gateway_class, {}, false},
    KindEntry{"gateway.networking.k8s.io", "v1 v1beta1", "Gateway", read_api_gateway, {}},
    KindEntry{"gateway.networking.k8s.io", "v1 v1alpha3 v1alpha2", "TLSRoute", read_tls_route, {}},
    KindEntry{"gateway.networking.k8s.io",
              "v1 v1beta1 v1alpha2",
              "ReferenceGrant",
              read_reference_grant,
              {}},
};

std::string api_version(const KindEntry& entry) {
    const std::string_view version = entry.versions.substr(0, entry.versions.find(' '));
    return entry.group.empty() ? std::string(version) : fmt::format("{}/{}", entry.group, version);
}

bool has_version(const KindEntry& entry, std::string_view version) {
    std::string_view left = entry.versions;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find(' '), left.size());
        if (left.substr(0, end) == version) return true;
        left.remove_prefix(std::min(end + 1, left.size()));
    }
    return false;
}

/// Names of objects (RFC 1123 subdomain): they become parts of host names.
bool is_object_name(std::string_view name) {
    if (name.empty() || name.size() > 253) return false;
    const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const bool letters =
        std::ranges::all_of(name, [&](char c) { return alnum(c) || c == '-' || c == '.'; });
    return letters && alnum(name.front()) && alnum(name.back()) && !name.contains("..");
}

class Documents {
  public:
    Documents(Manifest& into, Findings& findings, std::string_view default_namespace)
        : into_(into), findings_(findings), default_namespace_(default_namespace) {}

    void read(const yaml::Node& node, Path path) {
        Reading in{.findings = findings_, .code = {}};
        Fields document(in, node, path);
        const auto version = document.text("apiVersion");
        const auto kind = document.text("kind");
        const std::size_t index = into_.documents.size();
        into_.documents.push_back(
            {.at = node.at(), .kind = kind ? kind->value : std::string(), .ns = {}, .name = {}});
        if (!version || !kind) {
            into_.whole = false;
            if (!in.flawed) report_no_object(in, node, version.has_value(), kind.has_value());
            return;
        }
        // kubectl get writes v1 List, the API server ServiceList and the like.
        const bool list = kind->value.ends_with("List") && document.has("items");
        if (list || (version->value == "v1" && kind->value == "List")) return read_list(document);
        const KindEntry* entry = find(*version, *kind);
        if (!entry) return;
        in.code = entry->code;
        document.ignore({"status"});
        Meta meta = read_meta(document, *entry);
        into_.documents[index].ns = meta.ns.value;
        into_.documents[index].name = meta.name.value;
        if (!meta.name.value.empty()) check_unique(*entry, meta);
        entry->read(document, std::move(meta), into_);
    }

  private:
    static void report_no_object(Reading& in, const yaml::Node& node, bool version, bool kind) {
        in.error(code::kMissing, node.at(),
                 fmt::format("a Kubernetes object needs apiVersion and kind, and this has no {}",
                             version ? "kind"
                             : kind  ? "apiVersion"
                                     : "such fields"));
    }

    void read_list(Fields& list) {
        list.ignore({"metadata"});
        const yaml::Node* items = list.raw("items");
        const Path path{.parent = &list.path(), .key = "items"};
        if (items && items->kind() == yaml::Kind::sequence) {
            for (std::size_t i = 0; i < items->items().size(); ++i) {
                read(items->items()[i], {.parent = &path, .key = {}, .index = i});
            }
        } else if (items && !items->is_null()) {
            list.objects("items", [](Fields&) {});  // says that it must be a list
        }
        list.done();
    }

    const KindEntry* find(const Text& version, const Text& kind) {
        const std::size_t slash = version.value.find('/');
        const bool core = slash == std::string::npos;
        const std::string_view group =
            core ? std::string_view() : std::string_view(version.value).substr(0, slash);
        const std::string_view number =
            std::string_view(version.value).substr(core ? 0 : slash + 1);
        const auto same_kind = [&](const KindEntry& e) { return e.kind == kind.value; };
        const auto exact = std::ranges::find_if(kKinds, [&](const KindEntry& e) {
            return same_kind(e) && e.group == group && has_version(e, number);
        });
        if (exact != kKinds.end()) return &*exact;

        auto named = std::ranges::find_if(
            kKinds, [&](const KindEntry& e) { return same_kind(e) && e.group == group; });
        if (named == kKinds.end()) named = std::ranges::find_if(kKinds, same_kind);
        const bool our_group = std::ranges::find(kKinds, group, &KindEntry::group) != kKinds.end();
        std::string hint;
        if (named != kKinds.end() && (our_group || named->group == "apps")) {
            hint = fmt::format("write apiVersion: {}", api_version(*named));
        } else if (named == kKinds.end() && kind.value.size() <= 64) {
            std::vector<std::string> known;
            known.reserve(kKinds.size());
            for (const KindEntry& e : kKinds) {
                known.emplace_back(e.kind);
            }
            if (const auto near = nearest(kind.value, known)) {
                hint = fmt::format("did you mean {}?", *near);
            }
        }
        findings_.error(code::kUnsupported, named != kKinds.end() ? version.at : kind.at,
                        fmt::format("kind {} of apiVersion {} is not understood", quote(kind.value),
                                    quote(version.value)),
                        {}, std::move(hint));
        return nullptr;
    }

    Meta read_meta(Fields& document, const KindEntry& entry) {
        Meta meta{.at = document.at()};
        meta.name.at = meta.ns.at = meta.at;
        if (entry.namespaced) meta.ns.value = default_namespace_;
        const bool present = document.object(
            "metadata",
            [&](Fields& fields) {
                fields.ignore({"annotations", "generation", "resourceVersion", "uid",
                               "managedFields", "finalizers", "ownerReferences", "selfLink"});
                meta.name = checked_name(fields, "name", Need::required).value_or(meta.name);
                if (auto ns = checked_name(fields, "namespace", Need::optional)) {
                    if (entry.namespaced && !ns->value.empty()) meta.ns = std::move(*ns);
                }
                meta.labels = fields.labels("labels").value;
                if (const yaml::Node* created = fields.raw("creationTimestamp")) {
                    meta.created = created->text();
                }
            },
            Need::required);
        if (!present) document.in().flawed = true;
        return meta;
    }

    static std::optional<Text> checked_name(Fields& fields, std::string_view key, Need need) {
        auto name = fields.text(key, need);
        if (!name || name->value.empty() || is_object_name(name->value)) return name;
        fields.in().error(
            code::kValue, name->at,
            fmt::format("{} {} is no object name", fields.path_of(key), quote(name->value)),
            "only lower-case letters, digits, '-' and '.' may stand in one, and it starts and "
            "ends with a letter or digit");
        return name;
    }

    void check_unique(const KindEntry& entry, const Meta& meta) {
        std::string key =
            fmt::format("{}/{}/{}/{}", entry.group, entry.kind, meta.ns.value, meta.name.value);
        const auto [first, fresh] = seen_.emplace(std::move(key), meta.name.at);
        if (fresh) return;
        const Place place = place_of(findings_.files(), first->second);
        findings_.error(code::kDuplicate, meta.name.at,
                        fmt::format("{} {} is defined twice", entry.kind,
                                    quote(entry.namespaced ? meta.path() : meta.name.value)),
                        fmt::format("{}:{} defines it already", place.file, place.line),
                        "remove one of them; kubectl apply would keep the last");
    }

    Manifest& into_;
    Findings& findings_;
    std::string_view default_namespace_;
    std::unordered_map<std::string, Spot> seen_;
};

}  // namespace

Parsed parse_manifests(std::vector<File> files, std::string_view default_namespace) {
    Parsed parsed;
    parsed.manifest.files = std::move(files);
    Findings findings(parsed.manifest.files);
    Documents documents(parsed.manifest, findings, default_namespace);
    std::size_t count = 0;
    for (std::size_t i = 0; i < parsed.manifest.files.size(); ++i) {
        const bool whole =
            yaml::parse(static_cast<int>(i), findings, {}, [&](const yaml::Node& node) {
                documents.read(node, {});
                ++count;
            });
        if (!whole) parsed.manifest.whole = false;
    }
    if (count == 0 && findings.errors() == 0) {
        findings.error(code::kYamlEmpty, {}, "there is no document in the file", {},
                       "give a file with Kubernetes manifests");
        parsed.manifest.whole = false;
    }
    parsed.diagnostics = findings.take();
    return parsed;
}

bool is_unsupported(const Diagnostic& diagnostic) {
    return diagnostic.code == code::kUnsupported;
}

void allow_unsupported(std::vector<Diagnostic>& diagnostics) {
    for (Diagnostic& d : diagnostics) {
        if (is_unsupported(d)) d.level = Level::warning;
    }
}

}  // namespace sni::manifest
