// verify --gateway against gateways that are not ours, in front of our backend.
#include <csignal>

#include <nlohmann/json.hpp>

#include "tests/support/background.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_gateways_test {

using namespace sni::test;
using nlohmann::json;

namespace {

/// A certificate and a backend with it, as two people would start them by hand.
class Site {
  public:
    explicit Site(const std::vector<std::string>& certgen_flags = {}) {
        std::vector<std::string> certgen = {
            "certgen", "httpbin.example.com", "--org", "myorg", "--out", "."};
        certgen.insert(certgen.end(), certgen_flags.begin(), certgen_flags.end());
        const Finished made = folder.run(certgen);
        INFO(made.err);
        REQUIRE(made.status == 0);
        backend.emplace(folder.command({"backend", "--listen", "127.0.0.1:0", "--cert",
                                        "httpbin.example.com.crt", "--key",
                                        "httpbin.example.com.key", "--identity", "id.key"}));
        address = backend->line().substr(std::string("ready ").size());
    }

    /// Waits for a gateway that is still starting.
    Finished verify(const std::string& gateway) const { return verify_within("20s", gateway); }

    /// For one that was seen working: what it says now is its answer.
    Finished verify_now(const std::string& gateway) const { return verify_within("0s", gateway); }

    LabFolder folder;
    std::optional<Background> backend;
    std::string address;

  private:
    Finished verify_within(const std::string& wait, const std::string& gateway) const {
        return folder.run({"verify", "--gateway", gateway, "--sni", "httpbin.example.com",
                           "--identity", "id.key.pub", "--wait", wait, "--json"});
    }
};

std::string verdict_of(const Finished& verified) {
    INFO(verified.err);
    return json::parse(verified.out)["verdict"];
}

}  // namespace

TEST_CASE("socat that re-encrypts with the backend's own certificate and key is caught", "[e2e]") {
    if (!have("socat")) return;
    const Site site;
    const std::string port = free_port();
    const std::string folder = site.folder.path().string();
    const Background socat(
        {"socat",
         "OPENSSL-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork,verify=0,cert=" + folder +
             "/httpbin.example.com.crt,key=" + folder + "/httpbin.example.com.key",
         "OPENSSL:" + site.address + ",verify=0,snihost=httpbin.example.com"});
    const Finished verified = site.verify("127.0.0.1:" + port);
    CHECK(verified.status == 1);
    CHECK(verdict_of(verified) == "terminated");
    const json report = json::parse(verified.out);
    for (const json& line : report["checks"][0]["lines"]) {
        if (line["name"] == "name" || line["name"] == "dates" || line["name"] == "served")
            CHECK(line["mark"] == "pass");
        if (line["name"] == "session") CHECK(line["code"] == "SL2307");
    }
}

TEST_CASE("socat that passes bytes on is proven, and an unplugged backend behind it is not routed",
          "[e2e]") {
    if (!have("socat")) return;
    Site site;
    const std::string port = free_port();
    const Background socat(
        {"socat", "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork", "TCP:" + site.address});
    const Finished verified = site.verify("127.0.0.1:" + port);
    CHECK(verified.status == 0);
    CHECK(verdict_of(verified) == "proven");

    site.backend->end(SIGKILL);
    const Finished unplugged = site.verify_now("127.0.0.1:" + port);
    CHECK(unplugged.status == 4);
    CHECK(verdict_of(unplugged) == "not_routed");
}

TEST_CASE(
    "our router alone, in front of a backend alone, is proven, and an unplugged backend is told by "
    "alert 80",
    "[e2e]") {
    Site site;
    Background router(site.folder.command(
        {"router", "--listen", "127.0.0.1:0", "--route", "httpbin.example.com=" + site.address}));
    const std::string gateway = router.line().substr(std::string("ready ").size());
    CHECK(verdict_of(site.verify(gateway)) == "proven");
    site.backend->end(SIGKILL);
    const Finished unplugged = site.verify_now(gateway);
    CHECK(unplugged.status == 4);
    CHECK(unplugged.out.find("internal_error (80)") != std::string::npos);
    CHECK(router.end(SIGTERM) == 0);
}

