#include "lab/peers/passthrough.h"

#include "tests/support/catch.h"

namespace peers_passthrough_test {

using namespace sni;
using namespace sni::peers;

namespace {

Passthrough site() {
    return {.name = "a.test",
            .listen = loopback(9443),
            .target = loopback(10443),
            .decoy = loopback(10444),
            .folder = "/tmp/x"};
}

std::string all_of(const Setup& setup) {
    std::string text;
    for (const auto& [name, content] : setup.files) {
        text += content;
    }
    for (const std::string& word : setup.command) {
        text += word + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("every product is led to the target and the decoy, by its files or its command",
          "[peers]") {
    for (const Product product : kProducts) {
        for (const Config config : {Config::guide, Config::tuned}) {
            const Setup setup = set_up(product, config, site(), "/opt/p");
            const std::string text = all_of(setup);
            CAPTURE(to_string(product), to_string(config), text);
            for (const char* word : {"9443", "10443", "/opt/p"}) {
                CHECK_THAT(text, test::Contains(word));
            }
            const bool named = text.contains("a.test") || text.contains("a[.]test");
            CHECK(named);
            const bool has_decoy = text.contains("10444");
            CHECK(has_decoy == !(product == Product::tcpproxy && config == Config::tuned));
        }
    }
}

TEST_CASE("HAProxy has a default backend as guides have it, and none when it is tuned", "[peers]") {
    const Setup guide = set_up(Product::haproxy, Config::guide, site(), "/usr/sbin/haproxy");
    CHECK(guide.command ==
          std::vector<std::string>{"/usr/sbin/haproxy", "-db", "-f", "/tmp/x/haproxy.cfg"});
    CHECK(guide.files.front().second ==
          R"(defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m

frontend sni
    bind 127.0.0.1:9443
    tcp-request inspect-delay 2000ms
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend target if { req.ssl_sni -i a.test }
    default_backend decoy

backend target
    server s 127.0.0.1:10443

backend decoy
    server s 127.0.0.1:10444
)");
    const std::string tuned =
        all_of(set_up(Product::haproxy, Config::tuned, site(), "/usr/sbin/haproxy"));
    CHECK_THAT(tuned, test::Contains("tune.bufsize 131072"));
    CHECK_THAT(tuned, test::Contains("tcp-request content reject\n"));
    CHECK_THAT(tuned, test::Contains("reject if { var(txn.record),sub(txn.hello) lt 0 }"));
    CHECK_THAT(tuned, test::Contains("use_backend decoy if { req.ssl_sni -m found }"));
    CHECK_FALSE(tuned.contains("default_backend"));
}

TEST_CASE("nginx loads its module where that is a file of its own", "[peers]") {
    const std::string guide =
        all_of(set_up(Product::nginx, Config::guide, site(), "nginx", "/m/stream.so"));
    CHECK_THAT(guide, test::StartsWith("load_module /m/stream.so;\ndaemon off;\n"));
    CHECK_THAT(guide, test::Contains("        a.test 127.0.0.1:10443;\n"
                                     "        default 127.0.0.1:10444;\n"));
    const std::string tuned = all_of(set_up(Product::nginx, Config::tuned, site(), "nginx"));
    CHECK_THAT(tuned, test::StartsWith("daemon off;\n"));
    CHECK_THAT(tuned, test::Contains("proxy_half_close on;"));
}

TEST_CASE("our router gets its limit for hellos", "[peers]") {
    CHECK(set_up(Product::sni_lab, Config::guide, site(), "/bin/sni-lab").command ==
          std::vector<std::string>{"/bin/sni-lab", "router", "--listen", "127.0.0.1:9443",
                                   "--route", "a.test=127.0.0.1:10443", "--route",
                                   "*=127.0.0.1:10444", "--hello-timeout", "2000ms"});
}

}  // namespace peers_passthrough_test
