// match-keylogs with the key logs that unchanged programs write: curl and Chromium on one side, the
// backend's --keylog on the other, and a gateway in between that passes through or encrypts again.
#include <filesystem>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "lab/gateways/cheating_gateway.h"
#include "tests/support/background.h"
#include "tests/support/browser.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"

namespace e2e_match_keylogs_test {

using namespace sni;
using namespace sni::test;

namespace {

/// A backend that writes its key log, a router that leads to it, and a gateway that has its key.
class Site {
  public:
    Site() {
        const Finished made = folder.run({"certgen", "httpbin.example.com", "--out", "."});
        INFO(made.err);
        REQUIRE(made.status == 0);
        backend.emplace(folder.command({"backend", "--listen", "127.0.0.1:0", "--cert",
                                        "httpbin.example.com.crt", "--key",
                                        "httpbin.example.com.key", "--keylog", "backend.log"}));
        const std::string address = ready(*backend);
        router.emplace(
            folder.command({"router", "--listen", "127.0.0.1:0", "--route", "*=" + address}));
        honest = ready(*router);
        cheat.emplace(gateways::CheatingOptions{
            .backend = parse_endpoint(address).value(),
            .chain_pem = slurp(folder / "httpbin.example.com.crt"),
            .key = certs::KeyPem(slurp(folder / "httpbin.example.com.key"))});
        cheating = to_string(cheat->listening());
    }

    Finished match() const { return folder.run({"match-keylogs", "client.log", "backend.log"}); }

    /// An empty log on the client's side; the backend's goes on.
    std::string fresh_log() const {
        std::filesystem::remove(folder / "client.log");
        return "SSLKEYLOGFILE=" + (folder / "client.log").string();
    }

    LabFolder folder;
    std::string honest;
    std::string cheating;
    std::optional<Background> backend;
    std::optional<Background> router;
    std::optional<gateways::CheatingGateway> cheat;

  private:
    static std::string ready(Background& program) {
        return program.line().substr(std::string("ready ").size());
    }
};

void curl(const Site& site, const std::string& gateway, const std::string& version) {
    const Finished answer = site.folder.run_other(
        {"env", site.fresh_log(), "curl", "-sS", "--noproxy", "*", version, "--tls-max",
         version == "--tlsv1.2" ? "1.2" : "1.3", "--cacert", "httpbin.example.com.crt",
         "--connect-to", "httpbin.example.com:443:" + gateway, "https://httpbin.example.com/get"});
    INFO(answer.err);
    REQUIRE(answer.status == 0);
}

/// Opens the page and gives what Chromium made of it.
std::string browse(const Site& site, const std::string& gateway) {
    return dump_dom(
        "https://httpbin.example.com/get",
        {"--ignore-certificate-errors", "--host-resolver-rules=MAP httpbin.example.com " + gateway +
                                            " , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"},
        site.fresh_log());
}

}  // namespace

TEST_CASE(
    "curl's key log and the backend's match through the router, and not through a gateway that "
    "encrypts again",
    "[e2e]") {
    const Site site;
    for (const std::string version : {"--tlsv1.3", "--tlsv1.2"}) {
        CAPTURE(version);
        curl(site, site.honest, version);
        const Finished same = site.match();
        INFO(same.out << same.err);
        const bool tls13 = version == "--tlsv1.3";
        CHECK(same.status == (tls13 ? 0 : 3));
        CHECK(same.out.starts_with(tls13 ? "same " : "unbound "));

        curl(site, site.cheating, version);
        const Finished other = site.match();
        INFO(other.out << other.err);
        CHECK(other.status == 1);
        CHECK(other.out.starts_with("not_seen "));
    }
}

TEST_CASE("curl's key log does not match through socat that encrypts again with the same key",
          "[e2e]") {
    if (!have("socat")) return;
    const Site site;
    const std::string port = free_port();
    const std::string folder = site.folder.path().string();
    const Background socat(
        {"socat",
         "OPENSSL-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork,verify=0,cert=" + folder +
             "/httpbin.example.com.crt,key=" + folder + "/httpbin.example.com.key",
         "OPENSSL:" + site.honest + ",verify=0,snihost=httpbin.example.com"});
    const Finished answer = site.folder.run_other(
        {"env", site.fresh_log(), "curl", "-sS", "--noproxy", "*", "--cacert",
         "httpbin.example.com.crt", "--retry", "100", "--retry-delay", "0", "--retry-connrefused",
         "--connect-to", "httpbin.example.com:443:127.0.0.1:" + port,
         "https://httpbin.example.com/get"});
    INFO(answer.err);
    REQUIRE(answer.status == 0);
    const Finished matched = site.match();
    INFO(matched.out << matched.err);
    CHECK(matched.status == 1);
}

TEST_CASE("a real browser's key log tells the honest router from a gateway that encrypts again",
          "[e2e]") {
    if (!have_chromium()) return;
    const Site site;
    CHECK(browse(site, site.honest).find("httpbin.example.com/get") != std::string::npos);
    const Finished same = site.match();
    INFO(same.out << same.err);
    CHECK(same.status == 0);

    CHECK(browse(site, site.cheating).find("httpbin.example.com/get") != std::string::npos);
    const Finished other = site.match();
    INFO(other.out << other.err);
    CHECK(other.status == 1);
}

}  // namespace e2e_match_keylogs_test
