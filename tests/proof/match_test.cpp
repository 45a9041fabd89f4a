#include "lab/proof/match/match.h"

#include <array>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "tests/proof/matching.h"
#include "tests/support/catch.h"

namespace proof_match_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;
using std::chrono::milliseconds;

TEST_CASE("connections that both saw alike have passed, in any order", "[proof][match]") {
    const Answer answer =
        matched(log_of({connection(1), connection(2), connection(3)}),
                log_of({connection(3), connection(1), connection(4), connection(2)}));
    CHECK(answer.fates == std::vector(3, Fate::passed));
    CHECK(answer.exit == Exit::yes);
    CHECK(answer.strangers == 1);
}

TEST_CASE("exactly the connections that were encrypted anew are named", "[proof][match]") {
    std::vector<WitnessedSession> here;
    std::vector<WitnessedSession> there;
    for (int i = 0; i < 1'000; ++i) {
        here.push_back(connection(i));
        there.push_back(connection(i % 20 == 7 ? i + 10'000 : i));
    }
    const Answer answer = matched(log_of(here), log_of(there));
    for (int i = 0; i < 1'000; ++i) {
        CAPTURE(i);
        CHECK(answer.fates[static_cast<std::size_t>(i)] ==
              (i % 20 == 7 ? Fate::reencrypted : Fate::passed));
    }
    CHECK(answer.exit == Exit::no);
    CHECK(answer.strangers == 0);
}

TEST_CASE("what reached no service at all was routed elsewhere", "[proof][match]") {
    const Answer answer = matched(log_of({connection(1), connection(2)}),
                                  log_of({connection(1), connection(9, "other.example.com")}));
    CHECK(answer.fates == std::vector{Fate::passed, Fate::elsewhere});
    CHECK(answer.exit == Exit::not_routed);
}

TEST_CASE("several services may have taken them", "[proof][match]") {
    const WitnessRecord here = record(log_of({connection(1), connection(2)}));
    const std::array there{record(log_of({connection(1)})), record(log_of({connection(2)}))};
    CHECK(exit_of(match(here, there), {}) == Exit::yes);
}

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
        CHECK(fate(here, there) == Fate::incomplete);
        there.up = {{600, {std::byte{2}}}, {}};
        CHECK(fate(here, there) == Fate::incomplete);
    }
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

TEST_CASE("a witness that was killed has no record of what was open then", "[proof][match]") {
    const auto mark = [](int at) { return log_began_line("w", kBegan + milliseconds(at)) + "\n"; };
    const std::string ended = log_ended_line("w", kBegan + milliseconds(200'000), 0) + "\n";
    const std::string client = log_of({connection(10), connection(96'000)});
    const auto later = encode(connection(96'000)) + "\n";
    CHECK(matched(client, mark(-100'000) + mark(95'000) + later + ended).fates ==
          std::vector{Fate::incomplete, Fate::passed});
    const std::string in_peace = log_ended_line("w", kBegan + milliseconds(90'000), 0) + "\n";
    CHECK(matched(client, mark(-100'000) + in_peace + mark(95'000) + later + ended).fates ==
          std::vector{Fate::elsewhere, Fate::passed});
    CHECK(
        matched(mark(-100'000) + mark(95'000) + later + ended, log_of({connection(96'000)})).exit ==
        Exit::inconclusive);  // nor have the clients'
}

TEST_CASE("between two runs of a witness nobody watched", "[proof][match]") {
    const auto run = [](int from, int until) {
        return log_began_line("w", kBegan + milliseconds(from)) + "\n" +
               log_ended_line("w", kBegan + milliseconds(until), 0) + "\n";
    };
    const std::string client = log_of({connection(10)});
    const auto fate = [&](const std::string& service) {
        return matched(client, service).fates.front();
    };
    CHECK(fate(run(-900'000, -300'000) + run(300'000, 900'000)) == Fate::incomplete);
    CHECK(fate(run(-900'000, 300'000) + run(400'000, 900'000)) == Fate::elsewhere);
    CHECK(fate(run(-900'000, -300'000) + run(-200'000, 900'000)) == Fate::elsewhere);
}

TEST_CASE("nobody is accused of what was near the begin or the end of a record", "[proof][match]") {
    const std::string client = log_of({connection(10)});
    const auto fate = [&](int from, int until, const std::string& line = "") {
        return matched(client, log_began_line("w", kBegan + milliseconds(from)) + "\n" + line +
                                   log_ended_line("w", kBegan + milliseconds(until), 0) + "\n")
            .fates.front();
    };
    CHECK(fate(-70'000, 70'000) == Fate::elsewhere);
    CHECK(fate(-59'000, 70'000) == Fate::incomplete);
    CHECK(fate(-70'000, 59'000) == Fate::incomplete);
    // But where another one for that name came, it was watched.
    CHECK(fate(-59'000, 59'000, encode(connection(11)) + "\n") == Fate::reencrypted);
}

TEST_CASE("another one is its twin that began while it was open, though others are nearer",
          "[proof][match]") {
    WitnessedSession here = connection(1);
    here.ended = here.began + milliseconds(300'000);
    WitnessedSession before = connection(2);
    before.began = here.began - milliseconds(70'000);
    WitnessedSession within = connection(3);
    within.began = here.began + milliseconds(80'000);
    const std::string service = log_began_line("w", kBegan - milliseconds(900'000)) + "\n" +
                                encode(before) + "\n" + encode(within) + "\n" +
                                log_ended_line("w", kBegan + milliseconds(900'000), 0) + "\n";
    const Answer answer = matched(log_of({here}), service);
    CHECK(answer.fates == std::vector{Fate::reencrypted});
    CHECK(answer.strangers == 1);
}

TEST_CASE("clients' connections that are still open are not in their log", "[proof][match]") {
    std::string text = log_of({connection(1)});
    text.resize(text.find("{\"event\":\"ended\""));
    const WitnessRecord here = record(text);
    const std::array there{record(log_of({connection(1)}))};
    const Matching found = match(here, there);
    CHECK(found.goes_on);
    CHECK(exit_of(found, {}) == Exit::inconclusive);
    CHECK(exit_of(found, 1) == Exit::yes);
    CHECK(exit_of(found, 2) == Exit::inconclusive);
    CHECK(lacking(found, {}).size() == 1);
    CHECK(lacking(found, 1).empty());
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

TEST_CASE("what precedes TLS at one witness alone is not compared", "[proof][match]") {
    WitnessedSession there = connection(1);
    there.up_before_tls = 44;
    there.up.all = {there.up.all.bytes + 44, {std::byte{99}}};
    CHECK(fate(connection(1), there) == Fate::incomplete);
    there.server->hello_sha256 = {std::byte{99}};
    CHECK(fate(connection(1), there) == Fate::reencrypted);
}

TEST_CASE("a connection whose hello was not found may be the one that is missing",
          "[proof][match]") {
    WitnessedSession unread = connection(5);
    unread.hellos.clear();
    const std::string client = log_of({connection(1)});
    const auto with = [&](const WitnessedSession& other) {
        return matched(client, log_of({other, connection(2)})).fates;
    };
    CHECK(with(unread) == std::vector{Fate::incomplete});
    WitnessedSession silent = unread;
    silent.up = {};
    CHECK(with(silent) == std::vector{Fate::reencrypted});
    unread.began += std::chrono::minutes(2);  // it was not there then
    unread.ended = unread.began;
    CHECK(with(unread) == std::vector{Fate::reencrypted});
}

TEST_CASE("many connections with one hello take as long as others", "[proof][match]") {
    constexpr std::size_t kMany = 30'000;
    const bool answered = GENERATE(true, false);
    WitnessRecord here{.name = "here", .since = kBegan, .until = kBegan + milliseconds(100'000)};
    for (std::size_t i = 0; i < kMany; ++i) {
        Carried one = carried(connection(1));
        one.server->hello_sha256 = {std::byte(i), std::byte(i >> 8)};
        one.up.all.sha256 = one.down.all.sha256 = one.server->hello_sha256;
        if (!answered) one.server.reset();
        here.sessions.push_back(one);
    }
    WitnessRecord there = here;
    std::ranges::reverse(there.sessions);
    const std::array services{there};
    const auto began = std::chrono::steady_clock::now();
    const Matching found = match(here, services);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
    if (answered) CHECK(found.count(Fate::passed) == kMany);
    // And where none of them has come, but others did.
    for (Carried& other : there.sessions) {
        other.hello = {std::byte{9}};
    }
    const std::array others{there};
    CHECK(match(here, others).count(Fate::reencrypted) == (answered ? kMany : 0));
}

TEST_CASE("a record with a gap accuses nobody", "[proof][match]") {
    const std::string client = log_of({connection(1)});
    const std::string other = encode(connection(2)) + "\n";
    const std::string began = log_began_line("w", kBegan - milliseconds(9)) + "\n";
    const auto service = GENERATE_COPY(
        log_of({}, 1),                                                 // it lost one
        log_began_line("w", kBegan + milliseconds(2)) + "\n" + other,  // it began later
        other,                                                         // nobody knows when
        began,                                                         // it has seen nothing yet
        began + encode(connection(-9)) + "\n",                         // it ended before
        began + encode(connection(90)) + "\n");                        // it goes on
    CAPTURE(service);
    CHECK(matched(client, service).fates == std::vector{Fate::incomplete});
    CHECK(matched(client, service).exit == Exit::inconclusive);
}

TEST_CASE("another connection is its twin only while it was open", "[proof][match]") {
    const WitnessedSession here = connection(1);
    const auto of = [&](const WitnessedSession& other) {
        return matched(log_of({here}), log_of({other})).fates.front();
    };
    CHECK(of(connection(2)) == Fate::reencrypted);
    CHECK(of(connection(50'000)) == Fate::reencrypted);  // clocks differ
    CHECK(of(connection(90'000)) == Fate::elsewhere);
    WitnessedSession refused = here;
    refused.server.reset();
    CHECK(matched(log_of({refused}), log_of({connection(2)})).fates.front() == Fate::elsewhere);
}

TEST_CASE("a client that gives up before anything came back accuses nobody", "[proof][match]") {
    WitnessedSession gone = connection(1);
    const std::string usual_end = std::exchange(gone.client_end, "reset");
    const auto fate_of_it = [&] {
        return matched(log_of({gone}), log_of({connection(90'000)})).fates.front();
    };
    CHECK(fate_of_it() == Fate::elsewhere);  // it had an answer
    gone.down = {};
    gone.server.reset();
    CHECK(fate_of_it() == Fate::incomplete);
    gone.client_end = usual_end;
    CHECK(fate_of_it() == Fate::elsewhere);
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

TEST_CASE("of two that were refused for one hello each finds its own", "[proof][match]") {
    WitnessedSession one = connection(1);
    one.server.reset();
    WitnessedSession other = one;
    one.down = {{7, {std::byte{2}}}, {}};
    other.down = {{7, {std::byte{3}}}, {}};
    const std::vector incomplete(2, Fate::incomplete);
    CHECK(matched(log_of({one, other}), log_of({one, other})).fates == incomplete);
    CHECK(matched(log_of({one, other}), log_of({other, one})).fates == incomplete);
}

TEST_CASE("what the clients' own record lacks is not passed", "[proof][match]") {
    const std::string service = log_of({connection(1)});
    CHECK(matched(log_of({connection(1)}), service).exit == Exit::yes);
    CHECK(matched(log_of({connection(1)}, 5), service).exit == Exit::inconclusive);
    CHECK(matched(log_of({connection(1), connection(7)}, 5), service).exit == Exit::not_routed);
}

TEST_CASE("a torn line counts as lost", "[proof][match]") {
    std::string text = log_of({connection(1), connection(2)});
    text.erase(text.find("\"alpn\""), 40);
    const WitnessRecord read = record(text);
    CHECK(read.sessions.size() == 1);
    CHECK(read.lost == 1);
}

TEST_CASE("fewer connections than were expected are no answer", "[proof][match]") {
    const WitnessRecord here = record(log_of({connection(1)}));
    const std::array there{record(log_of({connection(1)}))};
    const Matching found = match(here, there);
    CHECK(exit_of(found, 1) == Exit::yes);
    CHECK(exit_of(found, 2) == Exit::inconclusive);
    CHECK(exit_of(match(record(log_of({})), there), {}) == Exit::inconclusive);
}

TEST_CASE("connections without TLS are counted and not compared", "[proof][match]") {
    WitnessedSession plain = connection(1);
    plain.hellos.clear();
    const WitnessRecord read = record(log_of({plain, connection(2)}));
    CHECK(read.not_tls == 1);
    CHECK(read.sessions.size() == 1);
}

TEST_CASE("a log that goes on is read up to its last whole line", "[proof][match]") {
    std::string text = log_of({connection(1), connection(2)});
    text.resize(text.find("{\"event\":\"ended\"") + 9);
    CHECK(record(text).sessions.size() == 2);
    CHECK_FALSE(record(text).until.has_value());
    text.resize(text.rfind("\n{") - 40);  // into the second one
    CHECK(record(text).sessions.size() == 1);
}

TEST_CASE("a last line is passed over only while it is being written", "[proof][match]") {
    CHECK(record(log_of({connection(1)}) + "{\"sch").sessions.size() == 1);
    CHECK_FALSE(read_text(log_of({connection(1)}) + "{\"schema\":\"x\"}").has_value());
}

TEST_CASE("a page is read in many lines and in one", "[proof][match]") {
    const nlohmann::json page = {{"schema", kWitnessPageSchema},
                                 {"time_ms", 5},
                                 {"complete_since_ms", 1},
                                 {"sessions", {nlohmann::json::parse(encode(connection(1)))}}};
    for (const std::string& text : {page.dump(), page.dump() + "\n", page.dump(2) + "\n"}) {
        CHECK(record(text).sessions.size() == 1);
        CHECK(record(text).since == Moment(milliseconds(1)));
    }
}

TEST_CASE("a line is read as far as it may be long", "[proof][match]") {
    std::istringstream endless(log_of({connection(1)}) + std::string(3u << 20, '{'));
    const auto read = read_witness_record("a.log", endless);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error() == "a.log:4: it is longer than 1048576 bytes");
    CHECK(endless.tellg() < (2 << 20));  // and no further
    std::istringstream zeros(std::string(100'000, '\0'));
    CHECK(read_witness_record("zero", zeros).error() == "zero:1: it is no JSON");
    CHECK(zeros.tellg() == 0);
}

TEST_CASE("what is no record is refused with its line", "[proof][match]") {
    for (const char* text :
         {"", "{}\n", "hello\n", "[1,2]\n", "{\"schema\":\"sni-lab/proof/1\"}\n"}) {
        CAPTURE(text);
        CHECK_FALSE(read_text(text).has_value());
    }
    const auto broken = read_text(log_of({connection(1)}) + "{\"x\":1}\n{}\n");
    CHECK(broken.error().starts_with("a.log:4: "));
}

TEST_CASE("a connection that its client gave up at once is no accusation", "[proof][match]") {
    WitnessedSession session = connection(1);
    session.server.reset();
    session.down = {};
    session.service_end = "cut";
    session.client_end = "reset";
    const Answer nobody = matched(log_of({session}), log_of({}));
    CHECK(nobody.fates.front() == Fate::incomplete);
    CHECK(nobody.exit == Exit::inconclusive);
    CHECK(matched(log_of({session}), log_of({connection(2)})).exit == Exit::inconclusive);
    // Who is turned away was turned away.
    session.client_end = "finished";
    session.service_end = "finished";
    CHECK(matched(log_of({session}), log_of({})).fates.front() == Fate::elsewhere);
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

}  // namespace proof_match_test
