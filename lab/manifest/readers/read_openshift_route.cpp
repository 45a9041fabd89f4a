// OpenShift's Route (route.openshift.io/v1): one host, up to four Services by weight, whose port is
// told by what it is in the pods.
#include "lab/manifest/loose.h"
#include "lab/manifest/readers/read_entrance.h"

namespace sni::manifest {

namespace {

/// A weight that is left out is 100, and nothing goes to 0.
EntranceBackend route_backend(const yaml::Node& to, const Text& ns, const Text& port) {
    return {.service = loose::text(to, "name"),
            .ns = ns,
            .port = port,
            .of_target = true,
            .weight = loose::number(to, "weight").value_or(Number{100, {}}).value};
}

}  // namespace

void read_openshift_route(const yaml::Node& document, Entrance& route) {
    const yaml::Node& spec = *document.find("spec");
    route.gateway = "openshift";
    const yaml::Node* tls = spec.find("tls");
    if (!tls || tls->is_null()) return;  // it has no TLS
    const bool passed = loose::text(*tls, "termination").value == "passthrough";
    Text host = loose::text(spec, "host");
    if (host.value.empty()) {
        route.aside.push_back(
            {"a host that the cluster makes up", spec.at(), EntranceAside::Touches::names});
        return;
    }
    // The host of a wildcard is a name below it, and one label stands for others.
    if (loose::text(spec, "wildcardPolicy").value == "Subdomain") {
        const std::size_t dot = host.value.find('.');
        if (dot != std::string::npos) host.value = "*" + host.value.substr(dot);
        route.aside.push_back({"that wildcardPolicy Subdomain stands for one label only", host.at});
    }
    const yaml::Node* port = spec.find("port");
    const Text target = port ? loose::text(*port, "targetPort") : Text{{}, spec.at()};
    EntranceRule rule{.ends = passed ? EntranceRule::Ends::backend : EntranceRule::Ends::gateway,
                      .hosts = {host},
                      .backends = {},
                      .at = spec.at()};
    if (const yaml::Node* to = spec.find("to"))
        rule.backends.push_back(route_backend(*to, route.meta.ns, target));
    for (const yaml::Node* other : loose::items(spec, "alternateBackends")) {
        rule.backends.push_back(route_backend(*other, route.meta.ns, target));
    }
    if (const yaml::Node* path = spec.find("path"); path && passed)
        route.aside.push_back({"path", path->at()});
    route.rules.push_back(std::move(rule));
}

}  // namespace sni::manifest
