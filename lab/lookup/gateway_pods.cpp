#include "lab/lookup/gateway_pods.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "lab/lookup/pods.h"

namespace sni::lookup {

const Labels& usual_gateway_labels() {
    static const Labels kLabels = {{"app", "istio-ingressgateway"}, {"istio", "ingressgateway"}};
    return kLabels;
}

namespace {

bool runs(const Deployment& deployment) {
    return deployment.replicas.value > 0;
}

/// A pod that is a gateway by Istio's own convention: istio=ingressgateway, egressgateway, …
bool is_gateway_by_name(const Deployment& deployment) {
    const auto own = deployment.pod.labels.value.find("istio");
    return own != deployment.pod.labels.value.end() && own->second.ends_with("gateway");
}

std::vector<const Deployment*> running(const PodIndex& pods, const Labels& selector) {
    std::vector<const Deployment*> found = pods.find_anywhere(selector);
    std::erase_if(found, [](const Deployment* each) { return !runs(*each); });
    return found;
}

std::vector<GatewayPods> given_pods(const Manifest& manifest, const Environment& environment) {
    std::vector<Labels> all = environment.more_gateway_labels;
    all.insert(all.begin(), environment.gateway_labels.value_or(Labels{}));
    const PodIndex pods_of(manifest.deployments);
    std::vector<GatewayPods> pods;
    for (const Labels& labels : all) {
        const std::vector<const Deployment*> found = running(pods_of, labels);
        const auto here = std::ranges::find(found, environment.gateway_namespace,
                                            [](const Deployment* d) { return d->meta.ns.value; });
        const bool usual = environment.gateway_namespace == Environment().gateway_namespace;
        const Deployment* one = here != found.end() ? *here : nullptr;
        if (!one && usual && !found.empty()) one = found.front();
        if (one) {
            pods.push_back({one->meta.path(), one->meta.ns.value, one->pod.labels.value});
        } else {
            pods.push_back({{}, environment.gateway_namespace, labels});
        }
    }
    return pods;
}

class Finder {
  public:
    Finder(const Manifest& manifest, const Environment& environment)
        : manifest_(manifest), environment_(environment), index_(manifest.deployments) {}

    std::vector<GatewayPods> run() {
        for (const Gateway& gateway : manifest_.gateways) {
            if (environment_.gateway && *environment_.gateway != gateway.meta.path()) continue;
            add(gateway);
        }
        std::vector<GatewayPods> pods;
        // Pods of one namespace that the same Gateways select get the same listeners.
        std::set<std::pair<std::string, std::vector<std::size_t>>> known;
        for (const Deployment& deployment : manifest_.deployments) {
            const auto selected = selectors_of_.find(&deployment);
            if (selected == selectors_of_.end()) continue;
            const std::string& ns = deployment.meta.ns.value;
            if (!known.emplace(ns, selected->second).second) continue;
            pods.push_back({deployment.meta.path(), ns, deployment.pod.labels.value});
        }
        if (usual_ || pods.empty()) {
            pods.insert(pods.begin(), {{}, environment_.gateway_namespace, usual_gateway_labels()});
        }
        return pods;
    }

  private:
    void add(const Gateway& gateway) {
        const Labels& selector = gateway.selector.value;
        const auto [slot, fresh] = known_.try_emplace(selector, known_.size());
        if (!fresh) return;
        bool found = false;
        const auto take = [&](const Deployment& deployment) {
            selectors_of_[&deployment].push_back(slot->second);
            found = true;
        };
        if (selector.empty()) {
            for (const Deployment& deployment : manifest_.deployments) {
                if (runs(deployment) && is_gateway_by_name(deployment)) take(deployment);
            }
        }
        for (const Deployment* deployment : running(index_, selector)) {
            take(*deployment);
        }
        if (!found && has_labels(usual_gateway_labels(), selector)) usual_ = true;
    }

    const Manifest& manifest_;
    const Environment& environment_;
    PodIndex index_;
    std::map<Labels, std::size_t> known_;
    std::map<const Deployment*, std::vector<std::size_t>> selectors_of_;
    bool usual_ = false;
};

}  // namespace

std::vector<GatewayPods> gateway_pods(const Manifest& manifest, const Environment& environment) {
    if (environment.gateway_labels) return given_pods(manifest, environment);
    return Finder(manifest, environment).run();
}

bool is_conflict_to_istio(const Server& server, const Gateway& own, const Gateway& other) {
    std::map<std::string_view, std::string_view> binds;  // of each host, as the analyzer knows them
    const auto know = [&](const Server& each) {
        for (const Text& host : each.hosts) {
            binds[host.value] = each.bind;
        }
    };
    const Server* last = nullptr;
    for (const Server& each : other.servers) {
        if (each.port.value == server.port.value) last = &each;
    }
    if (!last) return false;
    know(*last);
    const auto conflicts = [&](const Server& each) {
        return std::ranges::any_of(each.hosts, [&](const Text& host) {
            const auto known = binds.find(host.value);
            return known != binds.end() && known->second == each.bind;
        });
    };
    for (const Server& each : own.servers) {
        if (&each == &server) break;
        if (each.port.value == server.port.value && !conflicts(each)) know(each);
    }
    return conflicts(server);
}

Environment settled(const Manifest& manifest, Environment environment) {
    const std::vector<GatewayPods> pods = gateway_pods(manifest, environment);
    const bool alike = std::ranges::all_of(
        pods, [&](const GatewayPods& each) { return each.ns == pods.front().ns; });
    if (alike) environment.gateway_namespace = pods.front().ns;
    return environment;
}

}  // namespace sni::lookup
