#include "lab/peers/passthrough.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sni::peers {

namespace {

using nlohmann::json;

/// What fills the places of a configuration, by name.
std::string filled(std::string_view text, const Passthrough& site) {
    return fmt::format(
        fmt::runtime(text), fmt::arg("name", site.name), fmt::arg("listen", to_string(site.listen)),
        fmt::arg("host", site.listen.host), fmt::arg("port", site.listen.port),
        fmt::arg("target", to_string(site.target)), fmt::arg("target_host", site.target.host),
        fmt::arg("target_port", site.target.port), fmt::arg("decoy", to_string(site.decoy)),
        fmt::arg("decoy_host", site.decoy.host), fmt::arg("decoy_port", site.decoy.port),
        fmt::arg("folder", site.folder), fmt::arg("ms", site.hello_timeout.count()),
        fmt::arg("seconds",
                 fmt::format("{}s", std::chrono::duration<double>(site.hello_timeout).count())),
        fmt::arg("seconds_whole",
                 std::chrono::ceil<std::chrono::seconds>(site.hello_timeout).count()));
}

Setup with_file(std::string file, std::string content, std::vector<std::string> command) {
    return {.files = {{std::move(file), std::move(content)}}, .command = std::move(command)};
}

Setup our_router(const Passthrough& site, const std::string& program) {
    return {.files = {},
            .command = {program, "router", "--listen", to_string(site.listen), "--route",
                        site.name + "=" + to_string(site.target), "--route",
                        "*=" + to_string(site.decoy), "--hello-timeout",
                        fmt::format("{}ms", site.hello_timeout.count())}};
}

/// req.ssl_sni reads one record, and finds some name where that is cut in the middle: what the
/// record holds has to be the whole hello.
constexpr const char* kHaproxyWholeHello =
    "    tcp-request content set-var(txn.record) req.payload(3,2),hex,hex2i if { "
    "req.ssl_hello_type 1 }\n"
    "    tcp-request content set-var(txn.hello) req.payload(6,3),hex,hex2i,add(4) if { "
    "req.ssl_hello_type 1 }\n"
    "    tcp-request content reject if { var(txn.record),sub(txn.hello) lt 0 }\n";

Setup haproxy(Config config, const Passthrough& site, const std::string& program) {
    const bool guide = config == Config::guide;
    std::string text = guide ? "" : "global\n    tune.bufsize 131072\n\n";
    text += filled(
        "defaults\n"
        "    mode tcp\n"
        "    timeout connect 5s\n"
        "    timeout client 1m\n"
        "    timeout server 1m\n"
        "\n"
        "frontend sni\n"
        "    bind {listen}\n"
        "    tcp-request inspect-delay {ms}ms\n",
        site);
    text += guide ? "" : kHaproxyWholeHello;
    text += "    tcp-request content accept if { req.ssl_hello_type 1 }\n";
    text += guide ? "" : "    tcp-request content reject\n";
    text += filled("    use_backend target if {{ req.ssl_sni -i {name} }}\n", site);
    text += guide ? "    default_backend decoy\n"
                  : "    use_backend decoy if { req.ssl_sni -m found }\n";
    text += filled(
        "\n"
        "backend target\n"
        "    server s {target}\n"
        "\n"
        "backend decoy\n"
        "    server s {decoy}\n",
        site);
    return with_file("haproxy.cfg", text, {program, "-db", "-f", site.folder + "/haproxy.cfg"});
}

Setup nginx(Config config, const Passthrough& site, const std::string& program,
            const std::string& module) {
    std::string text = module.empty() ? "" : "load_module " + module + ";\n";
    text += filled(
        "daemon off;\n"
        "pid {folder}/nginx.pid;\n"
        "error_log stderr crit;\n"
        "\n"
        "events {{\n"
        "    worker_connections 4096;\n"
        "}}\n"
        "\n"
        "stream {{\n"
        "    preread_timeout {ms}ms;\n",
        site);
    text += filled(config == Config::guide ? "    map $ssl_preread_server_name $backend {{\n"
                                             "        {name} {target};\n"
                                             "        default {decoy};\n"
                                             "    }}\n"
                                           : "    preread_buffer_size 128k;\n"
                                             "    proxy_half_close on;\n"
                                             "    map $ssl_preread_server_name $named {{\n"
                                             "        hostnames;\n"
                                             "        {name} {target};\n"
                                             "        \"\" \"\";\n"
                                             "        default {decoy};\n"
                                             "    }}\n"
                                             "    map $ssl_preread_protocol $backend {{\n"
                                             "        \"\" \"\";\n"
                                             "        default $named;\n"
                                             "    }}\n",
                   site);
    text += filled(
        "    server {{\n"
        "        listen {listen};\n"
        "        ssl_preread on;\n"
        "        proxy_pass $backend;\n"
        "    }}\n"
        "}}\n",
        site);
    return with_file(
        "nginx.conf", text,
        {program, "-e", "stderr", "-p", site.folder, "-c", site.folder + "/nginx.conf"});
}

Setup envoy(Config config, const Passthrough& site, const std::string& program) {
    const auto chain = [](const char* match, const char* cluster) {
        return fmt::format(
            "    - {0}\n"
            "      filters:\n"
            "      - name: envoy.filters.network.tcp_proxy\n"
            "        typed_config: {{\"@type\": type.googleapis.com/"
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: {1}, "
            "cluster: {1}}}\n",
            match, cluster);
    };
    const auto cluster = [](const char* name, const Endpoint& at) {
        return fmt::format(
            "  - name: {0}\n"
            "    connect_timeout: 5s\n"
            "    load_assignment: {{cluster_name: {0}, endpoints: [{{lb_endpoints: [{{endpoint: "
            "{{address: {{socket_address: {{address: {1}, port_value: {2}}}}}}}}}]}}]}}\n",
            name, at.host, at.port);
    };
    const bool guide = config == Config::guide;
    const std::string text =
        filled(
            "static_resources:\n"
            "  listeners:\n"
            "  - name: sni\n"
            "    address: {{socket_address: {{address: {host}, port_value: {port}}}}}\n"
            "    listener_filters_timeout: {seconds}\n"
            "    listener_filters:\n"
            "    - name: envoy.filters.listener.tls_inspector\n"
            "      typed_config:\n"
            "        \"@type\": type.googleapis.com/"
            "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector\n",
            site) +
        (guide ? "" : "        close_connection_on_client_hello_parsing_errors: true\n") +
        "    filter_chains:\n" +
        chain(filled("filter_chain_match: {{server_names: [{name}]}}", site).c_str(), "target") +
        chain(guide ? "filter_chain_match: {}" : "filter_chain_match: {transport_protocol: tls}",
              "decoy") +
        "  clusters:\n" + cluster("target", site.target) + cluster("decoy", site.decoy);
    return with_file("envoy.yaml", text,
                     {program, "-c", site.folder + "/envoy.yaml", "-l", "error", "--concurrency",
                      "2", "--disable-hot-restart"});
}

Setup sniproxy(Config config, const Passthrough& site, const std::string& program) {
    const bool guide = config == Config::guide;
    std::string pattern = site.name;
    if (!guide) {
        // Its reader of files eats a backslash, and its expressions are not anchored.
        pattern = "(?i)^";
        for (const char c : site.name) {
            pattern += c == '.' ? "[.]" : std::string(1, c);
        }
        pattern += "$";
    }
    std::string text = filled(
        "pidfile {folder}/sniproxy.pid\n"
        "\n"
        "listener {listen} {{\n"
        "    proto tls\n"
        "    table hosts\n",
        site);
    if (guide) text += filled("    fallback {decoy}\n", site);
    text += "}\n\ntable hosts {\n";
    text += fmt::format("    {} {}\n", pattern, to_string(site.target));
    if (!guide) text += filled("    (?i)^[a-z0-9._-]+$ {decoy}\n", site);
    return with_file("sniproxy.conf", text + "}\n",
                     {program, "-f", "-c", site.folder + "/sniproxy.conf"});
}

Setup sslh(Config config, const Passthrough& site, const std::string& program) {
    // Without a last rule for anything else, that goes to the first one.
    const std::string text =
        filled(
            "foreground: true;\n"
            "numeric: true;\n"
            "timeout: {seconds_whole};\n"
            "pidfile: \"{folder}/sslh.pid\";\n"
            "listen: ( {{ host: \"{host}\"; port: \"{port}\"; }} );\n"
            "protocols: (\n"
            "    {{ name: \"tls\"; host: \"{target_host}\"; port: \"{target_port}\"; "
            "sni_hostnames: [ \"{name}\" ]; }},\n"
            "    {{ name: \"tls\"; host: \"{decoy_host}\"; port: \"{decoy_port}\"; }},\n",
            site) +
        (config == Config::guide
             ? filled(
                   "    {{ name: \"anyprot\"; host: \"{decoy_host}\"; port: \"{decoy_port}\"; }}\n",
                   site)
             : std::string("    { name: \"anyprot\"; host: \"127.0.0.1\"; port: \"1\"; }\n")) +
        ");\n";
    return with_file("sslh.cfg", text, {program, "-F" + site.folder + "/sslh.cfg"});
}

Setup caddy(Config config, const Passthrough& site, const std::string& program) {
    const auto route_to = [](const Endpoint& to) {
        json upstream;
        upstream["dial"] = json::array({"tcp/" + to_string(to)});
        json handler;
        handler["handler"] = "proxy";
        handler["upstreams"] = json::array({upstream});
        json route;
        route["handle"] = json::array({handler});
        return route;
    };
    json named = route_to(site.target);
    json match;
    match["tls"]["sni"] = json::array({site.name});
    named["match"] = json::array({match});
    json otherwise = route_to(site.decoy);
    if (config == Config::tuned) {
        match["tls"] = json::object();
        otherwise["match"] = json::array({match});
    }
    json text;
    text["admin"]["disabled"] = true;
    text["admin"]["config"]["persist"] = false;
    json& server = text["apps"]["layer4"]["servers"]["sni"];
    server["listen"] = json::array({"tcp/" + to_string(site.listen)});
    server["matching_timeout"] = fmt::format("{}ms", site.hello_timeout.count());
    server["routes"] = json::array({named, otherwise});
    return with_file(
        "caddy.json", text.dump(4) + "\n",
        {"/usr/bin/env", "XDG_DATA_HOME=" + site.folder, "XDG_CONFIG_HOME=" + site.folder, program,
         "run", "--config", site.folder + "/caddy.json"});
}

Setup traefik_router(Config config, const Passthrough& site, const std::string& program) {
    const auto rule = [](const std::string& match, const Endpoint& to, const char* priority) {
        return json::array({match, to_string(to), priority});
    };
    json text;
    json& entry = text[to_string(site.listen)];
    entry["hello_timeout_ms"] = site.hello_timeout.count();
    entry["connect_timeout_ms"] = 5'000;
    entry["rules"] =
        json::array({rule("HostSNI(`" + site.name + "`)", site.target, "100"),
                     rule(config == Config::guide ? "HostSNI(`*`)" : "HostSNIRegexp(`^.+$`)",
                          site.decoy, "1")});
    return with_file("traefik.json", text.dump(4) + "\n", {program, site.folder + "/traefik.json"});
}

Setup tcpproxy(Config config, const Passthrough& site, const std::string& program) {
    Setup setup{
        .files = {},
        .command = {program, to_string(site.listen), site.name + "=" + to_string(site.target)}};
    // It has no default for TLS alone.
    if (config == Config::guide) setup.command.push_back("*=" + to_string(site.decoy));
    return setup;
}

}  // namespace

std::string_view to_string(Config config) {
    return config == Config::guide ? "guide" : "tuned";
}

Setup set_up(Product product, Config config, const Passthrough& site, const std::string& program,
             const std::string& module) {
    switch (product) {
        case Product::sni_lab:
            return our_router(site, program);
        case Product::haproxy:
            return haproxy(config, site, program);
        case Product::nginx:
            return nginx(config, site, program, module);
        case Product::envoy:
            return envoy(config, site, program);
        case Product::sniproxy:
            return sniproxy(config, site, program);
        case Product::sslh:
            return sslh(config, site, program);
        case Product::caddy:
            return caddy(config, site, program);
        case Product::traefik_router:
            return traefik_router(config, site, program);
        case Product::tcpproxy:
            break;
    }
    return tcpproxy(config, site, program);
}

}  // namespace sni::peers
