#include "lab/bench/peers.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include <fmt/format.h>

namespace sni::bench {

namespace {

/// Above it a table is written for size rather than for looks.
constexpr std::size_t kManyRoutes = 64;

bool is_wildcard(const Destination& route) {
    return route.name.starts_with("*.");
}

std::string without_star(const Destination& route) {
    return route.name.substr(2);
}

using Text = std::back_insert_iterator<std::string>;

/// A section for each backend, found by exact name.
Setup haproxy_sections(const Wiring& wiring, std::string config) {
    std::string map;
    std::string sections;
    for (std::size_t i = 0; i < wiring.routes.size(); ++i) {
        fmt::format_to(Text(map), "{} b{}\n", wiring.routes[i].name, i);
        fmt::format_to(Text(sections), "\nbackend b{}\n    server s {}\n", i,
                       to_string(wiring.routes[i].backend));
    }
    fmt::format_to(Text(config), "    use_backend %[req.ssl_sni,lower,map_str({}/names.map)]\n",
                   wiring.folder);
    return {.files = {{"haproxy.cfg", config + sections}, {"names.map", map}}, .command = {}};
}

/// One backend whose server takes its address from a map; wildcards by the name without its first
/// label. All backends have one port, as the lab's have.
Setup haproxy_addresses(const Wiring& wiring, std::string config) {
    std::string names;
    std::string suffixes;
    for (const Destination& route : wiring.routes) {
        const bool wild = is_wildcard(route);
        fmt::format_to(Text(wild ? suffixes : names), "{} {}\n",
                       wild ? without_star(route) : route.name, route.backend.host);
    }
    fmt::format_to(
        Text(config),
        "    tcp-request content set-var(txn.to) req.ssl_sni,lower,map_str_ip({0}/names.map)\n"
        "    tcp-request content set-var(txn.to) "
        "req.ssl_sni,lower,field(2,.,0),map_str_ip({0}/suffixes.map) unless {{ var(txn.to) -m "
        "found }}\n"
        "    tcp-request content reject unless {{ var(txn.to) -m found }}\n"
        "    tcp-request content set-dst var(txn.to)\n"
        "    tcp-request content set-dst-port int({1})\n"
        "    default_backend any\n"
        "\n"
        "backend any\n"
        "    server s 0.0.0.0:0\n",
        wiring.folder, wiring.routes.front().backend.port);
    return {.files = {{"haproxy.cfg", std::move(config)},
                      {"names.map", std::move(names)},
                      {"suffixes.map", std::move(suffixes)}},
            .command = {}};
}

/// Quoted for a configuration that takes a backslash for its own before the expression sees it.
std::string sniproxy_pattern(const Destination& route) {
    std::string pattern = is_wildcard(route) ? ".*\\\\." : "^";
    for (const char c : is_wildcard(route) ? without_star(route) : route.name) {
        pattern += c == '.' ? "\\\\." : std::string(1, c);
    }
    return pattern + "$";
}

}  // namespace

Setup ours(const Wiring& wiring, const std::string& self) {
    std::string routes;
    for (const Destination& route : wiring.routes) {
        fmt::format_to(Text(routes), "{} {}\n", route.name, to_string(route.backend));
    }
    return {.files = {{"routes", std::move(routes)}},
            .command = {self, "router", "--listen", to_string(loopback(wiring.port)), "--routes",
                        wiring.folder + "/routes", "--threads", fmt::format("{}", wiring.threads)}};
}

Setup copying(const Wiring& wiring, const std::string& self) {
    Setup setup = ours(wiring, self);
    setup.command.insert(setup.command.end(), {"--max-pipes", "0"});
    return setup;
}

Setup witness(const Wiring& wiring, const std::string& self) {
    return {.files = {},
            .command = {self, "witness", "--listen", to_string(loopback(wiring.port)), "--to",
                        to_string(wiring.routes.front().backend), "--identity",
                        wiring.folder + "/identity.key", "--threads",
                        fmt::format("{}", wiring.threads)}};
}

Setup haproxy(const Wiring& wiring, const std::string& program) {
    std::string config = fmt::format(
        "global\n"
        "    maxconn {0}\n"
        "    maxpipes 32\n"
        "    nbthread {1}\n"
        "    tune.pipesize 262144\n"
        "\n"
        "defaults\n"
        "    mode tcp\n"
        "    maxconn {0}\n"
        "    option splice-auto\n"
        "    option tcp-smart-accept\n"
        "    option tcp-smart-connect\n"
        "    timeout connect 5s\n"
        "    timeout client 1m\n"
        "    timeout server 1m\n"
        "\n"
        "frontend sni\n"
        "    bind {2} defer-accept{3}\n"
        "    tcp-request inspect-delay 5s\n"
        "    tcp-request content reject unless {{ req.ssl_hello_type 1 }}\n",
        wiring.max_connections, wiring.threads, to_string(loopback(wiring.port)),
        wiring.threads > 1 ? " shards by-thread" : "");
    const bool many = wiring.routes.size() > kManyRoutes;
    Setup setup = many ? haproxy_addresses(wiring, std::move(config))
                       : haproxy_sections(wiring, std::move(config));
    setup.command = {program, "-db", "-f", wiring.folder + "/haproxy.cfg"};
    return setup;
}

Setup nginx(const Wiring& wiring, const std::string& program, const std::string& module) {
    std::string config;
    if (!module.empty()) fmt::format_to(Text(config), "load_module {};\n", module);
    const std::size_t per_worker = 2 * wiring.max_connections + 64;
    fmt::format_to(Text(config),
                   "daemon off;\n"
                   "worker_processes {};\n"
                   "worker_rlimit_nofile {};\n"
                   "pid {}/nginx.pid;\n"
                   "error_log stderr error;\n"
                   "\n"
                   "events {{\n"
                   "    worker_connections {};\n"
                   "}}\n"
                   "\n"
                   "stream {{\n"
                   "    map_hash_max_size {};\n"
                   "    map_hash_bucket_size 128;\n"
                   "    map $ssl_preread_server_name $backend {{\n"
                   "        hostnames;\n",
                   wiring.threads, per_worker, wiring.folder, per_worker,
                   std::bit_ceil(std::max<std::size_t>(1024, 2 * wiring.routes.size())));
    for (const Destination& route : wiring.routes) {
        fmt::format_to(Text(config), "        {} {};\n", route.name, to_string(route.backend));
    }
    fmt::format_to(Text(config),
                   "    }}\n"
                   "    server {{\n"
                   "        listen {}{};\n"
                   "        ssl_preread on;\n"
                   "        proxy_pass $backend;\n"
                   "        proxy_buffer_size 64k;\n"
                   "        proxy_connect_timeout 5s;\n"
                   "        proxy_timeout 1m;\n"
                   "    }}\n"
                   "}}\n",
                   to_string(loopback(wiring.port)), wiring.threads > 1 ? " reuseport" : "");
    return {.files = {{"nginx.conf", std::move(config)}},
            .command = {program, "-e", "stderr", "-p", wiring.folder, "-c",
                        wiring.folder + "/nginx.conf"}};
}

Setup envoy(const Wiring& wiring, const std::string& program) {
    const auto address = [](const Endpoint& at) {
        return fmt::format("{{socket_address: {{address: {}, port_value: {}}}}}", at.host, at.port);
    };
    std::string chains;
    std::string clusters;
    for (std::size_t i = 0; i < wiring.routes.size(); ++i) {
        fmt::format_to(Text(chains),
                       "    - filter_chain_match: {{server_names: [\"{0}\"]}}\n"
                       "      filters:\n"
                       "      - name: tcp\n"
                       "        typed_config:\n"
                       "          \"@type\": type.googleapis.com/"
                       "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy\n"
                       "          stat_prefix: b{1}\n"
                       "          cluster: b{1}\n",
                       wiring.routes[i].name, i);
        fmt::format_to(Text(clusters),
                       "  - name: b{0}\n"
                       "    circuit_breakers: {{thresholds: [{{max_connections: {1}, "
                       "max_pending_requests: {1}}}]}}\n"
                       "    load_assignment: {{cluster_name: b{0}, endpoints: [{{lb_endpoints: "
                       "[{{endpoint: {{address: {2}}}}}]}}]}}\n",
                       i, wiring.max_connections, address(wiring.routes[i].backend));
    }
    std::string config = fmt::format(
        "static_resources:\n"
        "  listeners:\n"
        "  - name: gate\n"
        "    address: {}\n"
        "    listener_filters:\n"
        "    - name: tls\n"
        "      typed_config: {{\"@type\": type.googleapis.com/"
        "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector}}\n"
        "    filter_chains:\n"
        "{}  clusters:\n"
        "{}",
        address(loopback(wiring.port)), chains, clusters);
    return {
        .files = {{"envoy.yaml", std::move(config)}},
        .command = {program, "-c", wiring.folder + "/envoy.yaml", "-l", "error", "--concurrency",
                    fmt::format("{}", wiring.threads), "--disable-hot-restart"}};
}

Setup sniproxy(const Wiring& wiring, const std::string& program) {
    std::string config = fmt::format(
        "pidfile {}/sniproxy.pid\n"
        "\n"
        "listener {} {{\n"
        "    protocol tls\n"
        "    table routes\n"
        "}}\n"
        "\n"
        "table routes {{\n",
        wiring.folder, to_string(loopback(wiring.port)));
    for (const Destination& route : wiring.routes) {
        fmt::format_to(Text(config), "    {} {}\n", sniproxy_pattern(route),
                       to_string(route.backend));
    }
    config += "}\n";
    return {.files = {{"sniproxy.conf", std::move(config)}},
            .command = {program, "-f", "-c", wiring.folder + "/sniproxy.conf"}};
}

}  // namespace sni::bench
