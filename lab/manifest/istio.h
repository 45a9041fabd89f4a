// Kinds of networking.istio.io: Gateway, VirtualService, DestinationRule, ServiceEntry and
// WorkloadEntry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/manifest/meta.h"

namespace sni::manifest {

/// The Gateway API's kind of the same name is another one.
enum class TlsMode { passthrough, simple, mutual, auto_passthrough, istio_mutual, optional_mutual };

struct Server {
    Number port;
    Text port_name;
    Text protocol;  ///< upper case
    std::string protocol_as_written =
        {};                         ///< Istio tells "tls" and "TLS" apart when it merges servers
    std::optional<TlsMode> tls;     ///< nothing: no tls block
    Spot tls_at;                    ///< the mode, or the block without one
    bool mode_given = false;        ///< else it is PASSTHROUGH, the enum's zero
    std::vector<Text> credentials;  ///< credentialName or credentialNames
    std::string bind;
    std::vector<Text> hosts;
    Spot at;
    bool operator==(const Server&) const = default;
};

struct Gateway {
    Meta meta;
    Located<Labels> selector;
    std::vector<Server> servers;
    bool operator==(const Gateway&) const = default;
};

struct Destination {
    Text host;
    Text subset;  ///< empty: none
    std::optional<Number> port;
    Number weight;
    bool operator==(const Destination&) const = default;
};

struct TlsMatch {
    std::vector<Text> sni_hosts;
    std::optional<Number> port;
    std::vector<Text> gateways;
    std::vector<Text> ignored;  ///< fields that a gateway does not look at
    bool operator==(const TlsMatch&) const = default;
};

struct TlsRoute {
    std::vector<TlsMatch> matches;
    std::vector<Destination> destinations;
    Spot at;
    bool operator==(const TlsRoute&) const = default;
};

/// What a rule waits for, so that it can be compared with what others do.
struct RuleMatch {
    std::string text;    ///< equal for equal ones, whatever they are called
    std::string prefix;  ///< of the path, in an http rule; empty: there is none
    std::string rest;    ///< `text` without the path
    Spot at;
    bool operator==(const RuleMatch&) const = default;
};
struct RuleMatches {
    std::vector<RuleMatch> all;  ///< none: the rule takes everything
    Spot at;                     ///< of the rule
    bool operator==(const RuleMatches&) const = default;
};

/// An http rule, as far as a gateway that ends TLS needs it.
struct HttpRule {
    std::vector<Destination> destinations;
    bool unconditional = true;  ///< nothing but a route: no match, no rewrite
    Spot at;
    bool operator==(const HttpRule&) const = default;
};

/// A tcp rule: a gateway looks at the port and the Gateway of its matches, and at nothing else.
struct TcpRule {
    struct Match {
        std::optional<Number> port;
        std::vector<Text> gateways;
        bool operator==(const Match&) const = default;
    };
    std::vector<Match> matches;  ///< none: every connection
    std::vector<Destination> destinations;
    Spot at;
    bool operator==(const TcpRule&) const = default;
};

struct VirtualService {
    Meta meta;
    std::vector<Text> hosts;
    std::vector<Text> gateways;  ///< none: the mesh only
    std::vector<TlsRoute> tls;
    std::vector<HttpRule> http_rules;  ///< those that lead to a destination
    std::vector<Destination> aside;    ///< where tcp rules and mirrors lead
    std::vector<TcpRule> tcp_rules;
    std::vector<Text> export_to;
    /// Of all rules, by their kind, as they stand in the file: "http", "tcp", "tls".
    std::map<std::string, std::vector<RuleMatches>> matches;
    std::optional<Text> claim;  ///< of a JWT, by whose value http rules choose; the first
    std::optional<Spot> http;   ///< it has rules of these kinds
    std::optional<Spot> tcp;

    /// Sidecars take its rules; with no Gateway named, nobody else does.
    bool is_for_mesh() const {
        return gateways.empty() ||
               std::ranges::find(gateways, "mesh", &Text::value) != gateways.end();
    }
    bool is_for_gateways() const {
        return std::ranges::any_of(gateways, [](const Text& name) { return name.value != "mesh"; });
    }
    bool operator==(const VirtualService&) const = default;
};

/// TLS that a gateway adds on its own way to a host, around the client's.
struct ClientTls {
    Text mode;  ///< DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL
    bool has_authority = false;
    bool has_credential = false;  ///< credentialName
    std::optional<Number> port;   ///< nothing: all ports
    bool operator==(const ClientTls&) const = default;
};

/// How a gateway chooses among endpoints.
struct LoadBalancer {
    Text simple;                 ///< empty: by something else, or as Istio does it
    std::optional<Number> port;  ///< nothing: all ports
    bool operator==(const LoadBalancer&) const = default;
};

struct Subset {
    Text name;
    Located<Labels> labels;
    std::vector<ClientTls> tls;
    std::vector<LoadBalancer> balancers;
    bool operator==(const Subset&) const = default;
};

/// Its trafficPolicy: what it does to TLS, and where it goes.
struct DestinationRule {
    Meta meta;
    Text host;
    std::vector<ClientTls> tls;           ///< a port's own replaces the host's
    std::vector<LoadBalancer> balancers;  ///< the same
    std::vector<Subset> subsets;
    bool has_policy = false;         ///< it has a trafficPolicy, whatever that says
    std::optional<Labels> selector;  ///< it is for clients with these, by its workloadSelector
    std::vector<Text> export_to;
    bool operator==(const DestinationRule&) const = default;
};

struct ServiceEntryPort {
    Number number;
    Text name;
    Text protocol;  ///< upper case
    std::optional<Number> target_port;
    bool operator==(const ServiceEntryPort&) const = default;
};

struct EntryEndpoint {
    Text address;
    std::map<std::string, std::int64_t> ports;  ///< by the name of the ServiceEntry's port
    Number weight{1, {}};
    Located<Labels> labels;
    bool operator==(const EntryEndpoint&) const = default;
};

/// What a Service may select beside pods that are there all the time: a WorkloadEntry, a machine
/// outside; and the pods of a CronJob, which come and go.
struct OtherEndpoint {
    Meta meta;
    std::string kind;
    Labels labels;
    EntryEndpoint endpoint;  ///< of a WorkloadEntry
    bool operator==(const OtherEndpoint&) const = default;
};

struct ServiceEntry {
    Meta meta;
    std::vector<Text> hosts;
    std::vector<ServiceEntryPort> ports;
    std::vector<EntryEndpoint> endpoints;
    std::optional<Labels> selector;  ///< its endpoints are pods and WorkloadEntries with these
    bool has_addresses = false;      ///< by which sidecars tell it from others
    Text resolution;
    std::vector<Text> export_to;
    bool operator==(const ServiceEntry&) const = default;
};

/// Which tokens are asked for, where; no more than that it is there.
struct RequestAuthentication {
    Meta meta;
    Labels selector;  ///< of pods; none: all of its namespace
    bool operator==(const RequestAuthentication&) const = default;
};

}  // namespace sni::manifest
