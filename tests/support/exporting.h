// Short manifests, ready to be exported.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/core/default_listen.h"
#include "lab/export/routers/addresses.h"
#include "lab/export/routers/proxy_config.h"
#include "lab/export/workloads.h"
#include "lab/manifest/documents/documents.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/routing.h"
#include "lab/scenario/scenario.h"

namespace sni::test {

/// Owns what the exported values point into.
class Exporting {
  public:
    explicit Exporting(std::string text, const lookup::Environment& environment_ = {},
                       std::string_view ns = "default")
        : environment(environment_) {
        auto parsed = manifest::parse_manifests({{.name = "a.yaml", .text = std::move(text)}}, ns,
                                                {}, environment.versions, true);
        for (const Diagnostic& d : parsed.diagnostics) {
            if (d.level == Level::error) mistakes += render(d);
        }
        manifest = std::move(parsed.manifest);
        manifest::Findings findings(manifest.files);
        routing = routing::route(manifest, findings, environment);
        const auto scenario = scenario::resolve(manifest, "test", environment).scenario;
        workloads = exporting::workloads(manifest, routing.listeners, scenario);
    }
    Exporting(const Exporting&) = delete;
    Exporting& operator=(const Exporting&) = delete;

    /// With what is known of addresses.
    exporting::ProxyConfig config(const exporting::Known& known = {}) const {
        exporting::Addresses addresses(workloads, known);
        return config(addresses);
    }
    exporting::ProxyConfig config(exporting::Addresses& addresses,
                                  const scenario::LabFile& lab = {}) const {
        return exporting::proxy_config(
            routing.listeners, [&](const lookup::Target& target) { return addresses.find(target); },
            listen(), lab);
    }
    exporting::ListenAt listen() const {
        std::vector<std::uint16_t> ports;
        for (const routing::Listener& listener : routing.listeners.all) {
            ports.push_back(listener.port);
        }
        return default_listen(ports, kRouterOffset);
    }

    lookup::Environment environment;
    manifest::Manifest manifest;
    routing::Routing routing;
    std::vector<exporting::Workload> workloads;
    std::string mistakes;
};

}  // namespace sni::test
