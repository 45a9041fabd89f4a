#include "lab/report/explain.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/catch.h"

using namespace sni::report;

namespace {

std::string source(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
        found.insert((*at)[1]);
    }
    return found;
}

const std::filesystem::path kRoot = SNI_LAB_SOURCE_DIR;

}  // namespace

TEST_CASE("every code of ours has an explanation, and nothing else has", "[report]") {
    const std::set<std::string> wanted =
        matches(source(kRoot / "lab/core/codes.h"), std::regex("\"(SL\\d{4})\""));
    REQUIRE(wanted.size() > 80);
    std::set<std::string> explained;
    for (const Explanation& e : explanations()) {
        CAPTURE(e.code);
        CHECK(explained.insert(std::string(e.code)).second);
        for (const std::string_view part : {e.means, e.happens, e.mend}) {
            CHECK_FALSE(part.empty());
            CHECK(part.ends_with('.'));
        }
    }
    CHECK(explained == wanted);
    CHECK(std::ranges::is_sorted(explanations(), {}, &Explanation::code));
}

TEST_CASE("every line that a report or a scenario prints has a meaning", "[report]") {
    std::set<std::string> printed;
    for (const char* folder : {"lab/proof", "lab/play", "cli"}) {
        for (const auto& file : std::filesystem::directory_iterator(kRoot / folder)) {
            if (file.path().extension() != ".cpp") continue;
            const std::string text = source(file.path());
            printed.merge(matches(text, std::regex("\\b(?:pass|info|line)\\(\\s*\"([a-z -]+)\"")));
            printed.merge(matches(
                text, std::regex("(?:against|problem)\\([^;\"]*code::k\\w+,\\s*\"([a-z -]+)\"")));
            printed.merge(
                matches(text, std::regex("lines\\.push_back\\(\\{\\.name = \"([a-z -]+)\"")));
        }
    }
    REQUIRE(printed.size() > 30);
    for (const std::string& name : printed) {
        CAPTURE(name);
        CHECK(find_line(name) != nullptr);
    }
    for (const Explanation& e : explanations()) {
        CAPTURE(e.code);
        CHECK((e.line.empty() || find_line(e.line) != nullptr));
    }
    for (const LineMeaning& line : line_meanings()) {
        CAPTURE(line.line);
        CHECK(line.means.ends_with('.'));
    }
    CHECK(std::ranges::is_sorted(line_meanings(), {}, &LineMeaning::line));
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
    CHECK(to_text(explain("SL7001").front()).starts_with("SL7001\n  means   Somebody"));
    CHECK(to_text(explain("SL2311").front()) ==
          "SL2311 (bound)\n"
          "  means   TLS 1.2 without extended master secret: two sessions can share one exporter "
          "(RFC\n"
          "          7627).\n"
          "  happens An old TLS library at one end.\n"
          "  mend    Let both ends speak TLS 1.3, or 1.2 with RFC 7627.\n");
}
