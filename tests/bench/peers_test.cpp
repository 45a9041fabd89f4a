#include "lab/bench/peers.h"

#include "tests/support/catch.h"

namespace bench_peers_test {

using namespace sni::bench;
using sni::loopback;

namespace {

Wiring two_routes() {
    return {.port = 8443,
            .routes = {{"a.test", loopback(9001)}, {"*.b.test", loopback(9002)}},
            .folder = "/tmp/x",
            .threads = 2,
            .max_connections = 1000};
}

std::string file(const Setup& setup, std::string_view name) {
    for (const auto& [known, content] : setup.files) {
        if (known == name) return content;
    }
    return "no such file";
}

}  // namespace

TEST_CASE("our router gets its routes in a file", "[bench]") {
    const Setup setup = ours(two_routes(), "/bin/sni-lab");
    CHECK(setup.command == std::vector<std::string>{"/bin/sni-lab", "router", "--listen",
                                                    "127.0.0.1:8443", "--routes", "/tmp/x/routes",
                                                    "--threads", "2"});
    CHECK(file(setup, "routes") == "a.test 127.0.0.1:9001\n*.b.test 127.0.0.1:9002\n");
}

TEST_CASE("a witness stands before the first backend", "[bench]") {
    const Setup setup = witness(two_routes(), "/bin/sni-lab");
    CHECK(setup.command == std::vector<std::string>{"/bin/sni-lab", "witness", "--listen",
                                                    "127.0.0.1:8443", "--to", "127.0.0.1:9001",
                                                    "--identity", "/tmp/x/identity.key",
                                                    "--threads", "2"});
}

TEST_CASE("HAProxy splices, defers accept and has a listener for each thread", "[bench]") {
    Wiring wiring = two_routes();
    wiring.routes[1].name = "b.test";
    const Setup setup = haproxy(wiring, "/usr/sbin/haproxy");
    CHECK(setup.command ==
          std::vector<std::string>{"/usr/sbin/haproxy", "-db", "-f", "/tmp/x/haproxy.cfg"});
    CHECK(file(setup, "names.map") == "a.test b0\nb.test b1\n");
    CHECK(file(setup, "haproxy.cfg") ==
          R"(global
    maxconn 1000
    maxpipes 32
    nbthread 2
    tune.pipesize 262144

defaults
    mode tcp
    maxconn 1000
    option splice-auto
    option tcp-smart-accept
    option tcp-smart-connect
    timeout connect 5s
    timeout client 1m
    timeout server 1m

frontend sni
    bind 127.0.0.1:8443 defer-accept shards by-thread
    tcp-request inspect-delay 5s
    tcp-request content reject unless { req.ssl_hello_type 1 }
    use_backend %[req.ssl_sni,lower,map_str(/tmp/x/names.map)]

backend b0
    server s 127.0.0.1:9001

backend b1
    server s 127.0.0.1:9002
)");
    wiring.threads = 1;
    CHECK(file(haproxy(wiring, "h"), "haproxy.cfg").find("shards") == std::string::npos);
}

TEST_CASE("HAProxy takes the address of many routes from maps, wildcards by the rest of the name",
          "[bench]") {
    Wiring wiring = two_routes();
    wiring.routes.clear();
    for (int i = 0; i < 100; ++i) {
        sni::Endpoint backend = loopback(9001);
        backend.host = "127.1.0." + std::to_string(i);
        wiring.routes.push_back({(i == 0 ? "*.n" : "n") + std::to_string(i) + ".test", backend});
    }
    const Setup setup = haproxy(wiring, "/usr/sbin/haproxy");
    CHECK(file(setup, "names.map").starts_with("n1.test 127.1.0.1\nn2.test 127.1.0.2\n"));
    CHECK(file(setup, "suffixes.map") == "n0.test 127.1.0.0\n");
    const std::string config = file(setup, "haproxy.cfg");
    const std::size_t frontend = config.find("    tcp-request content reject unless { req");
    REQUIRE(frontend != std::string::npos);
    CHECK(config.substr(frontend) ==
          R"(    tcp-request content reject unless { req.ssl_hello_type 1 }
    tcp-request content set-var(txn.to) req.ssl_sni,lower,map_str_ip(/tmp/x/names.map)
    tcp-request content set-var(txn.to) req.ssl_sni,lower,field(2,.,0),map_str_ip(/tmp/x/suffixes.map) unless { var(txn.to) -m found }
    tcp-request content reject unless { var(txn.to) -m found }
    tcp-request content set-dst var(txn.to)
    tcp-request content set-dst-port int(9001)
    default_backend any

backend any
    server s 0.0.0.0:0
)");
}

TEST_CASE("nginx has a worker and a listener for each thread, and a map that fits its routes",
          "[bench]") {
    const Setup setup = nginx(two_routes(), "/usr/sbin/nginx", "/m/ngx_stream_module.so");
    CHECK(setup.command == std::vector<std::string>{"/usr/sbin/nginx", "-e", "stderr", "-p",
                                                    "/tmp/x", "-c", "/tmp/x/nginx.conf"});
    CHECK(file(setup, "nginx.conf") ==
          R"(load_module /m/ngx_stream_module.so;
daemon off;
worker_processes 2;
worker_rlimit_nofile 2064;
pid /tmp/x/nginx.pid;
error_log stderr error;

events {
    worker_connections 2064;
}

stream {
    map_hash_max_size 1024;
    map_hash_bucket_size 128;
    map $ssl_preread_server_name $backend {
        hostnames;
        a.test 127.0.0.1:9001;
        *.b.test 127.0.0.1:9002;
    }
    server {
        listen 127.0.0.1:8443 reuseport;
        ssl_preread on;
        proxy_pass $backend;
        proxy_buffer_size 64k;
        proxy_connect_timeout 5s;
        proxy_timeout 1m;
    }
}
)");
    CHECK(file(nginx(two_routes(), "n", ""), "nginx.conf").starts_with("daemon off;\n"));
}

TEST_CASE("sniproxy gets an anchored expression for each route", "[bench]") {
    const Setup setup = sniproxy(two_routes(), "/usr/sbin/sniproxy");
    CHECK(setup.command ==
          std::vector<std::string>{"/usr/sbin/sniproxy", "-f", "-c", "/tmp/x/sniproxy.conf"});
    CHECK(file(setup, "sniproxy.conf") ==
          R"(pidfile /tmp/x/sniproxy.pid

listener 127.0.0.1:8443 {
    protocol tls
    table routes
}

table routes {
    ^a\\.test$ 127.0.0.1:9001
    .*\\.b\\.test$ 127.0.0.1:9002
}
)");
}

TEST_CASE("Envoy gets a filter chain and a cluster for each route, and a worker for each thread",
          "[bench]") {
    const Setup setup = envoy(two_routes(), "/opt/envoy");
    CHECK(setup.command == std::vector<std::string>{"/opt/envoy", "-c", "/tmp/x/envoy.yaml", "-l",
                                                    "error", "--concurrency", "2",
                                                    "--disable-hot-restart"});
    const std::string config = file(setup, "envoy.yaml");
    CHECK(config.find("address: {socket_address: {address: 127.0.0.1, port_value: 8443}}") !=
          std::string::npos);
    CHECK(config.find("server_names: [\"*.b.test\"]") != std::string::npos);
    CHECK(config.find("- name: b1\n    circuit_breakers: {thresholds: [{max_connections: 1000, ") !=
          std::string::npos);
    CHECK(config.find("{address: 127.0.0.1, port_value: 9002}") != std::string::npos);
}

}  // namespace bench_peers_test