TEST_CASE(
    "an expired certificate behind an honest router is a certificate problem, not a routing one",
    "[e2e]") {
    const Site site({"--not-before", "2020-01-01", "--days", "1"});
    Background router(
        site.folder.command({"router", "--listen", "127.0.0.1:0", "--route", "*=" + site.address}));
    const std::string gateway = router.line().substr(std::string("ready ").size());
    const Finished verified = site.verify(gateway);
    CHECK(verified.status == 5);
    CHECK(verdict_of(verified) == "certificate");
}

TEST_CASE("nginx as a stream router is proven, nginx that re-encrypts is caught", "[e2e]") {
    if (!have("nginx")) return;
    const Site site;
    const std::string honest = free_port();
    const std::string cheat = free_port();
    const std::string folder = site.folder.path().string();
    const std::string pair = folder + "/httpbin.example.com";
    spill(site.folder / "nginx.conf",
          "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\ndaemon off; pid " + folder +
              "/nginx.pid; error_log " + folder +
              "/nginx.log;\nevents {}\nstream {\n map $ssl_preread_server_name $to "
              "{ httpbin.example.com " +
              site.address + "; }\n server { listen 127.0.0.1:" + honest +
              "; ssl_preread on; proxy_pass $to; }\n server { listen 127.0.0.1:" + cheat +
              " ssl; ssl_certificate " + pair + ".crt; ssl_certificate_key " + pair +
              ".key;\n  proxy_pass " + site.address +
              "; proxy_ssl on; proxy_ssl_server_name on; proxy_ssl_name httpbin.example.com; }\n"
              "}\n");
    const Background nginx({"/usr/sbin/nginx", "-c", folder + "/nginx.conf", "-p", folder, "-e",
                            folder + "/nginx.log", "-g", "master_process off;"});
    CHECK(verdict_of(site.verify("127.0.0.1:" + honest)) == "proven");
    const Finished caught = site.verify("127.0.0.1:" + cheat);
    CHECK(caught.status == 1);
    CHECK(verdict_of(caught) == "terminated");
}

TEST_CASE("HAProxy in TCP mode is proven, HAProxy that re-encrypts is caught", "[e2e]") {
    if (!have("haproxy")) return;
    const Site site;
    const std::string honest = free_port();
    const std::string cheat = free_port();
    const std::string folder = site.folder.path().string();
    spill(site.folder / "both.pem", slurp(site.folder / "httpbin.example.com.crt") +
                                        slurp(site.folder / "httpbin.example.com.key"));
    spill(site.folder / "haproxy.cfg",
          "defaults\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n"
          "listen honest\n  mode tcp\n  bind 127.0.0.1:" +
              honest +
              "\n  tcp-request inspect-delay 5s\n"
              "  tcp-request content accept if { req.ssl_hello_type 1 }\n  server b " +
              site.address +
              "\n"
              "listen cheat\n  mode tcp\n  bind 127.0.0.1:" +
              cheat + " ssl crt " + folder +
              "/both.pem\n"
              "  server b " +
              site.address + " ssl verify none sni ssl_fc_sni\n");
    const Background haproxy({"/usr/sbin/haproxy", "-f", folder + "/haproxy.cfg", "-db", "-q"});
    CHECK(verdict_of(site.verify("127.0.0.1:" + honest)) == "proven");
    const Finished caught = site.verify("127.0.0.1:" + cheat);
    CHECK(caught.status == 1);
    CHECK(verdict_of(caught) == "terminated");
}

TEST_CASE(
    "a backend with another identity is a wrong route and named, and a private key is refused with "
    "the right file's name",
    "[e2e]") {
    const Site site;
    REQUIRE(site.folder.run({"backend", "--help"}).status == 0);
    const Site other;
    const Finished wrong =
        site.folder.run({"verify", "--gateway", site.address, "--sni", "httpbin.example.com",
                         "--identity", (other.folder / "id.key.pub").string(), "--json"});
    CHECK(wrong.status == 4);
    CHECK(verdict_of(wrong) == "not_routed");
    CHECK(wrong.out.find("TLS ended at another backend: it calls itself ") != std::string::npos);
    const Finished refused = site.folder.run({"verify", "--gateway", site.address, "--sni",
                                              "httpbin.example.com", "--identity", "id.key"});
    CHECK(refused.status == 2);
    CHECK(refused.err.find("id.key.pub") != std::string::npos);
    CHECK(refused.err.find("PRIVATE KEY-----") == std::string::npos);
}

}  // namespace e2e_gateways_test
