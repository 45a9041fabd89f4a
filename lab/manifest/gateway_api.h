// Kinds of gateway.networking.k8s.io, in a namespace of their own: two of them are called like
// other kinds here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/manifest/meta.h"

namespace sni::manifest {

inline constexpr std::string_view kGatewayApi = "gateway.networking.k8s.io";
/// Of kinds before they come into that group, with an X before their names.
inline constexpr std::string_view kGatewayApiEarly = "gateway.networking.x-k8s.io";
/// The one of both that a kind of the Gateway API is in.
inline std::string_view group_of(std::string_view kind) {
    return kind.starts_with('X') ? kGatewayApiEarly : kGatewayApi;
}

namespace api {

struct GatewayClass {
    Meta meta;
    Text controller;
    bool operator==(const GatewayClass&) const = default;
};

/// Where a reference leads. What is left out has its default, with the spot of the reference.
struct Reference {
    Text group;
    Text kind;
    Text ns;
    Text name;
    Spot at;
    std::string path() const { return ns.value + "/" + name.value; }
    bool operator==(const Reference&) const = default;
};

enum class From { same, all, selector, none };

/// matchLabels and matchExpressions of a label selector.
struct LabelTest {
    std::string key;
    std::string op;  ///< In, NotIn, Exists or DoesNotExist
    std::vector<std::string> values;
    /// One of a selector that is not chooses nobody, whatever the others say
    /// (k8s.io/apimachinery pkg/labels/selector.go, NewRequirement).
    bool is_valid() const { return op == "In" || op == "NotIn" ? !values.empty() : values.empty(); }
    bool operator==(const LabelTest&) const = default;
};

struct RouteKind {
    Text group;
    Text kind;
    bool operator==(const RouteKind&) const = default;
};

struct Listener {
    Text name;
    Text hostname;  ///< empty: every name
    Number port;
    Text protocol;
    bool has_tls = false;
    bool passthrough = false;  ///< else Terminate, which is what a tls block without mode means
    Spot tls_at;
    std::vector<Reference> certificates;
    From from = From::same;
    std::vector<LabelTest> namespaces;  ///< for From::selector
    std::vector<RouteKind> kinds;       ///< none: what the protocol brings
    Spot at;
    bool operator==(const Listener&) const = default;
};

/// Who must show a certificate where a Gateway ends TLS (spec.tls.frontend).
struct ClientCheck {
    std::optional<Number> port;          ///< nothing: every port without a check of its own
    std::vector<Reference> authorities;  ///< of those certificates; none: nobody must
    bool insecure = false;               ///< AllowInsecureFallback: without a good one, too
    bool operator==(const ClientCheck&) const = default;
};

struct Gateway {
    Meta meta;
    Text class_name;
    std::vector<Listener> listeners;
    std::vector<ClientCheck> client_checks;
    std::optional<Reference> client_certificate;  ///< its own, for backends (spec.tls.backend)
    From listener_sets = From::none;        ///< allowedListeners: whose ListenerSets may be added
    std::vector<LabelTest> set_namespaces;  ///< for From::selector

    /// nullptr: nobody must show a certificate at the port.
    const ClientCheck* check_at(std::int64_t port) const {
        const ClientCheck* found = nullptr;
        for (const ClientCheck& check : client_checks) {
            const bool own = check.port && check.port->value == port;
            if (own || (!check.port && !found)) found = &check;
            if (own) break;
        }
        return found && !found->authorities.empty() ? found : nullptr;
    }
    bool operator==(const Gateway&) const = default;
};

struct ParentRef {
    Reference to;
    Text section;                ///< empty: every listener
    std::optional<Number> port;  ///< nothing: every port
    bool operator==(const ParentRef&) const = default;
};

/// Listeners that somebody else adds to a Gateway which allows it.
struct ListenerSet {
    Meta meta;
    std::string kind;  ///< "ListenerSet", or "XListenerSet" of kGatewayApiEarly
    ParentRef parent;
    std::vector<Listener> listeners;
    bool operator==(const ListenerSet&) const = default;
};

struct BackendRef {
    Reference to;
    std::optional<Number> port;
    Number weight;
    bool odd_filter = false;  ///< of an HTTPRoute or a GRPCRoute: one that Istio does not take
    bool operator==(const BackendRef&) const = default;
};

struct RouteRule {
    std::vector<BackendRef> backends;
    std::vector<BackendRef> mirrors;  ///< of an HTTPRoute or a GRPCRoute, up to an odd filter
    bool odd_filter = false;          ///< of them, too: one that Istio does not take
    Spot at;
    bool operator==(const RouteRule&) const = default;
};

/// A TLSRoute or a TCPRoute; of an HTTPRoute or a GRPCRoute only where it is attached, and what it
/// refers to.
struct Route {
    Meta meta;
    std::string kind;
    std::string version;  ///< of a TLSRoute: "v1"
    std::vector<ParentRef> parents;
    std::vector<Text> hostnames;  ///< none: every name of the listener
    std::vector<RouteRule> rules;
    bool operator==(const Route&) const = default;
};

/// Who may refer to what in the grant's own namespace.
struct ReferenceGrant {
    struct Who {
        Text group;
        Text kind;
        Text ns;
        bool operator==(const Who&) const = default;
    };
    struct What {
        Text group;
        Text kind;
        Text name;  ///< empty: all of them
        bool operator==(const What&) const = default;
    };
    Meta meta;
    std::vector<Who> from;
    std::vector<What> to;
    bool operator==(const ReferenceGrant&) const = default;
};

}  // namespace api

}  // namespace sni::manifest
