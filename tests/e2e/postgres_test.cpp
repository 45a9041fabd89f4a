// PostgreSQL, whose clients say something before TLS: proven by psql's own connection behind
// gateways that are not ours, and caught behind those that end TLS.
#include "tests/support/postgres.h"

#include <algorithm>

#include "lab/gateways/cheating_gateway.h"
#include "lab/router/router.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lab_folder.h"
#include "tests/support/peer.h"
#include "tests/support/splice.h"
#include "tests/support/stock_gateway.h"
#include "tests/support/witnessed_service.h"

namespace e2e_postgres_test {

using namespace sni;
using namespace sni::test;

namespace {

/// PostgreSQL's, before TLS: its length, and a number that no version has.
const Buffer kSslRequest = bytes_of(std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8));

/// PostgreSQL, and a witness beside it.
struct Site : Postgres, WitnessedService {
    Site() : Postgres(lab_certificate()), WitnessedService(listening()) {}

    Ran verify(const std::string& gateway, std::vector<std::string> flags = {}) const {
        flags.insert(flags.end(),
                     {"--no-sni", "--", "psql",
                      "host=127.0.0.1 port={port} user=lab dbname=postgres sslmode=require", "-Atc",
                      "select 41 + 1"});
        return WitnessedService::verify(gateway, std::move(flags));
    }
};

/// Where nobody gets at the witness there is no pass and no accusation.
void is_unknown_without_witness(const Site& site, const std::string& gateway) {
    const ClosedPort nobody;
    const auto ran = site.verify(gateway, {"--witness", to_string(nobody.endpoint())});
    INFO(ran.report.dump(1));
    CHECK(ran.status == 3);
    CHECK(ran.verdict() == "inconclusive");
}

void is_proven(const Site& site, const std::string& gateway) {
    const auto ran = site.verify(gateway);
    INFO(ran.report.dump(1));
    CHECK(ran.status == 0);
    CHECK(ran.verdict() == "proven");
    const auto sessions = site.witness.record().sessions();
    const auto with_tls = std::ranges::find_if(
        sessions, [](const proof::WitnessedSession& one) { return !one.hellos.empty(); });
    REQUIRE(with_tls != sessions.end());
    CHECK(with_tls->up_before_tls == 8);    // SSLRequest
    CHECK(with_tls->down_before_tls == 1);  // S
    is_unknown_without_witness(site, gateway);
}

void is_terminated(const Site& site, const std::string& gateway) {
    const auto ran = site.verify(gateway);
    INFO(ran.report.dump(1));
    CHECK(ran.status == 1);
    CHECK(ran.verdict() == "terminated");
    CHECK(ran.code == "SL2350");
    // And psql was served all the same, as if nobody were there.
    CHECK(ran.line("client")["text"].get<std::string>().find("status") == std::string::npos);
    is_unknown_without_witness(site, gateway);
}

}  // namespace

TEST_CASE("PostgreSQL is proven behind stock gateways, by psql's own connection",
          "[e2e][witness]") {
    const auto kind = GENERATE("haproxy", "nginx", "socat");
    if (!Postgres::there() || !have(kind)) return;
    if (kind == std::string("nginx") && have_nginx_stream().empty()) return;
    CAPTURE(kind);
    const Site site;
    is_proven(site, StockGateway(lab_certificate(), site.witness.address(), kind).address());
}

TEST_CASE("PostgreSQL is proven behind our own router, by psql's own connection",
          "[e2e][witness]") {
    if (!Postgres::there()) return;
    const Site site;
    const router::Router gate(
        route::RouteTable(),
        {.listen = {loopback(0)}, .threads = 1, .non_tls = site.witness.address()});
    is_proven(site, to_string(gate.listening().front()));
}

// HAProxy and nginx know no SSLRequest, so that they cannot end a psql's TLS. PgBouncer does.
TEST_CASE("PostgreSQL behind PgBouncer is caught by psql's own connection", "[e2e][witness]") {
    if (!Postgres::there() || !PgBouncer::there()) return;
    const Site site;
    const PgBouncer anew(lab_certificate(), site.witness.address());
    is_terminated(site, anew.address());
}

TEST_CASE("PostgreSQL behind one that ends TLS with its key is caught by psql's own connection",
          "[e2e][witness]") {
    if (!Postgres::there()) return;
    const Site site;
    // psql's first words are passed on before TLS, and said again behind it.
    const Stub asks_again([&](Peer client) {
        Peer to = Peer::to(site.witness.address());
        to.send(kSslRequest);
        if (to.read(1) != bytes_of("S")) return;
        splice(client, to);
    });
    const gateways::CheatingGateway anew({.backend = asks_again.endpoint(),
                                          .chain_pem = lab_certificate().chain_pem(),
                                          .key = lab_certificate().key});
    const Stub answers([&](Peer client) {
        if (client.read(kSslRequest.size()) != kSslRequest) return;
        client.send(bytes_of("S"));
        Peer to = Peer::to(anew.listening());
        splice(client, to);
    });
    is_terminated(site, to_string(answers.endpoint()));
}

}  // namespace e2e_postgres_test
