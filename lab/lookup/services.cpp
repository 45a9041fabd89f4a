#include "lab/lookup/services.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/lookup/exported.h"
#include "lab/lookup/port_protocol.h"

namespace sni::lookup {

Services::Services(const Manifest& manifest, const Environment& environment)
    : pods_(manifest.deployments),
      backings_(manifest, pods_),
      gateway_namespace_(environment.gateway_namespace),
      entries_(manifest, environment.gateway_namespace) {
    services_.reserve(manifest.services.size());
    for (const Service& service : manifest.services) {
        services_.emplace(service.meta.path(), &service);
    }
}

std::string Services::path(std::string_view host, std::string_view own_namespace) {
    if (!host.contains('.')) return fmt::format("{}/{}", own_namespace, host);
    if (!host.ends_with(kServiceSuffix)) return {};
    host.remove_suffix(kServiceSuffix.size());
    const std::size_t dot = host.find('.');
    if (dot == std::string_view::npos) return {};
    return fmt::format("{}/{}", host.substr(dot + 1), host.substr(0, dot));
}

const Service* Services::at(const std::string& path) const {
    const auto found = services_.find(path);
    return found == services_.end() ? nullptr : found->second;
}

const Service* Services::find(std::string_view host, std::string_view own_namespace) const {
    return at(path(host, own_namespace));
}

const ServicePort* Services::port(const Service& service, std::optional<std::int64_t> wanted,
                                  std::uint16_t gateway_port) {
    if (!wanted && service.ports.size() == 1) wanted = service.ports.front().port.value;
    const std::int64_t number = wanted.value_or(gateway_port);
    const auto found = std::ranges::find_if(service.ports, [&](const ServicePort& port) {
        return port.port.value == number && port.protocol.value == "TCP";
    });
    return found == service.ports.end() ? nullptr : &*found;
}

std::optional<std::uint16_t> Services::target_port(const Service& service,
                                                   const ServicePort& port) const {
    if (!std::holds_alternative<Text>(port.target)) {
        return lookup::target_port(port, PodTemplate());
    }
    for (const Deployment* d : pods_.find(service.meta.ns.value, service.selector.value)) {
        if (const auto target = lookup::target_port(port, d->pod)) return target;
    }
    return std::nullopt;
}

bool Services::has_no_pod(const std::string& ns, const Labels& selector,
                          const Labels& labels) const {
    const auto pods = pods_.find(ns, selector);
    return !pods.empty() && std::ranges::none_of(pods, [&](const Deployment* each) {
        return has_labels(each->pod.labels.value, labels);
    });
}

std::optional<std::string> Services::alias_of(const Service& service) const {
    constexpr int kMostHops = 8;
    const Service* found = &service;
    for (int hop = 0; hop < kMostHops && found->type.value == "ExternalName"; ++hop) {
        const std::string& host = found->external_name.value;
        if (!host.contains('.')) return std::nullopt;
        found = find(host, service.meta.ns.value);
        if (!found) return entries_.find(host) ? std::optional(host) : std::nullopt;
        if (found->type.value != "ExternalName") return host;
    }
    return std::nullopt;
}

const Services& ServicesByViewer::of(const std::string& ns) {
    auto& seen = seen_[ns];
    if (!seen) {
        environment_.gateway_namespace = ns;
        seen = std::make_unique<Services>(manifest_, environment_);
    }
    return *seen;
}

Target Services::target(const Service& service, const ServicePort& port) const {
    Target target{.ns = service.meta.ns.value,
                  .name = service.meta.name.value,
                  .port = static_cast<std::uint16_t>(port.port.value),
                  .target_port = target_port(service, port),
                  .service_port = port,
                  .selector = service.selector.value};
    follow(service, port, target);
    return target;
}

void Services::follow(const Service& service, const ServicePort& port, Target& target) const {
    const auto nobody = [&](std::string why) {
        target.missing = Target::Missing::endpoints;
        target.problem = std::move(why);
    };
    const bool istio = !gateway_namespace_.empty();
    if (istio && !reaches(service.export_to, service.meta.ns.value, gateway_namespace_)) {
        return nobody(fmt::format(
            "Service {} is not exported to namespace {}, where the gateway's "
            "pods are, by its annotation {}",
            quote(service.meta.path()), quote(gateway_namespace_), kExportToAnnotation));
    }
    if (istio && protocol_of(port) == "udp") {
        return nobody(
            fmt::format("Istio takes port {} of Service {} for UDP, by its name or appProtocol",
                        target.port, quote(service.meta.path())));
    }
    Backing backing = backings_.of(service, port);
    switch (backing.known) {
        case Backing::Known::unknown:
        case Backing::Known::by_hand:
            target.note = backing.why;
            target.addresses = std::move(backing.addresses);
            if (!target.addresses.empty()) target.target_port = common_port(target.addresses);
            return;
        case Backing::Known::outside:
            // Istio takes it for an alias of a host that it knows, and else has no cluster for it.
            target.problem = backing.why +
                             ", and no Service or ServiceEntry of these files is that: a gateway "
                             "has nowhere to go";
            return;
        case Backing::Known::none:
            return nobody(fmt::format("Service {} has no endpoints: {}", quote(service.meta.path()),
                                      backing.why));
        case Backing::Known::pods:
            break;
    }
    const bool flawed =
        std::ranges::any_of(backing.pods, [](const auto* d) { return d->meta.flawed; });
    if (flawed || target.target_port) return;
    nobody(fmt::format("Service {} has no endpoints: no container has a port named {}",
                       quote(service.meta.path()), quote(std::get<Text>(port.target).value)));
}

Target Services::target(const VirtualService& from, const Destination& written,
                        std::uint16_t gateway_port) const {
    Target found =
        target(from.meta.ns.value, written.host.value,
               written.port ? std::optional(written.port->value) : std::nullopt, gateway_port);
    found.written = written;
    return found;
}

Target Services::target(const std::string& own_namespace, const std::string& host,
                        std::optional<std::int64_t> wanted, std::uint16_t gateway_port) const {
    const Service* service = find(host, own_namespace);
    if (!service) {
        if (entries_.find(host)) return entries_.target(host, wanted, gateway_port);
        return {.missing = Target::Missing::host,
                .ns = own_namespace,
                .name = host,
                .port = static_cast<std::uint16_t>(wanted.value_or(gateway_port)),
                .problem = fmt::format("no Service has the host {}", quote(host))};
    }
    const std::int64_t number =
        wanted.value_or(service->ports.size() == 1 ? service->ports.front().port.value
                                                   : std::int64_t{gateway_port});
    if (const auto alias = alias_of(*service)) {
        Target meant = target(service->meta.ns.value, *alias, number, gateway_port);
        if (meant.note.empty()) {
            meant.note =
                fmt::format("Service {} stands for {}", quote(service->meta.path()), quote(*alias));
        }
        return meant;
    }
    if (const ServicePort* found = port(*service, wanted, gateway_port)) {
        return target(*service, *found);
    }
    return {.missing = Target::Missing::port,
            .ns = service->meta.ns.value,
            .name = service->meta.name.value,
            .port = static_cast<std::uint16_t>(number),
            .problem =
                fmt::format("Service {} has no TCP port {}", quote(service->meta.path()), number),
            .selector = service->selector.value};
}

}  // namespace sni::lookup
