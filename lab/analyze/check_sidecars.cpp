// What stands before a backend's process: a sidecar takes the name of a Service's port at its word,
// and a port declared HTTP has no filter chain for the client's TLS
// (pilot/pkg/networking/core/filterchain_options.go).
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/lookup/port_protocol.h"
#include "lab/lookup/sidecars.h"

namespace sni::analyze {

using namespace lookup;
using namespace manifest;
using namespace routing;
using namespace scenario;

namespace {

std::vector<const Deployment*> made_by(const std::vector<const Pods*>& pods) {
    std::vector<const Deployment*> all;
    all.reserve(pods.size());
    for (const Pods* each : pods) {
        all.push_back(each->deployment);
    }
    return all;
}

std::string target_of(const ServicePort& port) {
    if (const auto* name = std::get_if<Text>(&port.target)) return name->value;
    const auto* number = std::get_if<Number>(&port.target);
    return fmt::to_string(number ? number->value : port.port.value);
}

struct Opened {
    const Service* service = nullptr;
    const ServicePort* port = nullptr;
};

/// Two of different Services that differ in what `field` gives of their ports. Where there are two
/// Services and two values, there are such two.
std::optional<std::pair<const ServicePort*, const ServicePort*>> apart(
    const std::vector<Opened>& all, const auto& field) {
    const Opened& first = all.front();
    const auto differs = [&](const Opened& each) {
        return field(*each.port) != field(*first.port);
    };
    const auto other = std::ranges::find_if(all, differs);
    const auto foreign = std::ranges::find_if(
        all, [&](const Opened& each) { return each.service != first.service; });
    if (other == all.end() || foreign == all.end()) return std::nullopt;
    if (other->service != first.service) return std::pair(first.port, other->port);
    return std::pair(differs(*foreign) ? first.port : other->port, foreign->port);
}

/// A sidecar has one listener for a port of its pod, whichever Service meant it.
void check_ports_apart(const Deployment& deployment, const std::vector<const Service*>& services,
                       Findings& findings) {
    std::map<std::int64_t, std::vector<Opened>> by_number;
    std::map<std::string, std::vector<Opened>> by_target;
    for (const Service* service : services) {
        for (const ServicePort& port : service->ports) {
            by_number[port.port.value].push_back({service, &port});
            by_target[target_of(port)].push_back({service, &port});
        }
    }
    const std::string pods =
        fmt::format("Services of {} {}", deployment.kind(), quote(deployment.meta.path()));
    const auto report = [&](std::string_view code, std::string what) {
        findings.add(Level::warning, std::string(code), deployment.meta.name.at, std::move(what),
                     "a sidecar has one listener for each port of its pod, for all Services",
                     "give each Service ports of its own");
    };
    for (const auto& [number, opened] : by_number) {
        const auto two = apart(opened, [](const ServicePort& port) { return port.protocol.value; });
        if (!two) continue;
        report(code::kSharedPort,
               fmt::format("{} take port {} for {} and for {}", pods, number,
                           two->first->protocol.value, two->second->protocol.value));
    }
    for (const auto& [target, opened] : by_target) {
        const auto two = apart(opened, [](const ServicePort& port) { return port.port.value; });
        if (!two) continue;
        report(code::kSharedTarget,
               fmt::format("{} lead to its port {} from {} and from {}", pods, quote(target),
                           two->first->port.value, two->second->port.value));
    }
}

}  // namespace

void check_port_protocols(const Model& model, Findings& findings) {
    const Sidecars sidecars(model.manifest);
    std::set<Spot> told;
    for (const Reached& reached : model.reached) {
        for (const Target& target : reached.chain->targets) {
            if (!target.service_port) continue;
            const ServicePort& port = *target.service_port;
            if (!is_http_in_plain(protocol_of(port))) continue;
            const Injected injected = sidecars.of(target.ns, made_by(reached.pods));
            const Text& word = port.app_protocol.value.empty() ? port.name : port.app_protocol;
            if (injected == Injected::no || !told.insert(word.at).second) continue;
            findings.add(
                injected == Injected::yes ? Level::error : Level::warning, code::kPortProtocol,
                word.at,
                fmt::format("port {} of Service {} is declared {}, and gets TLS that is passed "
                            "through",
                            port.port.value, quote(target.path()), quote(word.value)),
                injected == Injected::yes
                    ? "the pods have a sidecar, which takes such a port for plain HTTP and has no "
                      "filter chain for the client's TLS: connections are closed"
                    : "where the pods have a sidecar, it takes such a port for plain HTTP and "
                      "closes connections with the client's TLS",
                "name the port tls, https or tcp (or such a word with \"-\" and more behind it), "
                "or "
                "set appProtocol: tls");
        }
    }
}

void check_shared_pods(const Model& model, Findings& findings) {
    const Sidecars sidecars(model.manifest);
    std::map<std::string, std::vector<const Service*>> services;
    for (const Service& service : model.manifest.services) {
        if (!service.selector.value.empty()) services[service.meta.ns.value].push_back(&service);
    }
    for (const Deployment& deployment : model.manifest.deployments) {
        const std::string& ns = deployment.meta.ns.value;
        const auto near = services.find(ns);
        if (deployment.kind() != "Deployment" || near == services.end()) continue;
        std::vector<const Service*> own;
        for (const Service* service : near->second) {
            const Labels& labels = deployment.pod.labels.value;
            if (has_labels(labels, service->selector.value)) own.push_back(service);
        }
        if (own.size() < 2 || sidecars.of(ns, {&deployment}) != Injected::yes) continue;
        check_ports_apart(deployment, own, findings);
    }
}

}  // namespace sni::analyze
