#include "lab/lookup/backing.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::lookup {

namespace {

/// Nobody puts a Service before what runs once.
bool may_serve(const Deployment& pods) {
    return pods.workload != "Job";
}

/// A Service's own, where pods have none of its labels: by Istio's
/// PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES, which is true unless somebody sets it, a
/// WorkloadEntry.
Backing other_backing(const Service& service, const OtherEndpoint& other) {
    const std::string path = quote(other.meta.path());
    if (other.kind == "WorkloadEntry") {
        return {.known = Backing::Known::by_hand,
                .pods = {},
                .why = fmt::format("WorkloadEntry {} is an endpoint of Service {}", path,
                                   quote(service.meta.path())),
                .hint = {}};
    }
    return {.pods = {},
            .why = fmt::format("of what these files hold only the pods of {} {} have its labels",
                               other.kind, path),
            .hint = {}};
}

using Lists = std::vector<const EndpointList*>;

/// That have a port of this name, each once, however many lists have it
/// (pilot/pkg/serviceregistry/kube/controller/endpointslice.go, updateEndpointCacheForSlice).
std::vector<Address> addresses_of(const Lists& lists, const std::string& port) {
    std::vector<Address> all;
    std::set<Address> known;
    for (const EndpointList* list : lists) {
        for (const EndpointSubset& subset : list->subsets) {
            const auto number = subset.ports.find(port);
            if (number == subset.ports.end()) continue;
            for (const Text& text : subset.addresses) {
                Address address{.host = text.value,
                                .port = static_cast<std::uint16_t>(number->second)};
                if (known.insert(address).second) all.push_back(std::move(address));
            }
        }
    }
    return all;
}

/// Why no list has any for the port.
Backing nobody_of(const Lists& lists, const ServicePort& port) {
    if (std::ranges::any_of(lists, [](const EndpointList* list) { return list->meta.flawed; }))
        return {.pods = {}, .why = "its endpoints cannot be read", .hint = {}, .excused = true};
    Backing nobody{.known = Backing::Known::none, .pods = {}, .why = {}, .hint = {}};
    const auto filled = std::ranges::find_if(lists, [](const EndpointList* list) {
        return std::ranges::any_of(
            list->subsets, [](const EndpointSubset& subset) { return !subset.addresses.empty(); });
    });
    const EndpointList& list = filled == lists.end() ? *lists.front() : **filled;
    const std::string path = quote(list.meta.path());
    if (filled != lists.end()) {
        const bool named = !port.name.value.empty();
        nobody.why = fmt::format("{} has no port {}", path,
                                 named ? "named " + quote(port.name.value) : "without a name");
        nobody.hint = "give its port the name that the Service's port has";
    } else if (list.named) {
        nobody.why = fmt::format("the addresses of {} are of type FQDN, where nobody goes", path);
        nobody.hint = "write IP addresses, or a ServiceEntry with resolution: DNS";
    } else {
        nobody.why = fmt::format("{} has no address that is ready", path);
        nobody.hint = "add addresses to it";
    }
    return nobody;
}

}  // namespace

Backings::Backings(const Manifest& manifest, const PodIndex& pods)
    : manifest_(manifest), pods_(pods) {
    for (const EndpointList& list : manifest.endpoint_lists) {
        if (!list.service.value.empty()) lists_[list.path()].push_back(&list);
    }
    for (const Service& service : manifest.services) {
        services_[service.meta.ns.value].push_back(&service);
    }
}

Backing Backings::of(const Service& service, const ServicePort& port) const {
    if (service.type.value == "ExternalName") {
        return {.known = Backing::Known::outside,
                .pods = {},
                .why = fmt::format("Service {} stands for {} outside of the cluster",
                                   quote(service.meta.path()), quote(service.external_name.value)),
                .hint = {}};
    }
    if (service.selector.value.empty()) return without_selector(service, port);
    Backing backing;
    const Deployment* at_rest = nullptr;
    for (const Deployment* pods : pods_.find(service.meta.ns.value, service.selector.value)) {
        if (pods->replicas.value > 0 || pods->meta.flawed) {
            backing.pods.push_back(pods);
        } else if (!at_rest) {
            at_rest = pods;
        }
    }
    if (!backing.pods.empty()) {
        backing.known = Backing::Known::pods;
        return backing;
    }
    if (const OtherEndpoint* other = other_endpoint(service)) return other_backing(service, *other);
    if (!at_rest) return without_pods(service, port);
    const std::string name = fmt::format("{} {}", at_rest->kind(), quote(at_rest->meta.path()));
    if (!at_rest->ended.empty()) {
        return {.known = Backing::Known::none,
                .pods = {},
                .why = fmt::format("{} is over: its phase is {}", name, at_rest->ended),
                .hint = "add a pod that runs, or what makes them, to the files"};
    }
    return {.known = Backing::Known::none,
            .pods = {},
            .why = name + " has 0 replicas",
            .hint = "raise its replicas"};
}

