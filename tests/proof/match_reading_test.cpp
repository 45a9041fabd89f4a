// Records as they are read: whole, torn, going on, or none.
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/proof/matching.h"
#include "tests/support/catch.h"

namespace proof_match_reading_test {

using namespace sni;
using namespace sni::proof;
using namespace sni::test;
using std::chrono::milliseconds;

TEST_CASE("a torn line counts as lost", "[proof][match]") {
    std::string text = log_of({connection(1), connection(2)});
    text.erase(text.find("\"alpn\""), 40);
    const WitnessRecord read = record(text);
    CHECK(read.sessions.size() == 1);
    CHECK(read.lost == 1);
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
    CHECK_FALSE(read_log(log_of({connection(1)}) + "{\"schema\":\"x\"}").has_value());
}

TEST_CASE("a page is read in many lines and in one", "[proof][match]") {
    const nlohmann::json page = {{"schema", kWitnessPageSchema},
                                 {"time_ms", 5},
                                 {"complete_since_ms", 1},
                                 {"let_go", 0},
                                 {"sessions", {nlohmann::json::parse(encode(connection(1)))}}};
    for (const std::string& text : {page.dump(), page.dump() + "\n", page.dump(2) + "\n"}) {
        CHECK(record(text).sessions.size() == 1);
        CHECK(record(text).since == Moment(milliseconds(1)));
    }
}

TEST_CASE("a record that does not say how many it has not is none", "[proof][match]") {
    const std::string log = log_of({connection(1)}, 7);
    CHECK(record(log).lost == 7);
    for (const char* lost : {"\"7\"", "7.0", "-1", "null", "18446744073709551615"}) {
        CAPTURE(lost);
        std::string other = log;
        other.replace(other.find("\"lost\":7"), 8, "\"lost\":" + std::string(lost));
        CHECK_FALSE(read_log(other).has_value());
    }
    std::string without = log;
    without.erase(without.find("\"lost\":7,"), 9);
    CHECK_FALSE(read_log(without).has_value());

    nlohmann::json page = {{"schema", kWitnessPageSchema},
                           {"time_ms", 5},
                           {"complete_since_ms", 1},
                           {"let_go", 2},
                           {"sessions", nlohmann::json::array()}};
    CHECK(record(page.dump()).let_go == 2);
    page["let_go"] = "2";
    CHECK_FALSE(read_log(page.dump()).has_value());
    page.erase("let_go");
    CHECK_FALSE(read_log(page.dump()).has_value());
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
        CHECK_FALSE(read_log(text).has_value());
    }
    const auto broken = read_log(log_of({connection(1)}) + "{\"x\":1}\n{}\n");
    CHECK(broken.error().starts_with("a.log:4: "));
}

}  // namespace proof_match_reading_test
