// What Istio has to be told or given beside the rules: tokens that rules choose by, and definitions
// of kinds that it still reads.
#include <algorithm>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/lookup/pods.h"
#include "lab/manifest/crds.h"

namespace sni::analyze {

using namespace manifest;

namespace {

struct Pod {
    std::string ns;
    Labels labels;
};

/// Of the files, and where the Gateway selects none of them those that are a gateway all the same.
std::vector<Pod> pods_of(const Model& model, const Gateway& gateway) {
    std::vector<Pod> found;
    const auto add = [&](const std::string& ns, const Labels& labels) {
        if (lookup::has_labels(labels, gateway.selector.value)) found.push_back({ns, labels});
    };
    for (const Deployment& deployment : model.manifest.deployments) {
        if (deployment.replicas.value > 0)
            add(deployment.meta.ns.value, deployment.pod.labels.value);
    }
    if (!found.empty()) return found;
    for (const lookup::GatewayPods& pods :
         lookup::gateway_pods(model.manifest, model.options.environment)) {
        add(pods.ns, pods.labels);
    }
    return found;
}

/// Whether somebody checks tokens there: Istio asks the pod's namespace and its own.
bool is_asked(const Model& model, const Pod& pod) {
    return std::ranges::any_of(
        model.manifest.request_authentications, [&](const RequestAuthentication& one) {
            const bool near = one.meta.ns.value == pod.ns || one.meta.ns.value == "istio-system";
            return near && lookup::has_labels(pod.labels, one.selector);
        });
}

}  // namespace

void check_claims(const Model& model, Findings& findings) {
    for (const VirtualService& service : model.manifest.virtual_services) {
        if (!service.claim || service.meta.flawed) continue;
        for (const Text& name : service.gateways) {
            const bool full = name.value.contains('/');
            const auto gateway =
                model.gateways.find(full ? name.value : service.meta.ns.value + "/" + name.value);
            if (gateway == model.gateways.end()) continue;
            const std::vector<Pod> pods = pods_of(model, *gateway->second);
            if (std::ranges::all_of(pods, [&](const Pod& pod) { return is_asked(model, pod); }))
                continue;
            const bool known = !model.manifest.request_authentications.empty();
            findings.add(
                known ? Level::error : Level::info, code::kClaimWithoutTokens, service.claim->at,
                fmt::format("no RequestAuthentication{} is for the pods of Gateway {}, so {} is "
                            "never there",
                            known ? "" : " of these files", quote(gateway->second->meta.path()),
                            quote(service.claim->value)),
                "a gateway knows the claims of tokens that it was told to check",
                "add one whose selector takes these pods");
            break;
        }
    }
}

void check_crds(const Model& model, Findings& findings) {
    const Versions& versions = model.options.environment.versions;
    for (const Crd& crd : model.manifest.crds) {
        const std::string oldest = oldest_read(versions, crd);
        if (oldest.empty()) continue;
        findings.add(
            Level::warning, code::kOldCrd, crd.bundle.at,
            fmt::format("Istio {} does not read {} of Gateway API {}", istio_text(versions),
                        quote(crd.name.value), quote(crd.bundle.value)),
            fmt::format("it wants {} or newer, and ignores the kind without a word", oldest),
            "install a newer Gateway API");
    }
}

}  // namespace sni::analyze