Backing Backings::without_selector(const Service& service, const ServicePort& port) const {
    const auto lists = lists_.find(service.meta.path());
    if (lists == lists_.end()) {
        return {.known = Backing::Known::unknown,
                .pods = {},
                .why = fmt::format("Service {} selects no pods, so its endpoints are made by hand, "
                                   "not in these files",
                                   quote(service.meta.path())),
                .hint = {}};
    }
    std::vector<Address> addresses = addresses_of(lists->second, port.name.value);
    if (addresses.empty()) return nobody_of(lists->second, port);
    const std::string why = fmt::format("the endpoints of Service {} are given by hand: {}",
                                        quote(service.meta.path()), quote(addresses.front().host));
    return {.known = Backing::Known::by_hand,
            .pods = {},
            .why = why,
            .hint = {},
            .addresses = std::move(addresses)};
}

Backing Backings::without_pods(const Service& service, const ServicePort& port) const {
    const std::string& ns = service.meta.ns.value;
    const auto lists = lists_.find(service.meta.path());
    if (lists != lists_.end())
        return without_selector(service, port);  // as kubectl get prints them
    const auto& around = pods_.all(ns);
    const auto unknown = [](std::string why) {
        return Backing{.pods = {}, .why = std::move(why), .hint = {}};
    };
    if (around.empty()) {
        return unknown(fmt::format("these files hold no pods of namespace {}", printable(ns)));
    }
    const std::string wanted =
        fmt::format("no pod of namespace {} in these files has the labels {}", printable(ns),
                    labels_text(service.selector.value));
    const bool flawed = std::ranges::any_of(around, [](const auto* d) { return d->meta.flawed; });
    if (flawed) {
        Backing backing = unknown(wanted);
        backing.excused = true;
        return backing;
    }
    if (manifest_.unknown_pods.contains(ns)) return unknown(wanted);
    const Deployment* likely = orphan(service);
    if (!likely) return unknown(wanted);
    const Labels& labels = likely->pod.labels.value;
    return {.known = Backing::Known::none,
            .pods = {},
            .why = fmt::format("no pod in namespace {} has the labels {}", printable(ns),
                               labels_text(service.selector.value)),
            .hint = fmt::format("the pods of {} {} have {}", likely->kind(),
                                quote(likely->meta.name.value),
                                labels.empty() ? "no labels" : labels_text(labels))};
}

const OtherEndpoint* Backings::other_endpoint(const Service& service) const {
    const OtherEndpoint* found = nullptr;
    for (const OtherEndpoint& other : manifest_.other_endpoints) {
        const bool fits = other.meta.ns.value == service.meta.ns.value &&
                          has_labels(other.labels, service.selector.value);
        if (fits && (!found || other.kind == "WorkloadEntry")) found = &other;
    }
    return found;
}

const Deployment* Backings::orphan(const Service& service) const {
    const std::string& ns = service.meta.ns.value;
    const auto [slot, fresh] = orphans_.try_emplace(ns, nullptr);
    if (!fresh) return slot->second;
    std::set<const Deployment*> selected;
    for (const Service* one : services_.at(ns)) {
        const auto pods = pods_.find(ns, one->selector.value);
        selected.insert(pods.begin(), pods.end());
    }
    const auto& around = pods_.all(ns);
    const auto found = std::ranges::find_if(around, [&](const Deployment* pods) {
        return may_serve(*pods) && !selected.contains(pods);
    });
    if (found != around.end()) slot->second = *found;
    return slot->second;
}

}  // namespace sni::lookup
