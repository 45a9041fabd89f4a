// Ingress, as ingress-nginx and the two controllers of HAProxy pass TLS on by its name: the whole
// host goes where its root path leads, and other paths are of no account (kubernetes/ingress-nginx
// internal/ingress/controller/controller.go, buildPassthroughBackends). A host with "*" is passed
// on by HAProxy's alone (pkg/tcpproxy/tcp.go compares names as they are). The controller is taken
// to have been started with --enable-ssl-passthrough.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/manifest/loose.h"
#include "lab/manifest/readers/read_entrance.h"

namespace sni::manifest {

namespace {

struct Annotation {
    std::string_view name;
    std::string_view gateway;
};

constexpr std::array<Annotation, 5> kPassthrough = {
    {{"nginx.ingress.kubernetes.io/ssl-passthrough", "nginx"},
     {"haproxy.org/ssl-passthrough", "haproxy"},
     {"haproxy.com/ssl-passthrough", "haproxy"},
     {"haproxy-ingress.github.io/ssl-passthrough", "haproxy"},
     {"ingress.kubernetes.io/ssl-passthrough", "haproxy"}}};

/// Words for controllers that classes are called by, "traefik" as "traefik-internal"; each knows
/// its own annotations alone.
constexpr std::array<std::string_view, 12> kControllers = {
    "nginx", "haproxy", "traefik", "istio",  "kong",       "contour",
    "alb",   "gce",     "cilium",  "apisix", "ambassador", "openshift"};

/// Nothing: the class may be anybody's.
std::string_view controller_of(std::string_view name) {
    const auto found = std::ranges::find_if(kControllers, [&](std::string_view word) {
        const std::string_view rest = name.substr(std::min(word.size(), name.size()));
        const bool first = name.starts_with(word) && (rest.empty() || rest.front() == '-');
        return first || name.ends_with("-" + std::string(word));
    });
    return found == kControllers.end() ? std::string_view() : *found;
}

/// Of v1, or of what came before.
EntranceBackend ingress_backend(const yaml::Node& node, const Text& ns) {
    EntranceBackend backend{.service = {}, .ns = ns, .port = {}};
    if (const yaml::Node* service = node.find("service")) {
        backend.service = loose::text(*service, "name");
        if (const yaml::Node* port = service->find("port")) {
            backend.port = loose::text(*port, "number");
            if (backend.port.value.empty()) backend.port = loose::text(*port, "name");
        }
        return backend;
    }
    backend.service = loose::text(node, "serviceName");
    backend.port = loose::text(node, "servicePort");
    return backend;
}

/// Where the root of a host leads; nullptr: nowhere.
const yaml::Node* root_backend(const yaml::Node& spec, const yaml::Node& rule) {
    const yaml::Node* http = rule.find("http");
    if (!http) {
        const yaml::Node* whole = spec.find("defaultBackend");
        return whole ? whole : spec.find("backend");
    }
    for (const yaml::Node* path : loose::items(*http, "paths")) {
        const std::string text = loose::text(*path, "path", "/").value;
        if (text == "/" || text.empty()) return path->find("backend");
    }
    return nullptr;
}

/// `literal`: the controller compares hosts as they are written, wildcards included.
void add_passed(const yaml::Node& spec, bool literal, Entrance& ingress) {
    for (const yaml::Node* node : loose::items(spec, "rules")) {
        const Text host = loose::text(*node, "host");
        if (host.value.empty()) {
            ingress.aside.push_back(
                {"a rule without a host", node->at(), EntranceAside::Touches::names});
            ingress.rules.push_back({.hosts = {}, .backends = {}, .at = node->at()});
            continue;
        }
        EntranceRule rule{.hosts = {host}, .backends = {}, .at = node->at()};
        const yaml::Node* backend = root_backend(spec, *node);
        if (backend && !(literal && host.value.starts_with('*'))) {
            rule.backends.push_back(ingress_backend(*backend, ingress.meta.ns));
        } else {
            // The controller has nobody to pass it to, and ends TLS as for any other host.
            rule.ends = EntranceRule::Ends::gateway;
        }
        const yaml::Node* http = node->find("http");
        for (const yaml::Node* path :
             http ? loose::items(*http, "paths") : std::vector<const yaml::Node*>()) {
            const Text text = loose::text(*path, "path", "/");
            if (text.value != "/" && !text.value.empty())
                ingress.aside.push_back({fmt::format("path {}", text.value), text.at});
        }
        ingress.rules.push_back(std::move(rule));
    }
}

void add_ended(const yaml::Node& spec, Entrance& ingress) {
    for (const yaml::Node* node : loose::items(spec, "tls")) {
        EntranceRule rule{.ends = EntranceRule::Ends::gateway,
                          .hosts = loose::texts(*node, "hosts"),
                          .backends = {},
                          .at = node->at()};
        if (!rule.hosts.empty()) ingress.rules.push_back(std::move(rule));
    }
}

}  // namespace

void read_ingress(const yaml::Node& document, Entrance& ingress) {
    const yaml::Node& spec = *document.find("spec");
    std::string named = loose::text(spec, "ingressClassName").value;
    if (named.empty()) named = annotation(document, "kubernetes.io/ingress.class");
    const std::string_view controller = controller_of(named);
    const Annotation* passed = nullptr;
    for (const Annotation& known : kPassthrough) {
        const yaml::Node* node = loose::at(document, {"metadata", "annotations", known.name});
        if (!node || !loose::is_true(node->text())) continue;
        if (controller.empty() || controller == known.gateway) {
            if (!passed) passed = &known;
        } else {
            ingress.aside.push_back(
                {fmt::format("{}, which the controller of class {} does not know,", known.name,
                             named),
                 node->at()});
        }
    }
    ingress.gateway = !named.empty() ? named : std::string(passed ? passed->gateway : "");
    if (ingress.gateway.empty()) ingress.gateway = "ingress";
    if (passed) {
        add_passed(spec, passed->gateway == "nginx", ingress);
    } else {
        add_ended(spec, ingress);
    }
}

}  // namespace sni::manifest
