// networking.istio.io: DestinationRule, as far as it says what is put around a passed-through
// connection, and where it goes.
#include <algorithm>
#include <array>
#include <set>
#include <span>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/host_help.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/hosts.h"
#include "lab/manifest/loose.h"
#include "lab/manifest/readers/readers.h"
#include "lab/manifest/readers/shape.h"

namespace sni::manifest {

namespace {

constexpr std::array<std::string_view, 4> kClientModes = {"DISABLE", "SIMPLE", "MUTUAL",
                                                          "ISTIO_MUTUAL"};

std::optional<ClientTls> read_client_tls(Fields& policy) {
    std::optional<ClientTls> read;
    policy.object("tls", [&](Fields& tls) {
        tls.ignore({"clientCertificate", "privateKey", "subjectAltNames", "sni",
                    "insecureSkipVerify", "caCrl"});
        ClientTls client{.mode = {"DISABLE", {}}, .port = {}};
        tls("mode", client.mode);
        client.has_authority = tls.given("caCertificates") != nullptr;
        client.has_credential = tls.given("credentialName") != nullptr;
        if (std::ranges::find(kClientModes, client.mode.value) == kClientModes.end()) {
            tls.in().error(code::kSchema, client.mode.at,
                           fmt::format("there is no TLS mode {}", quote(client.mode.value)), {},
                           "write DISABLE, SIMPLE, MUTUAL or ISTIO_MUTUAL");
        }
        read = std::move(client);
    });
    return read;
}

/// What would come before the ClientHello on the way to the backend: to leave it out in silence
/// would be to prove another gateway.
void refuse_preface(Fields& policy) {
    constexpr std::pair<const char*, const char*> kPrefaces[] = {
        {"tunnel", "sends it to somebody else, inside a CONNECT"},
        {"proxyProtocol", "puts a PROXY header before it; lab.yaml can have the router do that"}};
    for (const auto& [key, does] : kPrefaces) {
        const yaml::Node* const node = policy.raw(key);
        if (!node || node->is_null()) continue;
        policy.in().unsupported(node->at(), fmt::format("{} is not played", policy.path_of(key)),
                                fmt::format("Istio {}", does));
    }
}

constexpr Shape count_of(std::string_view key) {
    return {.key = key, .type = Shape::Type::number, .least = 0};
}

constexpr std::array kTcpPool = {count_of("maxConnections"), Shape{"connectTimeout"},
                                 Shape{"tcpKeepalive"}, Shape{"maxConnectionDuration"},
                                 Shape{"idleTimeout"}};
constexpr std::array kHttpPool = {count_of("http1MaxPendingRequests"),
                                  count_of("http2MaxRequests"),
                                  count_of("maxRequestsPerConnection"),
                                  count_of("maxRetries"),
                                  count_of("maxConcurrentStreams"),
                                  Shape{"idleTimeout"},
                                  Shape{"h2UpgradePolicy"},
                                  Shape{"useClientProtocol", Shape::Type::boolean},
                                  Shape{"http2KeepAlive"}};
constexpr std::array kPool = {Shape{"tcp", Shape::Type::object, kTcpPool},
                              Shape{"http", Shape::Type::object, kHttpPool}};
constexpr std::array<std::string_view, 6> kBalancers = {
    "UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"};

/// What changes nothing of where a connection goes, and has to be right all the same.
void check_traffic_fields(Fields& policy) {
    policy.ignore({"outlierDetection", "retryBudget"});
    policy.object("connectionPool", [](Fields& pool) {
        check_shape(pool, kPool);
        if (pool.has("tcp") || pool.has("http")) return;
        pool.in().error(code::kSchema, pool.at(), "this connectionPool says nothing", {},
                        "add tcp or http, or remove it");
    });
}

std::optional<LoadBalancer> read_balancer(Fields& policy) {
    const yaml::Node* node = policy.raw("loadBalancer");
    if (!node || node->is_null()) return std::nullopt;
    LoadBalancer balancer{.simple = loose::text(*node, "simple"), .port = {}};
    if (!balancer.simple.value.empty())
        check_word(policy.in(), "load balancer", balancer.simple, kBalancers);
    return balancer;
}

bool says_any(Fields& fields, std::span<const std::string_view> keys) {
    return std::ranges::any_of(keys, [&](std::string_view key) {
        const yaml::Node* node = fields.raw(key);
        return node && !node->is_null();
    });
}

constexpr std::array<std::string_view, 7> kPolicy = {
    "outlierDetection", "connectionPool", "loadBalancer", "tls",
    "tunnel",           "proxyProtocol",  "retryBudget"};
/// The first of them are a port's, too.
constexpr auto kPolicyOfPort = std::span(kPolicy).first<4>();

/// Istio refuses a policy that says nothing (validateTrafficPolicy).
void check_says_something(Fields& policy) {
    if (policy.given("portLevelSettings") || says_any(policy, kPolicy)) return;
    policy.in().error(code::kSchema, policy.at(), "this trafficPolicy says nothing", {},
                      "add loadBalancer, tls or the like, or remove it");
}

/// The same of a port's (validatePortTrafficPolicies).
void check_level_says_something(Fields& level) {
    if (says_any(level, kPolicyOfPort)) return;
    level.in().error(code::kSchema, level.at(), "these settings of a port say nothing", {},
                     "add loadBalancer, tls or the like, or remove them");
}

/// `into` is a DestinationRule or a subset of it.
template <class Policied>
void read_traffic_policy(Fields& fields, Policied& into) {
    const yaml::Node* node = fields.raw("trafficPolicy");
    if (!node || node->is_null()) return;
    fields.object("trafficPolicy", [&](Fields& policy) {
        check_says_something(policy);
        check_traffic_fields(policy);
        refuse_preface(policy);
        if (auto tls = read_client_tls(policy)) into.tls.push_back(std::move(*tls));
        if (auto balancer = read_balancer(policy)) into.balancers.push_back(std::move(*balancer));
        policy.objects("portLevelSettings", [&](Fields& level) {
            check_traffic_fields(level);
            check_level_says_something(level);
            std::optional<Number> port;
            level.object(
                "port", [&](Fields& p) { port = p.port("number", Need::required); },
                Need::required);
            // Settings of a port without one of them take the host's away.
            ClientTls tls = read_client_tls(level).value_or(
                ClientTls{.mode = {"DISABLE", level.at()}, .port = {}});
            LoadBalancer balancer =
                read_balancer(level).value_or(LoadBalancer{.simple = {{}, level.at()}, .port = {}});
            if (!port) return;
            tls.port = port;
            balancer.port = port;
            into.tls.push_back(std::move(tls));
            into.balancers.push_back(std::move(balancer));
        });
    });
}

void read_subset(Fields& field, Subset& subset) {
    field("name", subset.name, Need::required);
    check_subset_name(field.in(), subset.name);
    subset.labels = field.labels("labels");
    read_traffic_policy(field, subset);
}

void check_subsets_apart(const std::vector<Subset>& subsets, Reading& in) {
    std::set<std::string_view> names;
    for (const Subset& subset : subsets) {
        if (names.insert(subset.name.value).second) continue;
        in.error(code::kSchema, subset.name.at,
                 fmt::format("two subsets are named {}", quote(subset.name.value)), {},
                 "rename one of them");
    }
}

}  // namespace

void read_destination_rule(Fields& field, DestinationRule& rule) {
    field.object("workloadSelector", [&](Fields& selector) {
        const auto labels = selector.labels("matchLabels");
        check_selector(labels.value, labels.at, selector.in());
        rule.selector = labels.value;
    });
    const auto what = rule.selector ? Exported::rule_of_workloads : Exported::rule;
    rule.has_policy = field.given("trafficPolicy") != nullptr;
    field("host", rule.host, Need::required);
    const auto problem =
        rule.host.value.empty() ? std::nullopt : destination_problem(rule.host.value);
    if (problem) report_host(field.in(), rule.host, *problem);
    read_traffic_policy(field, rule);
    field("subsets", rule.subsets, read_subset);
    check_subsets_apart(rule.subsets, field.in());
    field("exportTo", rule.export_to);
    check_export(rule.export_to, rule.meta.ns.value, what, field.in());
}

}  // namespace sni::manifest
