#include "lab/proof/match/match.h"

#include <algorithm>
#include <array>

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

TEST_CASE("one that was routed elsewhere hides none that was encrypted anew", "[proof][match]") {
    const Answer answer = matched(log_of({connection(1), connection(2, "other.example.com")}),
                                  log_of({connection(3)}));
    CHECK(answer.fates == std::vector{Fate::reencrypted, Fate::elsewhere});
    CHECK(answer.exit == Exit::not_routed);
}

TEST_CASE("a connection that a gateway had already stands for all clients that came meanwhile",
          "[proof][match]") {
    // As behind HAProxy's http-reuse: somebody else's request opened it.
    WitnessedSession reused = connection(9);
    reused.began = kBegan - std::chrono::seconds(70);
    reused.ended = kBegan + std::chrono::seconds(70);
    const std::string began = log_began_line("w", kBegan - std::chrono::minutes(5)) + "\n";
    const std::string ended = log_ended_line("w", kBegan + std::chrono::minutes(5), 0) + "\n";
    const std::string clients = log_of({connection(1), connection(2), connection(3)});
    const auto answer = [&] { return matched(clients, began + encode(reused) + "\n" + ended); };
    CHECK(answer().fates == std::vector(3, Fate::reencrypted));
    CHECK(answer().exit == Exit::no);
    CHECK(answer().strangers == 0);
    SECTION("though a later one is open no longer") {
        const std::string later = encode(connection(-65'000)) + "\n";
        const Answer both = matched(clients, began + encode(reused) + "\n" + later + ended);
        CHECK(both.fates == std::vector(3, Fate::reencrypted));
        CHECK(both.strangers == 1);
    }
    SECTION("but not where it was closed before, as far as clocks tell") {
        reused.ended = kBegan - std::chrono::seconds(61);
        CHECK(answer().fates == std::vector(3, Fate::elsewhere));
    }
    SECTION("nor for those of whom the record may have lost the own one") {
        const Answer near_its_end =
            matched(clients, began + encode(reused) + "\n" +
                                 log_ended_line("w", kBegan + std::chrono::seconds(59), 0) + "\n");
        CHECK(near_its_end.fates == std::vector(3, Fate::incomplete));
    }
}

TEST_CASE("why one is missing says no more than the records do", "[proof][match]") {
    WitnessedSession here = connection(1);
    const auto why = [&](const std::string& service) {
        const WitnessRecord client = record(log_of({here}));
        const std::array there{record(service)};
        return match(client, there).sessions.front().why;
    };
    // A pod whose record is not named may have taken it, and the other one is somebody else's.
    CHECK_THAT(why(log_of({connection(2)})), Contains("this one went where no record is from"));
    CHECK(why(log_of({})) == "nothing for that name arrived that is not accounted for");
    here.server.reset();
    here.down = {{7, {}}, {}};
    CHECK(why(log_of({connection(2)})) == "no ServerHello came back, and its hello did not arrive");
    here.down.all.bytes = 2'000;
    CHECK(why(log_of({connection(2)})) ==
          "no ServerHello was read in what came back, and its hello did not arrive");
}

TEST_CASE("several services may have taken them", "[proof][match]") {
    const WitnessRecord here = record(log_of({connection(1), connection(2)}));
    const std::array there{record(log_of({connection(1)})), record(log_of({connection(2)}))};
    CHECK(exit_of(match(here, there), {}) == Exit::yes);
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

TEST_CASE("what the clients' witness could not read is compared with nothing", "[proof][match]") {
    WitnessedSession silent = connection(2);
    silent.hellos.clear();
    silent.up.all.bytes = 0;
    CHECK(matched(log_of({connection(1), silent}), log_of({connection(1)})).exit == Exit::yes);
    WitnessedSession said = silent;
    said.up.all.bytes = 5'000;
    const WitnessRecord here = record(log_of({connection(1), said}));
    const std::array there{record(log_of({connection(1)}))};
    CHECK(exit_of(match(here, there), {}) == Exit::inconclusive);
    CHECK(exit_of(match(here, there), 1) == Exit::inconclusive);
    CHECK_THAT(lacking(match(here, there), {}).at(0), Contains("no ClientHello was found"));
}

TEST_CASE("a clients' log that does not begin with its witness says nothing of what was before",
          "[proof][match]") {
    const std::string whole = log_of({connection(1)});
    const std::array there{record(whole)};
    const auto exit = [&](const std::string& log, std::optional<std::size_t> expected = {}) {
        return exit_of(match(record(log), there), expected);
    };
    CHECK(exit(whole) == Exit::yes);
    const std::string tail = whole.substr(whole.find('\n') + 1);
    CHECK(exit(tail) == Exit::inconclusive);
    CHECK(exit(tail, 1) == Exit::yes);
    const auto part = [&](std::uint64_t number) {
        return log_began_line("w", kBegan, LogPart{kBegan, number}) + "\n";
    };
    CHECK(exit(part(0) + tail) == Exit::yes);
    CHECK(exit(part(1) + tail) == Exit::inconclusive);
    CHECK(exit(part(0) + part(1) + tail) == Exit::yes);
}

TEST_CASE("fewer connections than were expected are no answer", "[proof][match]") {
    const WitnessRecord here = record(log_of({connection(1)}));
    const std::array there{record(log_of({connection(1)}))};
    const Matching found = match(here, there);
    CHECK(exit_of(found, 1) == Exit::yes);
    CHECK(exit_of(found, 2) == Exit::inconclusive);
    CHECK(exit_of(match(record(log_of({})), there), {}) == Exit::inconclusive);
}

}  // namespace proof_match_test
