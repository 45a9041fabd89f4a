// Two witnesses with a gateway between them: all connections of a run, and not a probe's alone.
#include "lab/proof/match/match.h"

#include <array>
#include <filesystem>
#include <sstream>

#include "lab/gateways/cheating_gateway.h"
#include "lab/witness/log.h"
#include "tests/proof/witnessed.h"
#include "tests/support/backend_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tls_client.h"
#include "tests/support/witness_site.h"

namespace witness_match_test {

using namespace sni;
using namespace sni::test;
using proof::Fate;

TEST_CASE("of a run's connections exactly those that were encrypted anew are named",
          "[witness][match]") {
    constexpr std::size_t kConnections = 200;
    constexpr unsigned kEvery = 20;
    const backend::Backend backend(backend_options());
    WitnessSite at_service(backend.listening(), 1'000);
    const gateways::CheatingGateway gateway({.backend = at_service.address(),
                                             .chain_pem = lab_certificate().chain_pem(),
                                             .key = lab_certificate().key,
                                             .every = kEvery});
    WitnessSite at_clients(gateway.listening(), 1'000);
    for (std::size_t i = 0; i < kConnections; ++i) {
        // It goes when the service has said its last, and says no more: nothing is on its way then.
        TlsClient client(at_clients.address());
        client.send(
            "GET /bytes/2000 HTTP/1.1\r\nHost: httpbin.example.com\r\nConnection: close\r\n\r\n");
        client.read_to_end();
    }
    const proof::WitnessRecord clients = at_clients.recorded("clients");
    const std::array services{at_service.recorded("service")};
    REQUIRE(clients.sessions.size() == kConnections);
    const proof::Matching found = match(clients, services);
    CHECK(found.count(Fate::reencrypted) == kConnections / kEvery);
    CHECK(found.count(Fate::passed) == kConnections - kConnections / kEvery);
    CHECK(found.strangers == 0);
    CHECK(exit_of(found, kConnections) == Exit::no);
}

TEST_CASE("a witness's log that was moved away goes on in its successor", "[witness][match]") {
    const TempFolder folder;
    const std::string path = (folder / "w.log").string();
    const auto written = [&](int number) {
        proof::WitnessedSession session = witnessed();
        session.hellos.front().sha256 = {std::byte(number)};
        return session;
    };
    {
        witness::Log log(path, "w");
        log.write(written(1));
        REQUIRE(log.flush(std::chrono::seconds(20)));
        std::filesystem::rename(path, path + ".1");
        log.reopen();
        log.write(written(2));
    }
    const auto recorded = [](const std::string& text) {
        std::istringstream stream(text);
        return proof::read_witness_record("w", stream).value();
    };
    const std::string first = slurp(path + ".1");
    const std::string rest = slurp(path);
    const proof::WitnessRecord both = recorded(first + rest);
    CHECK(both.sessions.size() == 2);
    CHECK_FALSE(both.broke_off);
    CHECK(both.until.has_value());
    CHECK(both.since == recorded(first).since);
    CHECK_FALSE(recorded(first).until.has_value());
}

}  // namespace witness_match_test
