#include "lab/report/explain.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/catch.h"

using namespace sni::report;

TEST_CASE("every code that a report can print has an explanation, and nothing else has",
          "[report]") {
    std::ifstream file(std::string(SNI_LAB_SOURCE_DIR) + "/lab/core/codes.h");
    std::stringstream text;
    text << file.rdbuf();
    const std::string source = text.str();
    std::set<std::string> wanted = {"SL1103", "SL1104"};  // verify's answers about a missing lab
    const std::regex code("\"(SL2[1-4]\\d\\d)\"");
    for (std::sregex_iterator at(source.begin(), source.end(), code), end; at != end; ++at) {
        wanted.insert((*at)[1]);
    }
    REQUIRE(wanted.size() > 30);
    std::set<std::string> explained;
    for (const Explanation& e : explanations()) {
        CAPTURE(e.code);
        CHECK(explained.insert(std::string(e.code)).second);
        for (const std::string_view part : {e.line, e.means, e.happens, e.mend}) {
            CHECK_FALSE(part.empty());
        }
        for (const std::string_view part : {e.means, e.happens, e.mend}) {
            CHECK(part.ends_with('.'));
        }
    }
    CHECK(explained == wanted);
    CHECK(std::ranges::is_sorted(explanations(), {}, &Explanation::code));
}

TEST_CASE("a code is found in any case, a line's name gives all of its codes", "[report]") {
    REQUIRE(explain("sl2307").size() == 1);
    CHECK(explain("sl2307").front().code == "SL2307");
    CHECK(explain("attested").size() == 3);
    CHECK(explain("SL230").empty());
    CHECK(explain("").empty());
}

TEST_CASE("an explanation fits a terminal", "[report]") {
    for (const Explanation& e : explanations()) {
        std::istringstream lines(to_text(e));
        for (std::string line; std::getline(lines, line);) {
            CHECK(line.size() <= 96);
            CHECK_FALSE(line.ends_with(' '));
        }
    }
    CHECK(to_text(explain("SL2311").front()) ==
          "SL2311 (bound)\n"
          "  means   TLS 1.2 without extended master secret: two sessions can share one exporter "
          "(RFC\n"
          "          7627).\n"
          "  happens An old TLS library at one end.\n"
          "  mend    Let both ends speak TLS 1.3, or 1.2 with RFC 7627.\n");
}
