// Traefik's IngressRouteTCP (doc.traefik.io, Kubernetes CRD, TCP): rules of HostSNI, and one tls
// block for all of them. Which number an entry point has is in Traefik's own configuration: "web"
// is taken to be 80, and any other 443. What HostSNI takes and which rule comes first is in
// traefik/traefik pkg/muxer/tcp: matcher.go, mux.go.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lab/manifest/loose.h"
#include "lab/manifest/readers/read_entrance.h"

namespace sni::manifest {

namespace {

/// The names of HostSNI(`a`) || HostSNI(`b`, "c"); none where the rule says anything else.
std::vector<Text> names_of(std::string_view match, Spot at) {
    std::vector<Text> names;
    const auto skip = [&] {
        while (!match.empty() && (match.front() == ' ' || match.front() == '\n'))
            match.remove_prefix(1);
    };
    const auto take = [&](std::string_view word) {
        skip();
        if (!match.starts_with(word)) return false;
        match.remove_prefix(word.size());
        return true;
    };
    do {
        if (!take("HostSNI(")) return {};
        do {
            skip();
            const char quote = match.empty() ? '\0' : match.front();
            if (quote != '`' && quote != '"') return {};
            const std::size_t end = match.find(quote, 1);
            if (end == std::string_view::npos) return {};
            names.push_back({std::string(match.substr(1, end - 1)), at});
            match.remove_prefix(end + 1);
        } while (take(","));
        if (!take(")")) return {};
    } while (take("||"));
    skip();
    return match.empty() ? names : std::vector<Text>();
}

/// One name and no more: wildcards are HostSNIRegexp's.
bool is_taken_by_host_sni(std::string_view name) {
    return name == "*" || (!name.empty() && std::ranges::all_of(name, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '_' || c == '.' || c == '-' || c == ':' ||
                      static_cast<unsigned char>(c) > 127;
           }));
}

/// Empty: Traefik takes the rule. HostSNI(`a`, `b`) is of version 2.
std::string refusal_of(std::string_view match, const std::vector<Text>& names, bool of_version_2) {
    if (match.contains(',') && !of_version_2)
        return fmt::format("Traefik refuses {}, since HostSNI takes one name", match);
    for (const Text& name : names) {
        if (!is_taken_by_host_sni(name.value))
            return fmt::format("Traefik refuses HostSNI(`{}`), where \"*\" alone is a wildcard",
                               name.value);
    }
    return {};
}

/// What is not set is the length of the rule, and what takes everything comes last.
std::int64_t priority_of(const yaml::Node& route, std::string_view match,
                         const std::vector<Text>& names) {
    const auto set = loose::number(route, "priority");
    if (set && set->value != 0) return set->value;
    if (names.size() == 1 && names.front().value == "*") return -1;
    return static_cast<std::int64_t>(match.size());
}

/// Without a version it is 2.
int proxy_header_of(const yaml::Node& service) {
    const yaml::Node* header = service.find("proxyProtocol");
    if (!header || header->kind() != yaml::Kind::mapping) return 0;
    const auto version = loose::number(*header, "version");
    return version && version->value == 1 ? 1 : 2;
}

std::vector<EntranceBackend> services_of(const yaml::Node& route, const Text& ns) {
    std::vector<EntranceBackend> backends;
    for (const yaml::Node* service : loose::items(route, "services")) {
        backends.push_back(
            {.service = loose::text(*service, "name"),
             .ns = loose::text(*service, "namespace", ns.value),
             .port = loose::text(*service, "port"),
             .weight = loose::number(*service, "weight").value_or(Number{1, {}}).value,
             .proxy_header = proxy_header_of(*service)});
    }
    return backends;
}

}  // namespace

void read_ingress_route_tcp(const yaml::Node& document, Entrance& route) {
    const yaml::Node& spec = *document.find("spec");
    const bool of_version_2 =
        loose::text(document, "apiVersion").value.starts_with("traefik.containo.us/");
    route.gateway = loose::text(spec, "ingressClassName").value;
    if (route.gateway.empty()) route.gateway = annotation(document, "kubernetes.io/ingress.class");
    if (route.gateway.empty()) route.gateway = "traefik";
    const yaml::Node* tls = spec.find("tls");
    const bool passed = tls && loose::is_true(loose::text(*tls, "passthrough").value);
    std::set<std::uint16_t> ports;
    for (const Text& entry : loose::texts(spec, "entryPoints")) {
        ports.insert(entry.value == "web" ? 80 : 443);
        if (entry.value != "web" && entry.value != "websecure")
            route.aside.push_back(
                {fmt::format("which port entry point {} has, if not 443,", entry.value), entry.at,
                 EntranceAside::Touches::port});
    }
    if (ports.empty()) ports.insert(443);
    for (const yaml::Node* node : loose::items(spec, "routes")) {
        const Text match = loose::text(*node, "match");
        EntranceRule rule{.ends = passed ? EntranceRule::Ends::backend
                                  : tls  ? EntranceRule::Ends::gateway
                                         : EntranceRule::Ends::raw,
                          .hosts = names_of(match.value, match.at),
                          .backends = services_of(*node, route.meta.ns),
                          .at = node->at()};
        rule.refused = refusal_of(match.value, rule.hosts,
                                  of_version_2 || loose::text(*node, "syntax").value == "v2");
        rule.priority = priority_of(*node, match.value, rule.hosts);
        if (node->find("middlewares")) route.aside.push_back({"middlewares", node->at()});
        for (const yaml::Node* service : loose::items(*node, "services")) {
            if (loose::is_true(loose::text(*service, "tls").value))
                route.aside.push_back({"tls of a service", service->at()});
        }
        if (rule.hosts.empty())
            route.aside.push_back(
                {fmt::format("the rule {}", match.value), match.at, EntranceAside::Touches::names});
        for (const std::uint16_t port : ports) {
            rule.port = port;
            route.rules.push_back(rule);
        }
    }
}

}  // namespace sni::manifest
