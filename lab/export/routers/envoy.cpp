#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "lab/export/routers/peers.h"

namespace sni::exporting {

namespace {

using Text = std::back_insert_iterator<std::string>;

constexpr std::string_view kRefused = "refused";

/// Before the ClientHello, so in front of the filter that reads that.
constexpr std::string_view kAcceptProxy =
    "    - name: envoy.filters.listener.proxy_protocol\n"
    "      typed_config:\n"
    "        \"@type\": "
    "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol\n";

std::string envoy_address(const Endpoint& endpoint) {
    if (endpoint.kind == Endpoint::Kind::unix_path) {
        return fmt::format("{{pipe: {{path: \"{}\"}}}}", endpoint.host);
    }
    return fmt::format("{{socket_address: {{address: \"{}\", port_value: {}}}}}", endpoint.host,
                       endpoint.port);
}

std::string envoy_time(std::optional<std::chrono::milliseconds> time, std::string_view usual) {
    if (!time) return std::string(usual);
    return fmt::format("{}.{:03}s", time->count() / 1000, time->count() % 1000);
}

void write_chain(Text out, const Gate& gate, std::string_view match, std::string_view cluster) {
    fmt::format_to(out,
                   "    - filter_chain_match: {{{0}}}\n"
                   "      filters:\n"
                   "      - name: envoy.filters.network.tcp_proxy\n"
                   "        typed_config:\n"
                   "          \"@type\": "
                   "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy\n"
                   "          stat_prefix: {1}\n"
                   "          cluster: {1}\n"
                   "          idle_timeout: {2}\n",
                   match, cluster, envoy_time(gate.idle, "3600s"));
}

void write_listener(Text out, const ProxyConfig& config, const Gate& gate) {
    fmt::format_to(
        out,
        "  # Port {0} of the Gateway. A name without a filter chain is closed unread.\n"
        "  - name: sni_lab_{0}\n"
        "    address: {1}\n"
        "    listener_filters:\n"
        "{2}"
        "    - name: envoy.filters.listener.tls_inspector\n"
        "      typed_config:\n"
        "        \"@type\": "
        "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector\n"
        "    # A slow client is refused, not routed without its name.\n"
        "    listener_filters_timeout: {3}\n"
        "    continue_on_listener_filters_timeout: false\n"
        "    filter_chains:\n",
        gate.port, envoy_address(gate.listen), gate.accept_proxy ? kAcceptProxy : "",
        envoy_time(gate.hello, "10s"));
    std::vector<std::optional<std::size_t>> pools;
    for (const Route& route : gate.routes) {
        if (std::ranges::find(pools, route.pool) == pools.end()) pools.push_back(route.pool);
    }
    for (const auto& pool : pools) {
        std::string names;
        bool any = false;
        for (const Route& route : gate.routes) {
            if (route.pool != pool) continue;
            if (route.name == "*") {
                any = true;
            } else {
                names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", route.name);
            }
        }
        const std::string_view cluster =
            pool ? std::string_view(config.pools[*pool].name) : kRefused;
        if (!names.empty())
            write_chain(out, gate, fmt::format("server_names: [{}]", names), cluster);
        if (any) write_chain(out, gate, "transport_protocol: tls", cluster);
    }
}

void write_cluster(Text out, const Pool& pool) {
    const bool named = std::ranges::any_of(pool.servers, [](const Server& server) {
        return server.address.kind == Endpoint::Kind::name;
    });
    fmt::format_to(out,
                   "  - name: {0}\n"
                   "    type: {1}\n"
                   "    connect_timeout: 5s\n"
                   "    # Else Envoy closes every connection beyond 1,024.\n"
                   "    circuit_breakers:\n"
                   "      thresholds:\n"
                   "      - {{max_connections: 1000000, max_pending_requests: 1000000}}\n"
                   "    load_assignment:\n"
                   "      cluster_name: {0}\n"
                   "      endpoints:\n"
                   "      - lb_endpoints:\n",
                   pool.name, named ? "STRICT_DNS" : "STATIC");
    for (const Server& server : pool.servers) {
        fmt::format_to(out,
                       "        - endpoint: {{address: {}}}\n"
                       "          load_balancing_weight: {}\n",
                       envoy_address(server.address), server.weight);
    }
    if (pool.proxy_protocol == 0) return;
    fmt::format_to(out,
                   "    transport_socket:\n"
                   "      name: envoy.transport_sockets.upstream_proxy_protocol\n"
                   "      typed_config:\n"
                   "        \"@type\": type.googleapis.com/envoy.extensions.transport_sockets."
                   "proxy_protocol.v3.ProxyProtocolUpstreamTransport\n"
                   "        config: {{version: V{}}}\n"
                   "        transport_socket:\n"
                   "          name: envoy.transport_sockets.raw_buffer\n"
                   "          typed_config:\n"
                   "            \"@type\": type.googleapis.com/envoy.extensions.transport_sockets."
                   "raw_buffer.v3.RawBuffer\n",
                   pool.proxy_protocol);
}

}  // namespace

std::string envoy(const ProxyConfig& config) {
    std::string text;
    const Text out(text);
    fmt::format_to(
        out,
        "# TLS passthrough by SNI, made by sni-lab export --api envoy. It holds no key.\n"
        "static_resources:\n"
        "  listeners:{}\n",
        config.gates.empty() ? " []" : "");
    for (const Gate& gate : config.gates) {
        write_listener(out, config, gate);
    }
    fmt::format_to(out, "  clusters:\n");
    for (const Pool& pool : config.pools) {
        write_cluster(out, pool);
    }
    fmt::format_to(out,
                   "  # Nobody is here: what comes to it is closed.\n"
                   "  - name: {0}\n"
                   "    type: STATIC\n"
                   "    connect_timeout: 5s\n"
                   "    load_assignment: {{cluster_name: {0}}}\n",
                   kRefused);
    return text;
}

}  // namespace sni::exporting
