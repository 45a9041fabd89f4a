#include "lab/manifest/crds.h"

#include <fmt/format.h>

#include "lab/manifest/loose.h"
#include "lab/manifest/readers.h"

namespace sni::manifest {

namespace {

struct Oldest {
    std::string_view crd;
    int gateway_api;
    int istio;  // the first that wants it
};
constexpr Oldest kOldest[] = {
    {"grpcroutes.gateway.networking.k8s.io", 1, 28},
    {"backendtlspolicies.gateway.networking.k8s.io", 4, 28},
    {"tlsroutes.gateway.networking.k8s.io", 5, 30},
    {"tcproutes.gateway.networking.k8s.io", 6, 31},
};

}  // namespace

std::string oldest_read(const Versions& versions, const Crd& crd) {
    std::string_view bundle = crd.bundle.value;
    const auto installed = minor_version(bundle);
    for (const Oldest& row : kOldest) {
        if (row.crd == crd.name.value && installed && versions.istio >= row.istio &&
            *installed < row.gateway_api)
            return fmt::format("1.{}", row.gateway_api);
    }
    return {};
}

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
