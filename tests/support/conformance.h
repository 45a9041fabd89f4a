// The Gateway API's conformance tests, as rows: manifests, what is asked of them, what must come.
// A gateway has an address of its own there, so each row names the one that it asks.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/routing.h"

namespace sni::test::conformance {

/// `asked` of the Gateway `gateway` of namespace dock:
///   "Gateway TYPE", "listener NAME TYPE", "route NAME TYPE"   the condition, "True Reason"
///   "attached NAME"        attachedRoutes
///   "kinds NAME"           supportedKinds, with blanks between
///   "PORT NAME"            what becomes of a TLS client: "cargo:443" is a backend, "cargo:443 in
///                          plain" one behind TLS that the gateway ends
struct Row {
    std::string_view gateway;
    std::string_view asked;
    std::string_view expected;
};

struct Case {
    std::string_view name;  ///< of the conformance test
    std::string manifests;
    std::vector<Row> rows;
};

inline std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

inline std::string condition(const routing::Listeners& listeners, std::string_view kind,
                             std::string_view name, std::string_view listener,
                             std::string_view type) {
    for (const routing::Condition& c : listeners.conditions) {
        const bool here = c.kind == kind && c.ns == "dock" && c.name == name && c.type == type;
        const bool part = kind == "TLSRoute" || c.listener.value_or("") == listener;
        if (here && part) return (c.status ? "True " : "False ") + c.reason;
    }
    return "no such condition";
}

inline std::string traffic(const Routed& routed, const std::string& name, std::uint16_t port) {
    const routing::Answer answer = routed.ask(name, port);
    if (answer.outcome == routing::Outcome::routed) {
        const lookup::Target& to = answer.destinations.front();
        return to.name + ":" + std::to_string(to.port);
    }
    if (answer.outcome == routing::Outcome::terminate) {
        for (const routing::Listener& listener : routed.listeners().all) {
            for (const routing::FilterChain& chain : listener.chains) {
                const bool here =
                    listener.port == port && chain.inside && chain.names.front().value == name;
                if (here)
                    return chain.inside->name + ":" + std::to_string(chain.inside->port) +
                           " in plain";
            }
        }
    }
    return std::string(to_string(answer.outcome));
}

inline std::string answer(const Routed& routed, const Row& row) {
    const std::vector<std::string> words = words_of(row.asked);
    const routing::Listeners& listeners = routed.listeners();
    if (words[0] == "Gateway") return condition(listeners, "Gateway", row.gateway, "", words[1]);
    if (words[0] == "listener")
        return condition(listeners, "Gateway", row.gateway, words[1], words[2]);
    if (words[0] == "route") return condition(listeners, "TLSRoute", words[1], "", words[2]);
    if (words[0] == "attached" || words[0] == "kinds") {
        const auto& all = listeners.attached;
        const auto found = std::ranges::find(all, words[1], &routing::Attached::listener);
        if (found == all.end()) return "no such listener";
        if (words[0] == "attached") return std::to_string(found->routes);
        std::string kinds;
        for (const std::string& kind : found->kinds) {
            kinds += (kinds.empty() ? "" : " ") + kind;
        }
        return kinds;
    }
    std::uint16_t port = 0;
    std::from_chars(words[0].data(), words[0].data() + words[0].size(), port);
    return traffic(routed, words[1], port);
}

/// How many rows there were.
inline std::size_t check(const std::vector<Case>& cases, const std::string& base) {
    std::size_t rows = 0;
    for (const Case& one : cases) {
        for (const Row& row : one.rows) {
            lookup::Environment environment;
            environment.gateway = "dock/" + std::string(row.gateway);
            const Routed routed(base + one.manifests, environment);
            CAPTURE(one.name, row.gateway, row.asked, routed.mistakes());
            CHECK(answer(routed, row) == row.expected);
            ++rows;
        }
    }
    return rows;
}

/// A Gateway of namespace dock; `listeners` as inside a flow list.
inline std::string gateway(std::string_view name, std::string_view listeners) {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: " +
           std::string(name) +
           ", namespace: dock}\nspec:\n  gatewayClassName: istio\n  listeners: [" +
           std::string(listeners) + "]\n";
}

/// `tls` is what stands in the listener's tls block.
inline std::string listener(std::string_view name, int port, std::string_view protocol,
                            std::string_view hostname, std::string_view tls, std::string_view kinds,
                            std::string_view from = "Same") {
    const auto given = [](std::string_view key, std::string_view value, std::string_view quotes) {
        return value.empty()
                   ? std::string()
                   : ", " + std::string(key) + ": " +
                         std::string(quotes.substr(0, quotes.size() / 2)) + std::string(value) +
                         std::string(quotes.substr(quotes.size() / 2));
    };
    return "{name: " + std::string(name) + ", port: " + std::to_string(port) +
           ", protocol: " + std::string(protocol) + given("hostname", hostname, "''") +
           given("tls", tls, "{}") + ", allowedRoutes: {namespaces: {from: " + std::string(from) +
           "}" + given("kinds", kinds, "[]") + "}}";
}

inline std::string route_document(std::string_view kind, std::string_view name,
                                  std::string_view parent, std::string_view hostnames,
                                  std::string_view backends) {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: " + std::string(kind) +
           "\nmetadata: {name: " + std::string(name) +
           ", namespace: dock}\nspec:\n  parentRefs: [" + std::string(parent) + "]\n" +
           (hostnames.empty() ? std::string() : "  hostnames: [" + std::string(hostnames) + "]\n") +
           "  rules: [{backendRefs: [" + std::string(backends) + "]}]\n";
}

inline std::string grant(std::string_view name, std::string_view ns, std::string_view from,
                         std::string_view to) {
    return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: ReferenceGrant\nmetadata: "
           "{name: " +
           std::string(name) + ", namespace: " + std::string(ns) + "}\nspec: {from: [{" +
           std::string(from) + "}], to: [{" + std::string(to) + "}]}\n";
}

/// A Service with the pods behind it.
inline std::string backend(std::string_view name, std::string_view ns, std::string_view ports) {
    const std::string n(name);
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + n +
           ", namespace: " + std::string(ns) + "}\nspec: {selector: {app: " + n + "}, ports: [" +
           std::string(ports) + "]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + n +
           ", namespace: " + std::string(ns) + ", labels: {app: " + n +
           "}}\nspec: {containers: [{name: c, image: i}]}\n";
}

inline std::string space(std::string_view name, std::string_view labels) {
    return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + std::string(name) +
           ", labels: {" + std::string(labels) + "}}\n";
}

inline std::string secret(std::string_view name, std::string_view ns, std::string_view cert,
                          std::string_view key) {
    return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + std::string(name) +
           ", namespace: " + std::string(ns) +
           "}\ntype: kubernetes.io/tls\nstringData: {tls.crt: \"" + std::string(cert) +
           "\", tls.key: \"" + std::string(key) + "\"}\n";
}

/// PEM that is whole, of nobody's certificate.
inline std::string good_secret(std::string_view name, std::string_view ns) {
    return secret(name, ns, "-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n",
                  "-----BEGIN PRIVATE KEY-----\\nMAA=\\n-----END PRIVATE KEY-----\\n");
}

/// What most of the tests rely on: two namespaces, backends that speak TLS and one that speaks
/// both, certificates.
inline std::string base() {
    const std::string_view tls = "{port: 443, targetPort: 8443}";
    return space("dock", "harbor: own") + space("pier", "harbor: backend") +
           space("yard", "harbor: web") + backend("cargo", "dock", tls) +
           backend("crew", "dock", tls) +
           backend("crane", "dock",
                   "{name: tls, port: 8443, targetPort: 8443}, {name: plain, port: 3000}") +
           backend("cargo", "pier", tls) +
           backend("web", "dock", "{name: http, port: 8080, targetPort: 3000}") +
           good_secret("seal", "dock") + good_secret("seal", "yard");
}

}  // namespace sni::test::conformance
