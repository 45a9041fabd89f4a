// What two key logs amount to, when they hold more, less or other lines than one would like.
#include "lab/proof/key_logs.h"
#include "tests/support/catch.h"

namespace proof_key_log_answer_test {

using namespace sni;
using namespace sni::proof;

namespace {

const std::string kOne(64, '1');
const std::string kTwo(64, '2');
const std::string kThree(64, '3');

std::string line(const std::string& label, const std::string& random, char secret,
                 std::size_t digits = 64) {
    return label + " " + random + " " + std::string(digits, secret) + "\n";
}

std::string tls13(const std::string& random, char secret) {
    return line("EXPORTER_SECRET", random, secret);
}

/// One session's, of logs that each have one session.
KeyLogMatch match(const std::string& client, const std::string& backend) {
    const auto found = match_key_logs(client, backend);
    REQUIRE(found);
    REQUIRE(found->sessions.size() == 1);
    return found->sessions.front().match;
}

Exit answer(const std::string& client, const std::string& backend,
            std::optional<std::size_t> expected = std::nullopt) {
    const auto found = match_key_logs(client, backend);
    REQUIRE(found);
    const KeyLogAnswer said = answer_of(*found, expected);
    CHECK_FALSE(said.why.empty());
    return said.exit;
}

}  // namespace

TEST_CASE("a library that logs no exporter secret is compared by its traffic secrets", "[proof]") {
    const std::string label =
        GENERATE("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                 "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0");
    CAPTURE(label);
    const std::string whole = line(label, kOne, 'a', 96) + line("EXPORTER_SECRET", kOne, 'b', 96);
    CHECK(match(line(label, kOne, 'a', 96), whole) == KeyLogMatch::same);
    CHECK(match(whole, line(label, kOne, 'a', 96)) == KeyLogMatch::same);
    CHECK(match(line(label, kOne, 'c', 96), whole) == KeyLogMatch::differs);
}

TEST_CASE("a line that is still being written accuses nobody and shows nothing", "[proof]") {
    const std::string whole = line("SERVER_HANDSHAKE_TRAFFIC_SECRET", kOne, 'a', 96) +
                              line("EXPORTER_SECRET", kOne, 'b', 96);
    for (std::size_t end = 1; end < whole.size(); ++end) {
        CAPTURE(end);
        const std::string cut = whole.substr(0, end);
        for (const auto& found : {match_key_logs(cut, whole), match_key_logs(whole, cut)}) {
            REQUIRE(found);
            CHECK(found->count(KeyLogMatch::differs) == 0);
        }
        // Cut at the same place, both have the same few digits.
        const auto both = match_key_logs(cut, cut);
        REQUIRE(both);
        const bool one_whole_secret = end >= whole.find(' ', 40) + 1 + 64;
        CHECK((both->count(KeyLogMatch::same) == 0 || one_whole_secret));
    }
    CHECK(answer(whole, tls13(kTwo, 'a') + "EXPORTER_SECRET " + kOne + " bb") ==
          Exit::inconclusive);
}

TEST_CASE("labels of extensions that are not known here are still a key log's", "[proof]") {
    const auto found = match_key_logs(line("ECH_SECRET", kOne, 'a'), tls13(kTwo, 'a'));
    REQUIRE(found);
    CHECK(found->client_passed_over == 1);
    CHECK(answer_of(*found, std::nullopt).exit == Exit::inconclusive);
}

TEST_CASE("sessions that only the client's log has accuse nobody when others reached the backend",
          "[proof]") {
    const std::string browser = tls13(kOne, 'a') + tls13(kTwo, 'b') + tls13(kThree, 'c');
    // Some went elsewhere; whether they should have, the logs do not tell.
    CHECK(answer(browser, tls13(kTwo, 'b')) == Exit::inconclusive);
    CHECK(answer(browser, tls13(kTwo, 'b') + tls13(std::string(64, '4'), 'd')) ==
          Exit::inconclusive);
    // Who knows how many there were gets an answer.
    CHECK(answer(browser, tls13(kTwo, 'b'), 1) == Exit::yes);
    CHECK(answer(browser, tls13(kTwo, 'b'), 2) == Exit::no);
    CHECK(answer(browser, tls13(kTwo, 'b') + tls13(kOne, 'a'), 2) == Exit::yes);
    CHECK(answer(browser, browser) == Exit::yes);
}

TEST_CASE("not one session at the backend is a no, and an empty log is no answer", "[proof]") {
    CHECK(answer(tls13(kOne, 'a') + tls13(kTwo, 'b'), tls13(kThree, 'c')) == Exit::no);
    CHECK(answer(tls13(kOne, 'a'), "") == Exit::inconclusive);
    CHECK(answer("", tls13(kOne, 'a')) == Exit::inconclusive);
    CHECK(answer(tls13(kOne, 'a'), "", 1) == Exit::inconclusive);
    // The client's log has not even as many as were made.
    CHECK(answer(tls13(kOne, 'a'), tls13(kOne, 'a'), 2) == Exit::inconclusive);
    CHECK(answer(tls13(kOne, 'a'), tls13(kTwo, 'a'), 2) == Exit::inconclusive);
}

TEST_CASE("other secrets under one client random are a no, whatever else is there", "[proof]") {
    const std::string client = tls13(kOne, 'a') + tls13(kTwo, 'b');
    const auto expected = GENERATE(std::optional<std::size_t>(), std::optional<std::size_t>(1),
                                   std::optional<std::size_t>(3));
    CHECK(answer(client, tls13(kOne, 'a') + tls13(kTwo, 'c'), expected) == Exit::no);
}

TEST_CASE("what is bound to no handshake is no yes, however many were expected", "[proof]") {
    const std::string old = line("CLIENT_RANDOM", kOne, 'a', 96);
    CHECK(answer(old, old) == Exit::inconclusive);
    CHECK(answer(old, old, 1) == Exit::inconclusive);
    CHECK(answer(old + tls13(kTwo, 'b'), old + tls13(kTwo, 'b'), 1) == Exit::inconclusive);
}

}  // namespace proof_key_log_answer_test
