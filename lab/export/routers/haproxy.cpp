#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "lab/export/routers/peers.h"

namespace sni::exporting {

namespace {

using Text = std::back_insert_iterator<std::string>;

std::string haproxy_address(const Endpoint& endpoint) {
    if (endpoint.kind == Endpoint::Kind::unix_path) return "unix@" + endpoint.host;
    return to_string(endpoint);
}

/// Any number of whole labels below the suffix. An end alone would also take ".example.com", and a
/// dot without brackets any letter.
std::string below(std::string_view wildcard) {
    std::string pattern = "^([a-z0-9_-]+[.])+";
    for (const char c : wildcard.substr(2)) {
        pattern += c == '.' ? "[.]" : std::string(1, c);
    }
    return pattern + "$";
}

std::string backend_of(const ProxyConfig& config, const Route& route) {
    return route.pool ? config.pools[*route.pool].name : "refused";
}

std::string haproxy_idle(std::string_view side, std::optional<std::chrono::milliseconds> idle) {
    return idle ? fmt::format("    timeout {} {}ms\n", side, idle->count()) : std::string();
}

void write_frontend(Text out, const ProxyConfig& config, const Gate& gate) {
    fmt::format_to(out,
                   "\n# Port {0} of the Gateway.\n"
                   "frontend sni_lab_{0}\n"
                   "    bind {1}{2}\n"
                   "{3}"
                   "    # Without a delay the verdict falls on the first segment that comes.\n"
                   "    tcp-request inspect-delay {4}\n"
                   "    tcp-request content reject unless {{ req.ssl_hello_type 1 }}\n",
                   gate.port, haproxy_address(gate.listen),
                   gate.accept_proxy ? " accept-proxy" : "", haproxy_idle("client", gate.idle),
                   gate.hello ? fmt::format("{}ms", gate.hello->count()) : "10s");
    // Exact names of one backend are one list, which is looked up as a tree; -i: in any case.
    std::vector<std::string> backends;
    for (const Route& route : gate.routes) {
        if (route.name.starts_with('*')) continue;
        const std::string to = backend_of(config, route);
        if (std::ranges::find(backends, to) == backends.end()) backends.push_back(to);
        fmt::format_to(out, "    acl to_{} req.ssl_sni -i {}\n", to, route.name);
    }
    for (const std::string& to : backends) {
        fmt::format_to(out, "    use_backend {0} if to_{0}\n", to);
    }
    std::string rest = "refused";
    bool wildcards = false;
    for (const Route& route : gate.routes) {
        if (route.name == "*") rest = backend_of(config, route);
        if (!route.name.starts_with("*.")) continue;
        if (!wildcards) fmt::format_to(out, "    # The longest first: the first that fits wins.\n");
        wildcards = true;
        fmt::format_to(out, "    use_backend {} if {{ req.ssl_sni -m reg -i '{}' }}\n",
                       backend_of(config, route), below(route.name));
    }
    fmt::format_to(out, "    default_backend {}\n", rest);
}

constexpr std::uint64_t kMostWeight = 256;

std::uint64_t largest_weight(const Pool& pool) {
    std::uint64_t largest = 1;
    for (const Server& server : pool.servers) {
        largest = std::max<std::uint64_t>(largest, server.weight);
    }
    return largest;
}

void write_backend(Text out, const Pool& pool) {
    const std::uint64_t largest = largest_weight(pool);
    fmt::format_to(out, "\nbackend {}\n{}", pool.name, haproxy_idle("server", pool.idle));
    const std::string_view header = pool.proxy_protocol == 0   ? ""
                                    : pool.proxy_protocol == 1 ? " send-proxy"
                                                               : " send-proxy-v2";
    for (std::size_t i = 0; i < pool.servers.size(); ++i) {
        const std::uint64_t weight = pool.servers[i].weight;
        const std::uint64_t scaled =
            largest <= kMostWeight
                ? weight
                : std::max<std::uint64_t>(1, (weight * kMostWeight + largest / 2) / largest);
        const std::string shared =
            pool.servers.size() == 1 ? "" : fmt::format(" weight {}", scaled);
        fmt::format_to(out, "    server s{} {}{}{}\n", i + 1,
                       haproxy_address(pool.servers[i].address), shared, header);
    }
}

}  // namespace

std::string haproxy(const ProxyConfig& config) {
    std::string text;
    const Text out(text);
    fmt::format_to(out,
                   "# TLS passthrough by SNI, made by sni-lab export --api haproxy. It holds no "
                   "key.\n"
                   "# A ClientHello in several TLS records has no name for HAProxy: it goes where "
                   "clients\n"
                   "# without a name go.\n"
                   "global\n"
                   "    # A ClientHello must fit whole, and the default leaves it 15 kB.\n"
                   "    tune.bufsize 32768\n"
                   "\n"
                   "defaults\n"
                   "    mode tcp\n"
                   "    timeout connect 5s\n"
                   "    timeout client 1h\n"
                   "    timeout server 1h\n"
                   "    # One side has finished: the other is not waited for so long.\n"
                   "    timeout client-fin 1m\n"
                   "    timeout server-fin 1m\n"
                   "    default-server init-addr last,libc,none\n");
    for (const Gate& gate : config.gates) {
        write_frontend(out, config, gate);
    }
    for (const Pool& pool : config.pools) {
        write_backend(out, pool);
    }
    fmt::format_to(out,
                   "\n# Nobody is here: what comes to it is closed without a word.\n"
                   "backend refused\n");
    return text;
}

std::vector<std::string> haproxy_notes(const ProxyConfig& config) {
    std::vector<std::string> notes;
    for (const Pool& pool : config.pools) {
        const std::uint64_t largest = largest_weight(pool);
        const bool exact = std::ranges::all_of(pool.servers, [&](const Server& server) {
            return largest <= kMostWeight || server.weight * kMostWeight % largest == 0;
        });
        if (exact) continue;
        notes.push_back(
            fmt::format("backend {}: HAProxy's weights end at {}, so the shares are "
                        "rounded to that",
                        pool.name, kMostWeight));
    }
    return notes;
}

}  // namespace sni::exporting
