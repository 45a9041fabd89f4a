// apiextensions.k8s.io: of the definitions of the Gateway API's kinds, from which release they are.
#include "lab/manifest/loose.h"
#include "lab/manifest/readers/readers.h"

namespace sni::manifest {

void read_crd(const yaml::Node& document, std::string_view, Manifest& into) {
    const yaml::Node* meta = document.find("metadata");
    const yaml::Node* annotations = meta ? meta->find("annotations") : nullptr;
    if (!annotations) return;
    const Text bundle = loose::text(*annotations, "gateway.networking.k8s.io/bundle-version");
    if (bundle.value.empty()) return;
    into.crds.push_back({loose::text(*meta, "name"), bundle});
    into.documents.back().name = into.crds.back().name.value;
}

}  // namespace sni::manifest
