// Services that are not ours, behind gateways that are not ours: proven by the witness beside them.
#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "certs/digest.h"
#include "certs/files.h"
#include "certs/identity.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/tls/ja4.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/background.h"
#include "tests/support/browser.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/run_cli.h"
#include "tests/support/temp_folder.h"
#include "tests/support/witness_site.h"

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

const std::string kHost = "httpbin.example.com";

void write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file) << text;
}

/// Debian's nginx with a page and a certificate of its own, and a witness beside it.
class StockNginx {
  public:
    StockNginx()
        : port_(free_port()),
          nginx_({"nginx", "-c", config(), "-e", (folder / "error.log").string()}),
          witness(parse_endpoint("127.0.0.1:" + port_).value()) {
        certs::write_file(folder / "id.pub", witness.identity().pem());
        witness.grow_old();
    }

    struct Ran {
        int status;
        json report;
        std::string code;  ///< of the line "witness"
    };
    Ran verify(const std::string& gateway, std::vector<std::string> more = {}) const {
        std::vector<std::string> args = {"verify",
                                         "--gateway",
                                         gateway,
                                         "--sni",
                                         kHost,
                                         "--witness",
                                         to_string(witness.page()),
                                         "--identity",
                                         (folder / "id.pub").string(),
                                         "--state",
                                         (folder / "state").string(),
                                         "--wait",
                                         "20s",
                                         "--json"};
        if (std::ranges::find(more, "--timeout") == more.end())
            more.insert(more.end(), {"--timeout", "20s"});
        args.insert(args.end(), more.begin(), more.end());
        const test::Ran answer = run(args);
        INFO(answer.err);
        REQUIRE(answer.status != 2);
        Ran ran{answer.status, json::parse(answer.out), {}};
        for (const json& line : ran.report["checks"][0]["lines"]) {
            if (line["name"] == "witness") ran.code = line.value("code", "");
        }
        return ran;
    }

    TempFolder folder;

  private:
    std::string config() {
        const std::string at = folder.path().string();
        write(folder / "site.crt", lab_certificate().chain_pem());
        write(folder / "site.key", lab_certificate().key.reveal());
        write(folder / "both.pem", lab_certificate().chain_pem() + lab_certificate().key.reveal());
        std::filesystem::create_directory(folder / "site");
        write(folder / "site" / "index.html", "a static page\n");
        write(folder / "nginx.conf",
              fmt::format("daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;\n"
                          "events {{}}\n"
                          "http {{ access_log off; client_body_temp_path {0}/a; proxy_temp_path "
                          "{0}/b; fastcgi_temp_path {0}/c; uwsgi_temp_path {0}/d; scgi_temp_path "
                          "{0}/e;\n"
                          "server {{ listen 127.0.0.1:{1} ssl; ssl_certificate {0}/site.crt; "
                          "ssl_certificate_key {0}/site.key; ssl_protocols TLSv1.2 TLSv1.3; "
                          "root {0}/site; }} }}\n",
                          at, port_));
        return at + "/nginx.conf";
    }

    std::string port_;
    Background nginx_;

  public:
    WitnessSite witness;
};

/// A gateway of somebody else's that leads to `to`; "passes" or "encrypts anew".
struct Gateway {
    Gateway(const StockNginx& site, const std::string& kind)
        : port(free_port()), program(command(site, kind)) {}

    std::vector<std::string> command(const StockNginx& site, const std::string& kind) const {
        const std::string at = site.folder.path().string();
        const std::string to = to_string(site.witness.address());
        const std::string here = "127.0.0.1:" + port;
        if (kind == "socat anew") {
            return {"socat",
                    fmt::format("OPENSSL-LISTEN:{},bind=127.0.0.1,fork,cert={}/both.pem,verify=0",
                                port, at),
                    fmt::format("OPENSSL:{},verify=0,snihost={}", to, kHost)};
        }
        if (kind == "socat") {
            return {"socat", fmt::format("TCP-LISTEN:{},bind=127.0.0.1,fork", port), "TCP:" + to};
        }
        const bool anew = kind.ends_with("anew");
        if (kind.starts_with("haproxy")) {
            write(site.folder / "haproxy.cfg",
                  fmt::format("defaults\n mode tcp\n timeout connect 5s\n timeout client 20s\n "
                              "timeout server 20s\nlisten gate\n bind {}{}\n server s {}{}\n",
                              here, anew ? fmt::format(" ssl crt {}/both.pem", at) : "", to,
                              anew ? fmt::format(" ssl verify none sni str({})", kHost) : ""));
            return {"haproxy", "-db", "-q", "-f", at + "/haproxy.cfg"};
        }
        write(site.folder / "gate.conf",
              fmt::format("load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
                          "daemon off; master_process off; pid {0}/gate.pid; error_log "
                          "{0}/gate.log;\nevents {{}}\nstream {{ server {{ listen {1}{2}; "
                          "proxy_pass {3}; {4} }} }}\n",
                          at, here,
                          anew ? fmt::format(" ssl; ssl_certificate {0}/site.crt; "
                                             "ssl_certificate_key {0}/site.key",
                                             at)
                               : "",
                          to,
                          anew ? fmt::format("proxy_ssl on; proxy_ssl_server_name on; "
                                             "proxy_ssl_name {};",
                                             kHost)
                               : ""));
        return {"nginx", "-c", at + "/gate.conf", "-e", at + "/gate.log"};
    }

