#include "lab/export/routers/peers.h"

#include "lab/yaml/yaml.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace export_peers_test {

using namespace sni;
using namespace sni::exporting;
using sni::test::Contains;

namespace {

/// One exact name, one refused below a wildcard, and everything else.
ProxyConfig sample(bool any = false) {
    ProxyConfig config;
    config.pools = {{"ns-a-443", {{loopback(1001), 1}}},
                    {"ns-vs", {{loopback(1001), 3}, {loopback(1002), 1}}}};
    config.gates = {{.port = 443,
                     .listen = loopback(9443),
                     .routes = {{"a.example.com", 0},
                                {"b.example.com", 0},
                                {"lost.example.com", {}},
                                {"*.b.example.com", 1},
                                {"*.example.com", 0}}}};
    if (any) config.gates[0].routes.push_back({"*", 1});
    return config;
}

std::size_t at(const std::string& text, std::string_view what) {
    CAPTURE(text, what);
    REQUIRE(text.find(what) != std::string::npos);
    return text.find(what);
}

}  // namespace

TEST_CASE("nginx gets its names as a map of hostnames, and refuses by an empty upstream",
          "[export]") {
    const std::string text = nginx(sample());
    at(text,
       "    map $sni_lab_name $sni_lab_443 {\n"
       "        hostnames;\n"
       "        default \"\";\n"
       "        a.example.com ns-a-443;\n"
       "        b.example.com ns-a-443;\n"
       "        lost.example.com \"\";\n"
       "        *.b.example.com ns-vs;\n"
       "        *.example.com ns-a-443;\n"
       "    }\n");
    at(text, "server 127.0.0.1:1001 weight=3 max_fails=0;\n        server 127.0.0.1:1002 weight=1");
    at(text, "listen 127.0.0.1:9443;\n        ssl_preread on;\n        proxy_pass $sni_lab_443;");
    for (const char* trap :
         {"preread_buffer_size 64k;", "preread_timeout 10s;", "proxy_half_close on;",
          "proxy_connect_timeout 5s;", "\"~[.]$\" \"\";"}) {
        at(text, trap);
    }
}

TEST_CASE("nginx sends every other name on, but not what is no TLS", "[export]") {
    const std::string text = nginx(sample(true));
    at(text,
       "map $ssl_preread_protocol $sni_lab_443_any {\n        default ns-vs;\n        \"\" \"\";");
    at(text, "default $sni_lab_443_any;");
}

TEST_CASE("nginx takes names that are words of its map, and names as long as can be", "[export]") {
    ProxyConfig config = sample();
    const std::string label(61, 'x');
    const std::string longest = label + "." + label + "." + label + "." + label + ".org";
    config.gates[0].routes = {{"default", 0}, {"include", 0}, {longest, 0}};
    const std::string text = nginx(config);
    at(text, "        \\default ns-a-443;\n        \\include ns-a-443;\n");
    at(text, "map_hash_bucket_size 512;");
}

TEST_CASE("HAProxy gets exact names before wildcards, the longest first", "[export]") {
    const std::string text = haproxy(sample());
    at(text,
       "    acl to_ns-a-443 req.ssl_sni -i a.example.com\n"
       "    acl to_ns-a-443 req.ssl_sni -i b.example.com\n"
       "    acl to_refused req.ssl_sni -i lost.example.com\n"
       "    use_backend ns-a-443 if to_ns-a-443\n"
       "    use_backend refused if to_refused\n");
    const auto deep = at(text,
                         "use_backend ns-vs if { req.ssl_sni -m reg -i "
                         "'^([a-z0-9_-]+[.])+b[.]example[.]com$' }");
    const auto wide = at(text,
                         "use_backend ns-a-443 if { req.ssl_sni -m reg -i "
                         "'^([a-z0-9_-]+[.])+example[.]com$' }");
    CHECK(at(text, "use_backend refused if to_refused") < deep);
    CHECK(deep < wide);
    CHECK(wide < at(text, "default_backend refused"));
    for (const char* trap :
         {"tcp-request inspect-delay 10s",
          "tcp-request content reject unless { req.ssl_hello_type 1 }", "tune.bufsize 32768",
          "timeout connect 5s", "timeout client 1h", "timeout server 1h"}) {
        at(text, trap);
    }
    at(haproxy(sample(true)), "default_backend ns-vs\n");
}

TEST_CASE("HAProxy's weights are scaled to what it takes", "[export]") {
    ProxyConfig config = sample();
    config.pools[1].servers = {{loopback(1), 1000}, {loopback(2), 250}, {loopback(3), 1}};
    const std::string text = haproxy(config);
    at(text,
       "server s1 127.0.0.1:1 weight 256\n"
       "    server s2 127.0.0.1:2 weight 64\n"
       "    server s3 127.0.0.1:3 weight 1\n");
}

