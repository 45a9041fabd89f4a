// Services that are not ours, behind gateways that are not ours: proven by the witness beside them.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certs/digest.h"
#include "lab/gateways/cheating_gateway.h"
#include "lab/tls/ja4.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/browser.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/nginx.h"
#include "tests/support/peer.h"
#include "tests/support/stock_gateway.h"
#include "tests/support/witnessed_service.h"

namespace e2e_witness_test {

using namespace sni;
using namespace sni::test;
using nlohmann::json;

namespace {

const std::string kHost = "httpbin.example.com";

/// Debian's nginx, and a witness beside it.
struct StockNginx : Nginx, WitnessedService {
    StockNginx() : Nginx(lab_certificate()), WitnessedService(listening()) {}
};

}  // namespace

TEST_CASE("stock nginx is proven behind gateways that pass, and not behind those that encrypt anew",
          "[e2e][witness]") {
    if (!have("nginx") || !have("haproxy") || !have("socat")) return;
    const StockNginx site;
    const auto kind = GENERATE("haproxy", "nginx", "socat");
    CAPTURE(kind);
    const StockGateway passes(lab_certificate(), site.witness.address(), kind);
    CHECK(site.verify(passes.address()).status == 0);
    CHECK(site.verify(passes.address(), {"--tls-only", "--tls", "1.2"}).status == 0);
    const StockGateway anew(lab_certificate(), site.witness.address(), std::string(kind) + " anew");
    const StockNginx::Ran ran = site.verify(anew.address());
    CHECK(ran.status == 1);
    CHECK(ran.code == "SL2350");
    CHECK(ran.verdict() == "terminated");

    // Where nobody gets at the witness there is no pass and no accusation.
    const ClosedPort nobody;
    for (const StockGateway* gateway : {&passes, &anew}) {
        const StockNginx::Ran unseen =
            site.verify(gateway->address(), {"--witness", to_string(nobody.endpoint())});
        INFO(unseen.report.dump(1));
        CHECK(unseen.status == 3);
        CHECK(unseen.verdict() == "inconclusive");
    }
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
    const auto all_are_terminated = [&](const gateways::CheatingGateway& gateway,
                                        const std::string& clients, std::size_t count) {
        const StockNginx::Ran ran =
            site.verify(to_string(gateway.listening()), {"--clients", clients, "--timeout", "60s"});
        CHECK(ran.report["checks"].size() == count);
        for (const json& check : ran.report["checks"]) {
            INFO(check.dump(1));
            CHECK(check["verdict"] == "terminated");
        }
        CHECK(ran.status == 1);
    };
    all_are_terminated(spares_us, "chromium,openssl,python,node", 4);
    // curl's JA4 is ours, so that only one who spares nobody reads it.
    const gateways::CheatingGateway spares_nobody({.backend = site.witness.address(),
                                                   .chain_pem = lab_certificate().chain_pem(),
                                                   .key = lab_certificate().key});
    all_are_terminated(spares_nobody, all, 5);
}

TEST_CASE("stock nginx hands out tickets with TLS 1.2, and who takes one can be read",
          "[e2e][witness]") {
    if (!have("nginx") || !have("openssl")) return;
    const StockNginx site;
    const std::string at = to_string(site.witness.address());
    const auto given = site.verify(at, {"--tls", "1.2", "--as", "python"});
    INFO(given.report.dump(1));
    CHECK(given.status == 6);
    CHECK(given.line("ticket")["code"] == "SL2354");
    CHECK(site.verify(at, {"--tls", "1.2"}).status == 0);  // curl takes none
    CHECK(site.verify(at, {"--tls", "1.3", "--as", "python"}).status == 0);
    const auto by = [&](const std::string& flags) {
        return site.verify(
            at, {"--", "sh", "-c",
                 "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect \"$0\" "
                 "-servername httpbin.example.com " +
                     flags,
                 "{connect}"});
    };
    const auto other = by("-tls1_2");
    INFO(other.report.dump(1));
    CHECK(other.status == 6);
    CHECK(other.code == "SL2354");
    CHECK(by("-tls1_2 -no_ticket").status == 0);
}

TEST_CASE("beside a witness the table of clients has what each offers by ALPN", "[e2e][witness]") {
    if (!have("python3") || !have("openssl")) return;
    const backend::Backend service(backend_options());
    const WitnessedService site(service.listening());
    const test::Ran ran =
        run({"verify", "--gateway", to_string(site.witness.address()), "--sni", kHost, "--identity",
             (site.folder / "id.pub").string(), "--state", (site.folder / "state").string(),
             "--witness", to_string(site.witness.page()), "--clients", "python,openssl",
             "--timeout", "60s"});
    INFO(ran.out);
    const auto line = [&](const std::string& client) {
        const std::size_t at = ran.out.find("\n  " + client);
        REQUIRE(at != std::string::npos);
        return ran.out.substr(at + 1, ran.out.find('\n', at + 1) - at - 1);
    };
    CHECK(line("python").find(" (http/1.1) ") != std::string::npos);
    CHECK(line("openssl").find(" none ") != std::string::npos);
}

TEST_CASE("stock nginx behind our own router is proven, whatever was asked", "[e2e][witness]") {
    if (!have("nginx")) return;
    const StockNginx site;
    router::Router gate(
        route::RouteTable(
            {route::parse_route(kHost + "=" + to_string(site.witness.address())).value()}),
        {.listen = {loopback(0)}, .threads = 1});
    const auto how = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--tls-only"},
                              std::vector<std::string>{"--tls", "1.2"},
                              std::vector<std::string>{"--tls", "1.2", "--tls-only"});
    const auto ran = site.verify(to_string(gate.listening().front()), how);
    INFO(ran.report.dump(1));
    CHECK(ran.status == 0);
    CHECK(ran.verdict() == "proven");
    CHECK(ran.line("tls")["text"].get<std::string>().starts_with(
        how.empty() || how[0] == "--tls-only" ? "TLSv1.3" : "TLSv1.2"));
}

TEST_CASE("beside a witness the self-test plays what a witness must catch", "[e2e][witness]") {
    const backend::Backend service(backend_options());
    const WitnessedService site(service.listening());
    const auto ran = site.verify(to_string(site.witness.address()), {"--self-test"});
    INFO(ran.report.dump(1));
    CHECK(ran.status == 0);
    const json& controls = ran.report["controls"];
    CHECK(controls.size() == 15);
    CHECK(std::ranges::all_of(controls, [](const json& one) { return one["caught"]; }));
    CHECK(std::ranges::count(controls, "A3 has a witness of its own before it",
                             [](const json& one) { return one["name"]; }) == 1);
}

}  // namespace e2e_witness_test