    std::string address() const { return "127.0.0.1:" + port; }

    std::string port;
    Background program;
};

}  // namespace

TEST_CASE("stock nginx is proven behind gateways that pass, and not behind those that encrypt anew",
          "[e2e][witness]") {
    if (!have("nginx") || !have("haproxy") || !have("socat")) return;
    const StockNginx site;
    const auto kind = GENERATE("haproxy", "nginx", "socat");
    CAPTURE(kind);
    const Gateway passes(site, kind);
    CHECK(site.verify(passes.address()).status == 0);
    CHECK(site.verify(passes.address(), {"--tls-only", "--tls", "1.2"}).status == 0);
    const Gateway anew(site, std::string(kind) + " anew");
    const StockNginx::Ran ran = site.verify(anew.address());
    CHECK(ran.status == 1);
    CHECK(ran.code == "SL2350");
    CHECK(ran.report["checks"][0]["verdict"] == "terminated");
}

TEST_CASE("every client is judged by the witness, with its own hello", "[e2e][witness]") {
    if (!have("nginx") || !have("python3") || !have("node") || !have_chromium()) return;
    const StockNginx site;
    const std::string all = "curl,chromium,openssl,python,node";
    const StockNginx::Ran honest =
        site.verify(to_string(site.witness.address()), {"--clients", all, "--timeout", "60s"});
    REQUIRE(honest.report["checks"].size() == 5);
    for (const json& check : honest.report["checks"]) {
        INFO(check.dump(1));
        CHECK(check["verdict"] == "proven");
    }
    // One that ends TLS for every hello but this tool's own.
    const auto ja4 =
        client::observe({.gateway = site.witness.address(), .sni = kHost}, site.witness.identity())
            .ja4.value();
    const gateways::CheatingGateway spares_us({.backend = site.witness.address(),
                                               .chain_pem = lab_certificate().chain_pem(),
                                               .key = lab_certificate().key,
                                               .picks = [ja4](const tls::HelloFacts& hello) {
                                                   return tls::ja4(hello, certs::sha256) != ja4;
                                               }});
    CHECK(site.verify(to_string(spares_us.listening())).status == 0);
    const StockNginx::Ran others = site.verify(
        to_string(spares_us.listening()), {"--clients", "python,node,openssl", "--timeout", "60s"});
    for (const json& check : others.report["checks"]) {
        INFO(check.dump(1));
        CHECK(check["verdict"] == "terminated");
    }
    CHECK(others.status == 1);
}

TEST_CASE("PostgreSQL is proven by psql's own connection", "[e2e][witness]") {
    const std::string programs = "/usr/lib/postgresql/15/bin/";
    if (::access((programs + "postgres").c_str(), X_OK) != 0 || ::geteuid() != 0) {
        WARN("not run: PostgreSQL 15 is not installed, or this is not root");
        return;
    }
    StockNginx site;  // for its folder and files
    const std::string data = (site.folder / "data").string();
    const auto as_postgres = [](std::vector<std::string> words) {
        words.insert(words.begin(),
                     {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"});
        return words;
    };
    REQUIRE(run_program({"install", "-d", "-o", "postgres", data}).status == 0);
    REQUIRE(run_program({"chmod", "755", site.folder.path().string()}).status == 0);
    const Finished made = run_program(
        as_postgres({programs + "initdb", "-A", "trust", "-U", "lab", "--no-sync", "-D", data}));
    INFO(made.err);
    REQUIRE(made.status == 0);
    for (const char* file : {"crt", "key"}) {
        REQUIRE(run_program({"install", "-o", "postgres", "-m", "600",
                             (site.folder / (std::string("site.") + file)).string(),
                             data + "/server." + file})
                    .status == 0);
    }
    const std::string port = free_port();
    // It says when it serves, on stderr.
    Background server(
        as_postgres({"sh", "-c", "exec \"$0\" \"$@\" 2>&1", programs + "postgres", "-D", data, "-p",
                     port, "-h", "127.0.0.1", "-k", "", "-c", "ssl=on"}));
    while (server.line().find("ready to accept connections") == std::string::npos) {
    }
    const WitnessSite witness(parse_endpoint("127.0.0.1:" + port).value());
    certs::write_file(site.folder / "pg.pub", witness.identity().pem());
    const std::string gate = free_port();
    Background socat({"sh", "-c", "exec socat -d -d \"$0\" \"$1\" 2>&1",
                      fmt::format("TCP-LISTEN:{},bind=127.0.0.1,fork", gate),
                      "TCP:" + to_string(witness.address())});
    while (socat.line().find("listening on") == std::string::npos) {
    }
    const test::Ran ran =
        run({"verify", "--gateway", "127.0.0.1:" + gate, "--no-sni", "--witness",
             to_string(witness.page()), "--identity", (site.folder / "pg.pub").string(), "--state",
             (site.folder / "state").string(), "--json", "--", "psql",
             "host=127.0.0.1 port={port} user=lab dbname=postgres sslmode=require", "-Atc",
             "select 41 + 1"});
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
    const auto sessions = witness.record().sessions();
    const auto with_tls = std::ranges::find_if(
        sessions, [](const proof::WitnessedSession& one) { return !one.hellos.empty(); });
    REQUIRE(with_tls != sessions.end());
    CHECK(with_tls->up_before_tls == 8);    // SSLRequest
    CHECK(with_tls->down_before_tls == 1);  // S
}
