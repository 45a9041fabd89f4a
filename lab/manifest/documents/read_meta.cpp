#include "lab/manifest/documents/read_meta.h"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"
#include "lab/manifest/documents/left_aside.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/loose.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

namespace {

/// Of its owners the one that makes it (metav1.OwnerReference).
std::string controller_of(const yaml::Node* owners) {
    if (!owners) return {};
    for (const yaml::Node& owner : owners->items()) {
        const yaml::Node* controls = owner.find("controller");
        if (!controls || controls->text() != "true") continue;
        return loose::text(owner, "kind").value + "/" + loose::text(owner, "name").value;
    }
    return {};
}

std::optional<Text> checked_name(Fields& fields, std::string_view key, Need need, NameForm form) {
    auto name = fields.text(key, need);
    if (!name || name->value.empty()) return name;
    const bool label = form == NameForm::label;
    if (label ? is_label_name(name->value) : is_object_name(name->value)) return name;
    if (const std::string_view open = placeholder_in(name->value); !open.empty()) {
        fields.in().error(code::kTemplate, name->at,
                          fmt::format("{} has a placeholder: {}", fields.path_of(key), quote(open)),
                          "this is a template, which becomes a manifest when it is filled in",
                          open.starts_with('$') ? "envsubst < FILE | sni-lab analyze -"
                                                : "helm template NAME CHART | sni-lab analyze -");
        return name;
    }
    fields.in().error(
        code::kValue, name->at,
        fmt::format("{} {} is no {}", fields.path_of(key), quote(name->value),
                    key == "namespace" ? "name of a namespace" : "object name"),
        label ? "only lower-case letters, digits and '-' may stand in one, 63 at most, and it "
                "starts and ends with a letter or digit"
              : "only lower-case letters, digits, '-' and '.' may stand in one, and it and "
                "each part between dots starts and ends with a letter or digit");
    return name;
}

}  // namespace

NameForm form_of_name(const KindEntry& entry) {
    const bool label =
        entry.group.empty() && (entry.kind == "Service" || entry.kind == "Namespace");
    return label ? NameForm::label : NameForm::subdomain;
}

Meta read_meta(Fields& document, bool namespaced, NameForm form,
               std::string_view default_namespace) {
    Meta meta{.at = document.at()};
    meta.name.at = meta.ns.at = meta.at;
    if (namespaced) meta.ns.value = default_namespace;
    const bool present = document.object(
        "metadata",
        [&](Fields& fields) {
            fields.ignore({"generation", "resourceVersion", "uid", "managedFields", "finalizers",
                           "selfLink", "clusterName", "deletionTimestamp",
                           "deletionGracePeriodSeconds"});
            meta.controller = controller_of(fields.raw("ownerReferences"));
            // It says nothing beside a name, and the API server leaves it in every pod.
            if (fields.has("name")) fields.ignore({"generateName"});
            for (auto& [key, text] : fields.text_entries("annotations")) {
                if (key.contains("istio.io/")) meta.annotations.emplace(key, std::move(text.value));
            }
            meta.name = checked_name(fields, "name", Need::required, form).value_or(meta.name);
            if (auto ns = checked_name(fields, "namespace", Need::optional, NameForm::label)) {
                if (namespaced && !ns->value.empty()) meta.ns = std::move(*ns);
            }
            const auto labels = fields.labels("labels");
            check_labels(labels.value, labels.at, fields.in());
            meta.labels = labels.value;
            if (const yaml::Node* created = fields.raw("creationTimestamp")) {
                meta.created = created->text();
            }
        },
        Need::required);
    if (!present) document.in().flawed = true;
    return meta;
}

}  // namespace sni::manifest
