// What becomes of one connection that two witnesses saw: by its bytes, its hellos and its keys.
#include <array>

#include "tests/proof/matching.h"
#include "tests/support/catch.h"

namespace proof_match_fate_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;

TEST_CASE("the same hellos and other bytes are altered, or another session", "[proof][match]") {
    WitnessedSession there = connection(1);
    there.up.all.sha256 = {std::byte{99}};
    CHECK(fate(connection(1), there) == Fate::altered);
    there.server->hello_sha256 = {std::byte{99}};
    CHECK(fate(connection(1), there) == Fate::reencrypted);
    there = connection(1);
    there.down.all.sha256 = {std::byte{99}};
    WitnessedSession here = connection(1);
    here.server->version = there.server->version = "TLSv1.2";
    CHECK(fate(here, there) == Fate::reencrypted);
}

TEST_CASE("one that was cut is compared as far as both have it", "[proof][match]") {
    WitnessedSession here = connection(1);
    WitnessedSession there = connection(1);
    const Digest first{std::byte{7}};
    const Digest second{std::byte{8}};
    here.up = {{5'000, {std::byte{1}}}, {first, second, Digest{std::byte{6}}}};
    there.up = {{2'048, second}, {first, second}};
    CHECK(fate(here, there) == Fate::cut);
    CHECK(verdict_of(Fate::cut) == Verdict::proven);
    SECTION("how far it could be compared is said, and that nobody else has its keys") {
        there.up.all = {2'500, {std::byte{2}}};
        const auto [fate, why] = fate_of(carried(here), carried(there));
        CHECK(fate == Fate::cut);
        CHECK(why.find("nobody else has its keys") != std::string::npos);
        CHECK(why.find("the first 2048 bytes up") != std::string::npos);
        there.up = {{600, {std::byte{2}}}, {}};
        CHECK(fate_of(carried(here), carried(there)).first == Fate::cut);
        here.early_data_offered = true;  // whoever can read it can, whatever was cut
        CHECK(fate_of(carried(here), carried(there)).first == Fate::readable);
    }
    SECTION("another byte in what both have") {
        there.up.checkpoints.back() = {std::byte{9}};
        CHECK(fate(here, there) == Fate::altered);
        there.server.reset();
        CHECK(fate(here, there) == Fate::reencrypted);
    }
    SECTION("below TLS 1.3 the start may be passed on and the rest not") {
        here.server->version = there.server->version = "TLSv1.2";
        there.down.all = {kDown.bytes + 24, {std::byte{3}}};
        CHECK(fate(here, there) == Fate::incomplete);
        there.up = {{600, {std::byte{2}}}, {}};
        CHECK(fate(here, there) == Fate::incomplete);
    }
}

TEST_CASE("below TLS 1.3 one whole way is enough where the service's key share makes the keys",
          "[proof][match]") {
    WitnessedSession here = connection(1);
    here.server->version = "TLSv1.2";
    here.server->cipher_suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    // nginx's stream drops the last close_notify.
    const auto without_end = [](WitnessedStream stream) {
        stream.all = {stream.all.bytes - 31, {std::byte{2}}};
        return stream;
    };
    const bool by_the_client = GENERATE(true, false);
    const auto cut = [&] {
        WitnessedSession there = here;
        WitnessedSession came = here;
        if (by_the_client) there.up = without_end(here.up);
        if (!by_the_client) came.down = without_end(here.down);
        return fate(came, there);
    };
    CHECK(cut() == Fate::cut);
    SECTION("not without forward secrecy") {
        here.server->cipher_suite = "TLS_RSA_WITH_AES_128_GCM_SHA256";
        here.server->group.clear();
    }
    SECTION("nor where its keys are an older session's") {
        here.server->full = false;
        here.ticket_offered = GENERATE(true, false);
    }
    SECTION("nor where it gave them away in a ticket, or nobody knows") {
        here.server->session_ticket = GENERATE(std::optional(true), std::optional<bool>());
    }
    SECTION("nor in a group that was not seen") {
        here.server->group.clear();
    }
    SECTION("nor by a suite that is not known") {
        here.server->cipher_suite = "0xeffe";
    }
    CHECK(cut() == Fate::incomplete);
}

TEST_CASE("a cut takes bytes away, and who adds some has altered them", "[proof][match]") {
    const WitnessedSession here = connection(1);
    WitnessedSession there = connection(1);
    there.up = {{here.up.all.bytes + 5, {std::byte{2}}}, {}};  // a hello in one more record
    CHECK(fate(here, there) == Fate::altered);
    there = connection(1);
    there.down = {{here.down.all.bytes - 5, {std::byte{2}}}, {}};
    CHECK(fate(here, there) == Fate::altered);
    there.ended.reset();  // it may have sent more since
    CHECK(fate(here, there) != Fate::altered);
}

TEST_CASE("one that a key holder can read unseen is told", "[proof][match]") {
    WitnessedSession session = connection(1);
    session.early_data_offered = true;
    CHECK(fate(session, session) == Fate::readable);
    CHECK(verdict_of(Fate::readable) == Verdict::readable);
}

TEST_CASE("one to which a ticket was given with TLS 1.2 can be read by whoever has its key",
          "[proof][match]") {
    WitnessedSession session = connection(1);
    session.server->version = "TLSv1.2";
    CHECK(fate(session, session) == Fate::passed);
    session.server->session_ticket = true;
    CHECK(fate(session, session) == Fate::readable);
    session.server->session_ticket.reset();  // nobody knows
    CHECK(fate(session, session) == Fate::incomplete);
    session.server->version = "TLSv1.3";
    CHECK(fate(session, session) == Fate::passed);
}

TEST_CASE("a resumption of TLS 1.2 is readable by a ticket's key where there was a ticket",
          "[proof][match]") {
    WitnessedSession session = connection(1);
    session.server->version = "TLSv1.2";
    session.server->full = false;
    CHECK(fate(session, session) == Fate::readable);  // as records from before this say it
    session.ticket_offered = true;
    CHECK(fate(session, session) == Fate::readable);
    session.ticket_offered = false;
    CHECK(fate(session, session) == Fate::incomplete);
    CHECK_THAT(fate_of(carried(session), carried(session)).second, Contains("by its session's id"));
}

TEST_CASE("what precedes TLS at one witness alone is not compared", "[proof][match]") {
    WitnessedSession there = connection(1);
    there.up_before_tls = 44;
    there.up.all = {there.up.all.bytes + 44, {std::byte{99}}};
    CHECK(fate(connection(1), there) == Fate::incomplete);
    there.server->hello_sha256 = {std::byte{99}};
    CHECK(fate(connection(1), there) == Fate::reencrypted);
}

TEST_CASE("without a ServerHello nobody knows who can read along", "[proof][match]") {
    WitnessedSession session = connection(1);
    session.server.reset();
    CHECK(fate(session, session) == Fate::incomplete);
    session.down = {{7, {std::byte{2}}}, {}};  // an alert: nobody served it
    CHECK(fate(session, session) == Fate::incomplete);
    session.down = {};
    CHECK(fate(session, session) == Fate::incomplete);
    const WitnessRecord here = record(log_of({session}));
    const std::array there{record(log_of({session}))};
    CHECK(exit_of(match(here, there), 1) == Exit::inconclusive);
    WitnessedSession other = session;
    other.up.all.sha256 = {std::byte{99}};
    CHECK(fate(session, other) == Fate::reencrypted);
}

TEST_CASE("one session is one whatever ticket it was resumed by, and may be cut",
          "[proof][match]") {
    WitnessedSession there = connection(1);
    there.server->full = false;
    there.server->pre_shared_key = true;
    there.up.checkpoints.clear();
    there.down.checkpoints.clear();
    there.down = {{1'048, {std::byte{76}}}, {Digest{std::byte{77}}}};
    WitnessedSession here = there;
    here.down.all = {.bytes = there.down.all.bytes - 24, .sha256 = {std::byte{77}}};
    CHECK(fate(here, there) == Fate::cut);
}

TEST_CASE("whose hello was answered by two had two sessions, however little they said",
          "[proof][match]") {
    const bool old = GENERATE(false, true);
    WitnessedSession there = connection(1);
    if (old) there.server->version = "TLSv1.2";
    there.up.checkpoints.clear();
    there.down.checkpoints.clear();
    WitnessedSession here = there;
    here.up.all.bytes += 100;
    here.server->hello_sha256 = {std::byte{78}};
    CHECK(fate(here, there) == Fate::reencrypted);
    here = there;
    here.server->hello_sha256 = {std::byte{78}};  // all else is as it was
    CHECK(fate(here, there) == Fate::reencrypted);
}

}  // namespace proof_match_fate_test
