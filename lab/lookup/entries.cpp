#include "lab/lookup/entries.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "lab/lookup/by_age.h"
#include "lab/lookup/exported.h"
#include "lab/lookup/pods.h"
#include "lab/manifest/hosts.h"

namespace sni::lookup {

namespace {

/// Gateways have no address that the client wanted, so NONE has only the endpoints that are listed
/// (pilot/pkg/networking/core/cluster.go, convertResolution).
bool is_listed(const ServiceEntry& entry) {
    const std::string& resolution = entry.resolution.value;
    return resolution == "NONE" || resolution == "STATIC";
}

/// Whether a gateway has a way to it that nobody has to look up.
bool is_place(const std::string& address) {
    return manifest::is_ip_address(address) || address.starts_with("unix:");
}

/// Whether it has somebody for one that is resolved as `first`: where endpoints are listed, a name
/// is of no use.
bool has_endpoints(const ServiceEntry& entry, const ServiceEntry& first) {
    if (entry.selector) return true;
    if (!is_listed(first)) return !is_listed(entry) || !entry.endpoints.empty();
    return std::ranges::any_of(entry.endpoints, [](const EntryEndpoint& endpoint) {
        return is_place(endpoint.address.value);
    });
}

/// By its workloadSelector, which looks around in its own namespace.
bool selects(const ServiceEntry& entry, const Meta& meta, const Labels& labels) {
    return entry.selector && meta.ns.value == entry.meta.ns.value &&
           has_labels(labels, *entry.selector);
}

/// Where connections to the ServiceEntry's port go at one of its endpoints
/// (pilot/pkg/serviceregistry/serviceentry/conversion.go, convertEndpoint).
Address address_of(const EntryEndpoint& endpoint, const ServiceEntryPort& port) {
    const auto weight = std::clamp<std::int64_t>(endpoint.weight.value, 1, UINT32_MAX);
    Address address{
        .host = endpoint.address.value,
        .port = static_cast<std::uint16_t>(port.target_port.value_or(port.number).value),
        .weight = static_cast<std::uint32_t>(weight)};
    const auto own = endpoint.ports.find(port.name.value);
    if (own != endpoint.ports.end()) address.port = static_cast<std::uint16_t>(own->second);
    if (address.host.starts_with("unix:")) address.port = 0;
    return address;
}

/// sidecar.go, canMergeServices; both have the host.
bool is_alike(const ServiceEntry& one, const ServiceEntry& other) {
    const std::string& ns = one.meta.ns.value;
    return ns == other.meta.ns.value && one.resolution.value == other.resolution.value &&
           one.meta.labels == other.meta.labels && one.selector == other.selector &&
           scopes(one.export_to, ns) == scopes(other.export_to, ns);
}

const ServiceEntryPort* port_of(const ServiceEntry& entry, std::int64_t number) {
    const auto found = std::ranges::find_if(
        entry.ports, [&](const auto& port) { return port.number.value == number; });
    return found == entry.ports.end() ? nullptr : &*found;
}

}  // namespace

Entries::Entries(const Manifest& manifest, const std::string& gateway_namespace)
    : manifest_(manifest) {
    const std::vector<const ServiceEntry*> all = by_age(manifest.service_entries);
    std::vector<const ServiceEntry*> seen;
    std::ranges::copy_if(all, std::back_inserter(seen), [&](const ServiceEntry* entry) {
        return reaches(entry->export_to, entry->meta.ns.value, gateway_namespace);
    });
    std::ranges::stable_partition(seen, [](const ServiceEntry* entry) {
        return !scopes(entry->export_to, entry->meta.ns.value).contains("*");
    });
    for (const ServiceEntry* entry : seen) {
        for (const Text& host : entry->hosts) {
            Host& own = hosts_[host.value];
            if (own.merged.empty() || is_alike(*own.merged.front(), *entry))
                own.merged.push_back(entry);
        }
    }
    for (const ServiceEntry* entry : all) {
        for (const Text& host : entry->hosts) {
            const auto own = hosts_.find(host.value);
            if (own == hosts_.end()) continue;
            if (own->second.merged.front()->meta.ns.value == entry->meta.ns.value)
                own->second.together.push_back(entry);
        }
    }
}

const ServiceEntry* Entries::find(std::string_view host) const {
    const auto found = hosts_.find(host);
    return found == hosts_.end() ? nullptr : found->second.merged.front();
}

std::int64_t Entries::port_number(const Host& host, std::optional<std::int64_t> wanted,
                                  std::uint16_t gateway_port) {
    if (wanted) return *wanted;
    std::set<std::int64_t> numbers;
    for (const ServiceEntry* entry : host.merged) {
        for (const ServiceEntryPort& port : entry->ports) {
            numbers.insert(port.number.value);
        }
    }
    return numbers.size() == 1 ? *numbers.begin() : std::int64_t{gateway_port};
}

Target Entries::target(const std::string& host, std::optional<std::int64_t> wanted,
                       std::uint16_t gateway_port) const {
    const Host& own = hosts_.find(host)->second;
    const ServiceEntry& first = *own.merged.front();
    const std::int64_t number = port_number(own, wanted, gateway_port);
    Target target{.kind = Target::Kind::service_entry,
                  .ns = first.meta.ns.value,
                  .name = host,
                  .port = static_cast<std::uint16_t>(number)};
    const auto named = std::ranges::find_if(
        own.merged, [&](const ServiceEntry* entry) { return port_of(*entry, number); });
    if (named == own.merged.end()) {
        target.missing = Target::Missing::port;
        target.problem =
            fmt::format("ServiceEntry {} has no port {}", quote(first.meta.path()), number);
        return target;
    }
    const ServiceEntryPort& port = *port_of(**named, number);
    target.target_port = static_cast<std::uint16_t>(port.target_port.value_or(port.number).value);
    target.addresses = addresses(target, {});
    if (!target.addresses.empty()) target.target_port = common_port(target.addresses);
    target.by_name = !is_listed(first) && target.addresses.empty();
    const bool anybody = std::ranges::any_of(own.together, [&](const ServiceEntry* entry) {
        return port_of(*entry, number) && has_endpoints(*entry, first);
    });
    if (anybody) {
        if (first.selector && (target.addresses.empty() || has_pods(first))) {
            target.note = fmt::format(
                "pods and WorkloadEntries of its namespace with {} are the endpoints of "
                "ServiceEntry {}, and these files do not tell where all of them are",
                labels_text(*first.selector), quote(first.meta.path()));
        }
        return target;
    }
    target.missing = Target::Missing::endpoints;
    target.problem =
        fmt::format("ServiceEntry {} has no endpoints: its resolution is {}, and it lists none",
                    quote((*named)->meta.path()), (*named)->resolution.value);
    return target;
}

bool Entries::has_pods(const ServiceEntry& entry) const {
    return std::ranges::any_of(manifest_.deployments, [&](const Deployment& pods) {
        return selects(entry, pods.meta, pods.pod.labels.value);
    });
}

std::vector<Address> Entries::addresses(const Target& target, const Labels& labels) const {
    const Host& host = hosts_.find(target.name)->second;
    const bool looked_up = !is_listed(*host.merged.front());
    std::vector<Address> all;
    for (const ServiceEntry* entry : host.together) {
        const ServiceEntryPort* port = port_of(*entry, target.port);
        if (!port) continue;
        const auto add = [&](const EntryEndpoint& endpoint, const Labels& own) {
            const std::string& address = endpoint.address.value;
            if (has_labels(own, labels) && !address.empty() && (looked_up || is_place(address)))
                all.push_back(address_of(endpoint, *port));
        };
        for (const EntryEndpoint& endpoint : entry->endpoints) {
            add(endpoint, endpoint.labels.value);
        }
        for (const OtherEndpoint& other : manifest_.other_endpoints) {
            if (other.kind == "WorkloadEntry" && selects(*entry, other.meta, other.labels))
                add(other.endpoint, other.labels);
        }
    }
    return all;
}

bool Entries::has_no_endpoint(const Target& target, const Labels& labels) const {
    const auto own = hosts_.find(target.name);
    if (labels.empty() || own == hosts_.end()) return false;
    return std::ranges::none_of(own->second.together, [&](const ServiceEntry* entry) {
        return port_of(*entry, target.port) &&
               (entry->selector ||
                std::ranges::any_of(entry->endpoints, [&](const EntryEndpoint& endpoint) {
                    return has_labels(endpoint.labels.value, labels);
                }));
    });
}

}  // namespace sni::lookup
