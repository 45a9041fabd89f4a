// Whom a match accuses: nobody of what no witness watched.
#include <array>
#include <utility>

#include "tests/proof/matching.h"
#include "tests/support/catch.h"

namespace proof_match_watched_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;
using std::chrono::milliseconds;

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

TEST_CASE("where a connection of both tells how far the clocks differ, it is reckoned with",
          "[proof][match]") {
    constexpr milliseconds kBehind{20'000};
    const auto there = [&](int number) {
        WitnessedSession session = connection(number);
        session.began -= kBehind;
        *session.ended -= kBehind;
        return encode(session) + "\n";
    };
    const auto fate = [&](int from) {
        const std::string service = log_began_line("w", kBegan + milliseconds(from) - kBehind) +
                                    "\n" + there(10'000) + there(9'000) +
                                    log_ended_line("w", kBegan + milliseconds(50'000), 0) + "\n";
        return matched(log_of({connection(10), connection(10'000)}), service).fates;
    };
    // Somebody else's connection is no twin of one that came before the witness.
    CHECK(fate(3'000) == std::vector{Fate::incomplete, Fate::passed});
    CHECK(fate(-1'000) == std::vector{Fate::reencrypted, Fate::passed});
}

TEST_CASE("a service that took no connection accuses nobody of what has no answer",
          "[proof][match]") {
    WitnessedSession down = connection(5);
    down.hellos.clear();
    down.server.reset();
    down.up = down.down = {};
    down.service_end = "backend_down";
    WitnessedSession here = connection(1);
    const auto fate_of_it = [&] { return matched(log_of({here}), log_of({down})).fates.front(); };
    CHECK(fate_of_it() == Fate::elsewhere);  // it had an answer
    here.server.reset();
    CHECK(fate_of_it() == Fate::incomplete);
    down.service_end = GENERATE("client_reset", "cut");
    CHECK(fate_of_it() == Fate::incomplete);
    down.service_end = "finished";
    CHECK(fate_of_it() == Fate::elsewhere);
    down.service_end = "backend_timeout";
    down.began += std::chrono::minutes(2);
    CHECK(fate_of_it() == Fate::elsewhere);
}

TEST_CASE("a log by which nothing came since its witness was started again is no yes",
          "[proof][match]") {
    const auto run = [](int from, int until, const std::string& lines) {
        return log_began_line("w", kBegan + milliseconds(from)) + "\n" + lines +
               log_ended_line("w", kBegan + milliseconds(until), 0) + "\n";
    };
    const std::string first = run(-900'000, 20, encode(connection(1)) + "\n");
    const std::string service = log_of({connection(1), connection(31)});
    const auto exit_with = [&](const std::string& second) {
        return matched(first + run(30, 90'000, second), service).exit;
    };
    CHECK(exit_with("") == Exit::inconclusive);
    CHECK(exit_with(encode(connection(31)) + "\n") == Exit::yes);
    CHECK(matched(first, service).exit == Exit::yes);
    const std::array there{record(service)};
    const WitnessRecord here = record(first + run(30, 90'000, ""));
    CHECK(exit_of(match(here, there), 1) == Exit::yes);
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
    gone.client_end = "left";
    CHECK(fate_of_it() == Fate::incomplete);
    gone.client_end = "timed_out";
    CHECK(fate_of_it() == Fate::elsewhere);  // it waited
    const std::string service_end = std::exchange(gone.service_end, "cut");
    CHECK(fate_of_it() == Fate::incomplete);
    gone.service_end = service_end;
    gone.client_end = usual_end;
    CHECK(fate_of_it() == Fate::elsewhere);
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

}  // namespace proof_match_watched_test
