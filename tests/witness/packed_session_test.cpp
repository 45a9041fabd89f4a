#include "lab/witness/packed_session.h"

#include <limits>

#include "tests/proof/witnessed.h"
#include "tests/support/catch.h"

namespace witness_packed_session_test {

using namespace sni;
using proof::WitnessedSession;
using witness::PackedSession;

TEST_CASE("a packed session comes out as it went in", "[witness]") {
    WitnessedSession session;
    SECTION("as it was made") {}
    SECTION("of an open connection") {
        session = test::witnessed();
    }
    SECTION("with everything there can be, of any length") {
        session = test::witnessed();
        session.id = std::numeric_limits<std::uint64_t>::max();
        session.peer = "[2001:db8::1]:65535";
        session.proxy_source = "192.0.2.1:1";
        session.began = proof::Moment(std::chrono::milliseconds(-1));
        session.ended = session.began + std::chrono::hours(1'000'000);
        session.sni = std::string(255, '\xff') + std::string(1, '\0');
        session.alpn.assign(130, "h3");
        session.alpn.emplace_back();
        session.hellos.push_back(session.hellos.front());
        session.hellos.back().records = 127;
        session.early_data_offered = true;
        session.ticket_offered = GENERATE(true, false);
        session.up_before_tls = 128;
        session.down_before_tls = 16'383;
        session.server->pre_shared_key = session.server->extended_master_secret = true;
        session.up.all.bytes = 16'384;
        for (unsigned i = 0; i < 54; ++i) {
            session.down.checkpoints.push_back({std::byte(i)});
        }
        session.client_end = "reset";
        session.service_end = "backend-timeout";
    }
    SECTION("of a handshake that was not read to its end") {
        session = test::witnessed();
        session.server->session_ticket.reset();
    }
    SECTION("without a name, a server or a digest") {
        session = test::witnessed();
        session.sni.reset();
        session.server.reset();
        session.up = session.down = {};
    }
    CHECK(PackedSession(session).unpacked() == session);
    const PackedSession copy = PackedSession(session);
    PackedSession ended = copy;
    session.ended = session.began + std::chrono::minutes(3);
    session.up = {{200, Digest{std::byte{3}}}, {}};
    session.down = {{3'000, Digest{std::byte{4}}}, {Digest{std::byte{5}}, Digest{}}};
    session.client_end = "reset";
    session.service_end = "";
    ended.end(*session.ended, session.up, session.down, session.client_end, session.service_end);
    CHECK(ended.unpacked() == session);
    session = copy.unpacked();
    CHECK(PackedSession(copy).unpacked() == session);
}

}  // namespace witness_packed_session_test
