// Contour's HTTPProxy (projectcontour.io, TLS termination and TCP proxying): one fqdn, whose TLS is
// ended with a Secret, or passed to the services of tcpproxy.
#include <algorithm>

#include "lab/manifest/loose.h"
#include "lab/manifest/readers/read_entrance.h"

namespace sni::manifest {

namespace {

std::vector<EntranceBackend> proxied(const yaml::Node& tcpproxy, const Text& ns) {
    std::vector<EntranceBackend> backends;
    for (const yaml::Node* service : loose::items(tcpproxy, "services")) {
        backends.push_back({.service = loose::text(*service, "name"),
                            .ns = ns,
                            .port = loose::text(*service, "port"),
                            .weight = loose::number(*service, "weight").value_or(Number{}).value});
    }
    // Without any weight they share alike.
    const bool any = std::ranges::any_of(
        backends, [](const EntranceBackend& backend) { return backend.weight > 0; });
    for (EntranceBackend& backend : backends) {
        if (!any) backend.weight = 1;
    }
    return backends;
}

}  // namespace

void read_http_proxy(const yaml::Node& document, Entrance& proxy) {
    proxy.gateway = annotation(document, "projectcontour.io/ingress.class");
    const yaml::Node& spec = *document.find("spec");
    const std::string named = loose::text(spec, "ingressClassName").value;
    if (!named.empty()) proxy.gateway = named;
    if (proxy.gateway.empty()) proxy.gateway = "contour";
    const yaml::Node* host = spec.find("virtualhost");
    const yaml::Node* tls = host ? host->find("tls") : nullptr;
    if (!host || host->is_null()) return;  // it is included by another one
    const Text fqdn = loose::text(*host, "fqdn");
    if (!tls || tls->is_null()) {
        if (!fqdn.value.empty()) proxy.plain_hosts.push_back(fqdn);
        return;
    }
    const yaml::Node* tcpproxy = spec.find("tcpproxy");
    const bool passed = loose::is_true(loose::text(*tls, "passthrough").value);
    EntranceRule rule{.ends = passed ? EntranceRule::Ends::backend : EntranceRule::Ends::gateway,
                      .hosts = {fqdn},
                      .backends = {},
                      .at = host->at()};
    if (passed && tcpproxy) rule.backends = proxied(*tcpproxy, proxy.meta.ns);
    if (tcpproxy && (tcpproxy->find("include") || tcpproxy->find("includes")))
        proxy.aside.push_back({"tcpproxy.include", tcpproxy->at()});
    if (passed && spec.find("routes")) proxy.aside.push_back({"routes", spec.find("routes")->at()});
    if (!fqdn.value.empty()) proxy.rules.push_back(std::move(rule));
}

}  // namespace sni::manifest
