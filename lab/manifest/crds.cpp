#include "lab/manifest/crds.h"

#include <fmt/format.h>

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

}  // namespace sni::manifest