TEST_CASE("Envoy's configuration is YAML with a filter chain for each pool", "[export]") {
    const std::vector<manifest::File> files = {{"envoy.yaml", envoy(sample(true))}};
    manifest::Findings findings(files);
    const auto stream = yaml::parse(0, findings);
    REQUIRE(stream.whole);
    REQUIRE(stream.documents.size() == 1);
    const auto* resources = stream.documents[0].find("static_resources");
    REQUIRE(resources != nullptr);
    const auto& listener = resources->find("listeners")->items().at(0);
    CHECK(listener.find("continue_on_listener_filters_timeout")->text() == "false");
    const auto& chains = listener.find("filter_chains")->items();
    std::vector<std::string> shown;
    for (const auto& chain : chains) {
        std::string line;
        const auto* match = chain.find("filter_chain_match");
        if (const auto* names = match->find("server_names")) {
            for (const auto& name : names->items()) {
                line += name.text() + " ";
            }
        }
        if (const auto* protocol = match->find("transport_protocol"))
            line += protocol->text() + " ";
        const auto* config = chain.find("filters")->items().at(0).find("typed_config");
        shown.push_back(line + "-> " + config->find("cluster")->text());
    }
    CHECK(shown == std::vector<std::string>{"a.example.com b.example.com *.example.com -> ns-a-443",
                                            "lost.example.com -> refused",
                                            "*.b.example.com -> ns-vs", "tls -> ns-vs"});
    const auto& clusters = resources->find("clusters")->items();
    REQUIRE(clusters.size() == 3);
    const auto& shared = clusters[1].find("load_assignment")->find("endpoints")->items().at(0);
    CHECK(shared.find("lb_endpoints")->items().at(0).find("load_balancing_weight")->text() == "3");
}

TEST_CASE("each router spells addresses in its own way", "[export]") {
    ProxyConfig config = sample();
    config.pools[0].servers = {{*parse_endpoint("[::1]:8443"), 1},
                               {*parse_endpoint("unix:/run/a.sock"), 1},
                               {*parse_endpoint("a.example.org:8443"), 1}};
    const std::string for_nginx = nginx(config);
    at(for_nginx, "server [::1]:8443 ");
    at(for_nginx, "server unix:/run/a.sock ");
    const std::string for_haproxy = haproxy(config);
    at(for_haproxy, "server s1 [::1]:8443 ");
    at(for_haproxy, "server s2 unix@/run/a.sock ");
    const std::string for_envoy = envoy(config);
    at(for_envoy, "{socket_address: {address: \"::1\", port_value: 8443}}");
    at(for_envoy, "{pipe: {path: \"/run/a.sock\"}}");
    at(for_envoy, "type: STRICT_DNS");
}

TEST_CASE("what lab.yaml says about a port is in every router's own words", "[export]") {
    ProxyConfig config = sample();
    config.gates[0].hello = std::chrono::milliseconds(500);
    config.gates[0].idle = std::chrono::milliseconds(1500);
    config.gates[0].accept_proxy = true;
    for (Pool& pool : config.pools) {
        pool.proxy_protocol = 2;
        pool.idle = std::chrono::milliseconds(1500);
    }
    const std::string by_envoy = envoy(config);
    at(by_envoy, "listener_filters_timeout: 0.500s");
    at(by_envoy, "idle_timeout: 1.500s");
    at(by_envoy, "ProxyProtocolUpstreamTransport\n        config: {version: V2}");
    CHECK(at(by_envoy, "envoy.filters.listener.proxy_protocol") <
          at(by_envoy, "envoy.filters.listener.tls_inspector"));
    const std::string by_haproxy = haproxy(config);
    at(by_haproxy, "bind 127.0.0.1:9443 accept-proxy\n    timeout client 1500ms\n");
    at(by_haproxy, "tcp-request inspect-delay 500ms");
    at(by_haproxy, "backend ns-a-443\n    timeout server 1500ms\n");
    at(by_haproxy, "    server s1 127.0.0.1:1001 send-proxy-v2\n");
    const std::string by_nginx = nginx(config);
    at(by_nginx, "listen 127.0.0.1:9443 proxy_protocol;");
    at(by_nginx,
       "preread_timeout 500ms;\n        proxy_timeout 1500ms;\n        proxy_protocol on;");
    REQUIRE(nginx_notes(config).size() == 1);
    CHECK_THAT(nginx_notes(config)[0], Contains("version 1 of the PROXY header"));
    config.pools[0].proxy_protocol = config.pools[1].proxy_protocol = 1;
    CHECK(nginx_notes(config).empty());
    at(haproxy(config), " send-proxy\n");
}

TEST_CASE("no router closes connections that ours would hold", "[export]") {
    at(envoy(sample()), "- {max_connections: 1000000, max_pending_requests: 1000000}");
    at(nginx(sample()), "worker_connections 65536;");
    at(nginx(sample()), "worker_rlimit_nofile 131072;");
}

TEST_CASE("weights that HAProxy can only round have a note", "[export]") {
    ProxyConfig config = sample();
    CHECK(haproxy_notes(config).empty());
    config.pools[1].servers = {{loopback(1), 999}, {loopback(2), 1}};
    REQUIRE(haproxy_notes(config).size() == 1);
    CHECK_THAT(haproxy_notes(config)[0], Contains("backend ns-vs"));
}

}  // namespace export_peers_test
