#include <algorithm>
#include <bit>
#include <iterator>

#include <fmt/format.h>

#include "lab/export/routers/peers.h"

namespace sni::exporting {

namespace {

using Text = std::back_insert_iterator<std::string>;

/// Words that a map takes for its own; a backslash makes them names again.
bool is_word_of_map(std::string_view name) {
    return name == "default" || name == "hostnames" || name == "include" || name == "volatile";
}

/// A table of names needs buckets that hold the longest of them.
std::size_t bucket_size(const ProxyConfig& config) {
    std::size_t longest = 0;
    for (const Gate& gate : config.gates) {
        for (const Route& route : gate.routes) {
            longest = std::max(longest, route.name.size());
        }
    }
    return std::bit_ceil(std::max<std::size_t>(128, longest + 64));
}

std::size_t table_size(const ProxyConfig& config) {
    std::size_t most = 0;
    for (const Gate& gate : config.gates) {
        most = std::max(most, gate.routes.size());
    }
    return std::bit_ceil(std::max<std::size_t>(2048, 2 * most));
}

void write_upstream(Text out, const Pool& pool) {
    fmt::format_to(out, "\n    upstream {} {{\n", pool.name);
    for (const Server& server : pool.servers) {
        const std::string shared =
            pool.servers.size() == 1 ? "" : fmt::format(" weight={} max_fails=0", server.weight);
        fmt::format_to(out, "        server {}{};\n", to_string(server.address), shared);
    }
    fmt::format_to(out, "    }}\n");
}

std::string pool_name(const ProxyConfig& config, const Route& route) {
    return route.pool ? config.pools[*route.pool].name : "\"\"";
}

bool sends_proxy(const ProxyConfig& config, const Gate& gate) {
    return std::ranges::any_of(gate.routes, [&](const Route& route) {
        return route.pool && config.pools[*route.pool].proxy_protocol != 0;
    });
}

std::string settings(const ProxyConfig& config, const Gate& gate) {
    std::string text;
    if (gate.hello) text += fmt::format("        preread_timeout {}ms;\n", gate.hello->count());
    if (gate.idle) text += fmt::format("        proxy_timeout {}ms;\n", gate.idle->count());
    if (sends_proxy(config, gate)) text += "        proxy_protocol on;\n";
    return text;
}

void write_server(Text out, const ProxyConfig& config, const Gate& gate) {
    const bool has_any = !gate.routes.empty() && gate.routes.back().name == "*";
    if (has_any) {
        fmt::format_to(out,
                       "\n    # Every other name, and clients without one; what is not TLS has no\n"
                       "    # version and leads nowhere.\n"
                       "    map $ssl_preread_protocol $sni_lab_{0}_any {{\n"
                       "        default {1};\n"
                       "        \"\" \"\";\n"
                       "    }}\n",
                       gate.port, pool_name(config, gate.routes.back()));
    }
    fmt::format_to(out,
                   "\n    # Exact names win, then the longest wildcard, whatever the order here.\n"
                   "    map $sni_lab_name $sni_lab_{0} {{\n"
                   "        hostnames;\n"
                   "        default {1};\n",
                   gate.port, has_any ? fmt::format("$sni_lab_{}_any", gate.port) : "\"\"");
    for (const Route& route : gate.routes) {
        if (route.name == "*") continue;
        fmt::format_to(out, "        {}{} {};\n", is_word_of_map(route.name) ? "\\" : "",
                       route.name, pool_name(config, route));
    }
    fmt::format_to(out,
                   "    }}\n"
                   "\n    # Port {0} of the Gateway. A name that leads nowhere is closed without a "
                   "word.\n"
                   "    server {{\n"
                   "        listen {1}{2};\n"
                   "        ssl_preread on;\n"
                   "{3}"
                   "        proxy_pass $sni_lab_{0};\n"
                   "    }}\n",
                   gate.port, to_string(gate.listen), gate.accept_proxy ? " proxy_protocol" : "",
                   settings(config, gate));
}

}  // namespace

std::string nginx(const ProxyConfig& config) {
    std::string text;
    const Text out(text);
    fmt::format_to(
        out,
        "# TLS passthrough by SNI, made by sni-lab export --api nginx. Needs nginx 1.21.4 "
        "or newer\n"
        "# with the stream module, which Debian's files below load; it holds no key.\n"
        "include /etc/nginx/modules-enabled/*.conf;\n"
        "worker_processes auto;\n"
        "# Each connection takes two places and two descriptors. Where the machine gives fewer,\n"
        "# nginx says so when it starts.\n"
        "worker_rlimit_nofile 131072;\n"
        "\n"
        "events {{\n"
        "    worker_connections 65536;\n"
        "}}\n"
        "\n"
        "stream {{\n"
        "    # Room for a large ClientHello, and no endless wait for one.\n"
        "    preread_buffer_size 64k;\n"
        "    preread_timeout 10s;\n"
        "    proxy_connect_timeout 5s;\n"
        "    # Else the end of one side's data cuts off the other's answer. A client that "
        "resets may\n"
        "    # then stay until proxy_timeout, so that is no longer than nginx's own.\n"
        "    proxy_half_close on;\n"
        "    proxy_timeout 10m;\n"
        "    map_hash_max_size {};\n"
        "    map_hash_bucket_size {};\n",
        table_size(config), bucket_size(config));
    for (const Pool& pool : config.pools) {
        write_upstream(out, pool);
    }
    fmt::format_to(
        out,
        "\n    # \"hostnames\" would strip a dot from the end of a name, which Envoy does "
        "not.\n"
        "    map $ssl_preread_server_name $sni_lab_name {{\n"
        "        default $ssl_preread_server_name;\n"
        "        \"~[.]$\" \"\";\n"
        "    }}\n");
    for (const Gate& gate : config.gates) {
        write_server(out, config, gate);
    }
    return text + "}\n";
}

std::vector<std::string> nginx_notes(const ProxyConfig& config) {
    std::vector<std::string> notes;
    for (const Gate& gate : config.gates) {
        const bool v2 = std::ranges::any_of(gate.routes, [&](const Route& route) {
            return route.pool && config.pools[*route.pool].proxy_protocol == 2;
        });
        if (!v2) continue;
        notes.push_back(
            fmt::format("port {}: nginx sends version 1 of the PROXY header where "
                        "lab.yaml asks for version 2",
                        gate.port));
    }
    return notes;
}

}  // namespace sni::exporting
