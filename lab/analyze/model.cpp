#include "lab/analyze/model.h"

#include <algorithm>

namespace sni::analyze {

using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

template <class Object>
ByPath<Object> by_path(const std::vector<Object>& objects) {
    ByPath<Object> index;
    index.reserve(objects.size());
    for (const Object& object : objects) {
        index.emplace(object.meta.path(), &object);
    }
    return index;
}

}  // namespace

Model::Model(const Manifest& the_manifest, const Options& the_options, Findings& findings)
    : manifest(the_manifest),
      options(the_options),
      secrets(by_path(manifest.secrets)),
      services(manifest, options.environment),
      gateways(by_path(manifest.gateways)),
      endpoints_(manifest, services, findings, Level::info) {
    routing_ = sni::routing::route(manifest, findings, options.environment, Level::info);
    follow();
}

void Model::follow() {
    for (const Listener& listener : routing_.listeners.all) {
        for (const FilterChain& chain : listener.chains) {
            if (chain.ends == FilterChain::Ends::backend) {
                reached.push_back({&chain, pods_behind(chain)});
            }
        }
    }
    // Rules that no chain came from lead somewhere too. Endpoints says each thing once.
    constexpr std::uint16_t kUsualPort = 443;
    for (const VirtualService& service : manifest.virtual_services) {
        for (const TlsRoute& rule : service.tls) {
            for (const Destination& destination : rule.destinations) {
                (void)endpoints_.find(services.target(service, destination, kUsualPort));
            }
        }
        for (const HttpRule& rule : service.http_rules) {
            for (const Destination& destination : rule.destinations) {
                endpoints_.look_up(services.target(service, destination, kUsualPort));
            }
        }
        for (const Destination& destination : service.aside) {
            endpoints_.look_up(services.target(service, destination, kUsualPort));
        }
    }
}

std::vector<const Pods*> Model::pods_behind(const FilterChain& chain) {
    std::vector<const Pods*> all;
    for (const Target& target : chain.targets) {
        const std::vector<const Pods*> pods = endpoints_.find(target);
        all.insert(all.end(), pods.begin(), pods.end());
    }
    std::ranges::sort(all);
    const auto repeats = std::ranges::unique(all);
    all.erase(repeats.begin(), repeats.end());
    return all;
}

std::string command_word(std::string_view text, std::string_view otherwise) {
    const bool plain =
        !text.empty() && text.front() != '-' && std::ranges::all_of(text, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '-' || c == '.' || c == '_';
        });
    return std::string(plain ? text : otherwise);
}

const Labels& gateway_labels(const Environment& environment) {
    static const Labels kUsual = {{"app", "istio-ingressgateway"}, {"istio", "ingressgateway"}};
    return environment.gateway_labels ? *environment.gateway_labels : kUsual;
}

}  // namespace sni::analyze
