// Records as they come in practice: gathered, joined, sorted, recorded twice, by clocks that
// differ.
#include <algorithm>

#include "tests/proof/matching.h"
#include "tests/support/catch.h"

namespace proof_match_odd_records_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

std::string began(int at, std::string_view name = "w") {
    return log_began_line(name, kBegan + milliseconds(at)) + "\n";
}
std::string ended(int at, std::string_view name = "w") {
    return log_ended_line(name, kBegan + milliseconds(at), 0) + "\n";
}

WitnessedSession later(WitnessedSession session, std::chrono::milliseconds by) {
    session.began += by;
    *session.ended += by;
    return session;
}

/// A log of connections that a clock which is ahead has recorded.
std::string log_ahead(const std::vector<WitnessedSession>& sessions, std::chrono::milliseconds by) {
    std::string text = log_began_line("w", kBegan - milliseconds(900'000) + by) + "\n";
    for (const WitnessedSession& session : sessions) {
        text += encode(later(session, by)) + "\n";
    }
    return text + log_ended_line("w", kBegan + milliseconds(900'000) + by, 0) + "\n";
}

Matching found_in(const std::string& client, const std::vector<std::string>& services) {
    static WitnessRecord here;
    here = record(client);
    static std::vector<WitnessRecord> there;
    there.clear();
    for (const std::string& service : services) {
        there.push_back(record(service));
    }
    return match(here, there);
}

}  // namespace

TEST_CASE("lines may be in any order", "[proof][match]") {
    std::string lines = log_of({connection(1), connection(2), connection(3)});
    std::vector<std::string> sorted;
    for (std::size_t end = lines.find('\n'); end != std::string::npos; end = lines.find('\n')) {
        sorted.push_back(lines.substr(0, end + 1));
        lines.erase(0, end + 1);
    }
    std::ranges::sort(sorted);
    std::string text;
    for (const std::string& line : sorted) {
        text += line;
    }
    const Answer answer = matched(text, text);
    CHECK(answer.fates == std::vector(3, Fate::passed));
    CHECK(answer.exit == Exit::yes);
    CHECK(answer.strangers == 0);
}

TEST_CASE("a connection that a record has twice is one", "[proof][match]") {
    const std::string once = log_of({connection(1), connection(2)});
    const std::string twice = log_of({connection(1), connection(2), connection(1)});
    SECTION("at the clients: nobody is missed for it, and it is not counted") {
        const Matching found = found_in(twice, {once});
        CHECK(found.count(Fate::passed) == 2);
        CHECK(found.sessions.size() == 2);
        CHECK(found.again == 1);
        CHECK(exit_of(found, 2) == Exit::yes);
        CHECK(exit_of(found, 3) == Exit::inconclusive);
        CHECK(exit_of(found_in(twice, {twice}), 3) == Exit::inconclusive);
    }
    SECTION("at the service: it is no stranger, and nobody's twin") {
        CHECK(matched(once, twice).strangers == 0);
        const Answer answer = matched(log_of({connection(1), connection(5)}), twice);
        CHECK(answer.fates == std::vector{Fate::passed, Fate::reencrypted});  // by connection(2)
        CHECK(answer.strangers == 0);
        CHECK(matched(log_of({connection(1), connection(2), connection(5)}), twice).fates.back() ==
              Fate::elsewhere);
    }
    SECTION("behind another witness, by whose clock and for whose peer it is another one") {
        WitnessedSession behind = later(connection(1), milliseconds(3));
        behind.peer = "10.0.0.1:5000";
        behind.id = 99;
        const Matching found =
            found_in(log_of({connection(1)}), {log_of({connection(1)}), log_of({behind})});
        CHECK(found.count(Fate::passed) == 1);
        CHECK(found.strangers == 0);
    }
    SECTION("but whoever says a hello again is somebody else") {
        WitnessedSession replayed = connection(1);
        replayed.server->hello_sha256 = {std::byte{99}};
        CHECK(matched(once, log_of({connection(1), connection(2), replayed})).strangers == 1);
        WitnessedSession refused = connection(1);
        refused.server.reset();
        CHECK(matched(log_of({refused, refused}), log_of({refused, refused})).fates.size() == 2);
    }
}

TEST_CASE("what several witnesses wrote into one log accuses nobody", "[proof][match]") {
    const std::string client = log_of({connection(1)});
    const auto with = [&](const std::string& service) {
        return matched(client, service).fates.front();
    };
    // One witness, run twice, was there.
    CHECK(with(began(-900'000) + ended(300'000) + began(400'000) + ended(900'000)) ==
          Fate::elsewhere);
    // Of two it may have gone to the one that was not.
    const auto service = GENERATE_COPY(
        began(-900'000, "a") + ended(300'000, "a") + began(400'000, "b") + ended(900'000, "b"),
        began(-900'000) + ended(900'000) + began(2'000) + ended(900'000),      // at the same time
        began(-900'000) + began(-800'000) + ended(300'000) + ended(900'000));  // the same, in turns
    CAPTURE(service);
    CHECK(with(service) == Fate::incomplete);
    CHECK(matched(client, service).exit == Exit::inconclusive);
    // What did arrive has passed, whoever saw it.
    CHECK(with(service + encode(connection(1)) + "\n") == Fate::passed);
}

TEST_CASE("a log that was moved away and its successor are one", "[proof][match]") {
    const auto part = [](int at, std::uint64_t number, int run = -900'000) {
        return log_began_line("w", kBegan + milliseconds(at),
                              LogPart{kBegan + milliseconds(run), number}) +
               "\n";
    };
    const std::string first = part(-900'000, 0) + encode(connection(1)) + "\n";
    const std::string rest = encode(connection(2)) + "\n" + ended(900'000);
    const std::string both = first + part(1, 1) + rest;
    const std::string all = log_of({connection(1), connection(2)});
    const std::string missing = log_of({connection(7, "other.example.com")});
    CHECK(matched(both, all).exit == Exit::yes);
    CHECK(matched(missing, both).fates.front() == Fate::elsewhere);
    // Not so one of them alone, nor where one between them is not there, nor another run.
    for (const std::string& less : {first, part(1, 1) + rest, first + part(1, 2) + rest,
                                    part(1, 1) + rest + first, first + part(1, 1, 1) + rest}) {
        CAPTURE(less);
        CHECK(matched(missing, less).fates.front() == Fate::incomplete);
        if (less.starts_with(first)) CHECK(matched(less, all).exit == Exit::inconclusive);
    }
}

TEST_CASE("clocks that are far apart accuse nobody, and passing needs none", "[proof][match]") {
    const std::string client = log_ahead({connection(1), connection(2)}, minutes(0));
    const auto with = [&](std::chrono::milliseconds ahead, int other) {
        return matched(client, log_ahead({connection(1), connection(other)}, ahead));
    };
    for (const minutes ahead : {minutes(-7), minutes(7)}) {
        CHECK(with(ahead, 2).fates == std::vector(2, Fate::passed));
        CHECK(with(ahead, 9).fates == std::vector{Fate::passed, Fate::incomplete});
        CHECK(with(ahead, 9).exit == Exit::inconclusive);
    }
    CHECK(with(milliseconds(50'000), 9).fates == std::vector{Fate::passed, Fate::reencrypted});
    // Who dials early for one and late for another has not changed the clock.
    const std::string service = log_ahead(
        {later(connection(1), minutes(2)), connection(9), later(connection(3), milliseconds(-4))},
        minutes(0));
    const std::string three = log_ahead({connection(3), connection(2), connection(1)}, minutes(0));
    CHECK(matched(three, service).fates ==
          std::vector{Fate::passed, Fate::reencrypted, Fate::passed});
}

TEST_CASE("a difference that may be in what precedes TLS accuses nobody", "[proof][match]") {
    WitnessedSession here = connection(1);
    here.up_before_tls = 44;  // a PROXY header at both places, and not the same
    WitnessedSession there = here;
    there.up.all.sha256 = {std::byte{99}};
    here.server->version = there.server->version = GENERATE("TLSv1.3", "TLSv1.2");
    CHECK(fate(here, here) == Fate::passed);
    CHECK(fate(here, there) == Fate::incomplete);
    there.server->hello_sha256 = {std::byte{99}};
    CHECK(fate(here, there) == Fate::reencrypted);
}

TEST_CASE("a mark at a time that nobody can reckon with is none", "[proof][match]") {
    const auto at = [](const char* time) {
        return read_log(R"({"event":"began","schema":"sni-lab/witness-log/1","time_ms":)" +
                        std::string(time) + ",\"witness\":\"w\"}\n");
    };
    CHECK(at("5").has_value());
    for (const char* time : {"9223372036854775807", "18446744073709551615", "-9223372036854775808",
                             "1e3", "\"5\"", "null"}) {
        CAPTURE(time);
        CHECK_FALSE(at(time).has_value());
    }
}

TEST_CASE("a record that began later knows nothing of what was open then", "[proof][match]") {
    WitnessedSession old = connection(1);
    old.began -= minutes(30);
    const std::string client = log_of({old, connection(2)});  // of a page, for instance
    CHECK(matched(client, log_of({connection(2)})).fates ==
          std::vector{Fate::incomplete, Fate::passed});
}

TEST_CASE("addresses of IPv6 are told as they are", "[proof][match]") {
    WitnessedSession other = connection(9);
    other.peer = "[2001:db8::7]:40000";
    const Matching found = found_in(log_of({connection(1)}), {log_of({other})});
    CHECK(found.sessions.front().why.find("from [2001:db8::7]:40000 with") != std::string::npos);
}

TEST_CASE("who connects and says nothing is nobody's twin", "[proof][match]") {
    WitnessedSession silent = connection(3);
    silent.hellos.clear();
    silent.server.reset();
    silent.sni.reset();
    silent.up = silent.down = {};
    const Matching found =
        found_in(log_of({silent, connection(1)}), {log_of({silent, silent, connection(1)})});
    CHECK(found.sessions.size() == 1);
    CHECK(found.strangers == 0);
    CHECK(exit_of(found, {}) == Exit::yes);
}

}  // namespace proof_match_odd_records_test
