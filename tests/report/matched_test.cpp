#include "lab/report/matched.h"

#include <algorithm>
#include <array>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/proof/matching.h"

namespace report_matched_test {

using namespace sni;
using namespace sni::test;

namespace {

/// Of `count` connections the first `anew` were encrypted anew.
struct Day {
    proof::WitnessRecord client;
    std::array<proof::WitnessRecord, 1> services;
    proof::Matching found;

    Day(int count, int anew) {
        std::vector<proof::WitnessedSession> here;
        std::vector<proof::WitnessedSession> there;
        for (int i = 1; i <= count; ++i) {
            here.push_back(connection(i));
            there.push_back(connection(i <= anew ? i + 10'000 : i));
        }
        client = record(log_of(here));
        services = {record(log_of(there))};
        found = match(client, services);
    }
};

}  // namespace

TEST_CASE("text names what was not passed, and then the sum", "[report][match]") {
    const Day day(3, 1);
    const std::string text = report::to_text(day.client, day.found, std::nullopt, false);
    CHECK_THAT(text, test::StartsWith("re-encrypted     2026-"));
    CHECK_THAT(text, test::Contains(" shop.example.com from "));
    CHECK_THAT(text, test::Contains("\n\n3 TLS connections at a.log: passed 2 · re-encrypted 1\n"));
    CHECK(report::to_text(day.client, day.found, std::nullopt, true) ==
          "3 TLS connections at a.log: passed 2 · re-encrypted 1\n");
    CHECK_THAT(report::to_text(day.client, day.found, 4, true), test::Contains("4"));
}

TEST_CASE("text names fifty, and says that there are more", "[report][match]") {
    const auto lines = [](int count, int anew) {
        const Day day(count, anew);
        return report::to_text(day.client, day.found, std::nullopt, false);
    };
    const std::string fifty = lines(60, 50);
    CHECK(std::ranges::count(fifty, '\n') == 50 + 3);
    CHECK_FALSE(fifty.contains("--json"));
    const std::string more = lines(60, 51);
    CHECK(std::ranges::count(more, '\n') == 50 + 4);
    CHECK_THAT(more, test::Contains("\n… --json has them all\n"));
}

TEST_CASE("JSON has all that were not passed", "[report][match]") {
    const Day day(60, 51);
    const nlohmann::json document = report::to_document(day.client, day.found, 100);
    CHECK(document["schema"] == "sni-lab/match/1");
    CHECK(document["exit"] == static_cast<int>(Exit::no));
    CHECK(document["connections"] == 60);
    CHECK(document["counts"]["passed"] == 9);
    CHECK(document["counts"]["re-encrypted"] == 51);
    CHECK(document["lacking"].size() == 1);
    REQUIRE(document["not_passed"].size() == 51);
    CHECK(document["not_passed"][0]["sni"] == "shop.example.com");
    CHECK(document["not_passed"][0]["fate"] == "re-encrypted");
}

}  // namespace report_matched_test
