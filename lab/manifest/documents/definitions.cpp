#include "lab/manifest/documents/definitions.h"

#include <utility>

#include <fmt/format.h>

#include "lab/manifest/codes.h"

namespace sni::manifest {

Definition Definitions::add(const KindEntry& entry, const Meta& meta) {
    std::string key =
        fmt::format("{}/{}/{}/{}", entry.group, entry.kind, meta.ns.value, meta.name.value);
    const auto [first, fresh] = seen_.emplace(std::move(key), meta.name.at);
    if (fresh) return Definition::first;
    const Place place = place_of(findings_.files(), first->second);
    if (kustomize_.are_editions(place.file, place_of(findings_.files(), meta.name.at).file)) {
        if (editions_++ == 0) first_edition_ = meta.name.at;
        return Definition::edition;
    }
    findings_.error(code::kDuplicate, meta.name.at,
                    fmt::format("{} {} is defined twice", entry.kind,
                                quote(entry.namespaced ? meta.path() : meta.name.value)),
                    fmt::format("{}:{} defines it already", place.file, place.line),
                    "remove one of them; kubectl apply would keep the last");
    return Definition::repeated;
}

void Definitions::report_editions() const {
    if (editions_ == 0) return;
    findings_.add(
        Level::info, code::kDuplicate, first_edition_,
        editions_ == 1
            ? std::string("an object is defined in two of kustomize's folders")
            : fmt::format("{} objects are defined in two of kustomize's folders", editions_),
        "a base and its overlays are editions of the same objects; the first of each "
        "was read here",
        "one overlay at a time: kustomize build FOLDER | sni-lab analyze -");
}

}  // namespace sni::manifest
