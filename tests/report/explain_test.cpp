#include "lab/report/explain.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "lab/core/codes.h"
#include "tests/support/catch.h"

namespace report_explain_test {

using namespace sni;
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

TEST_CASE("every code of ours has an explanation in whole sentences", "[report]") {
    REQUIRE(code::texts().size() > 80);
    for (const CodeText& code : code::texts()) {
        CAPTURE(code.id);
        CHECK(std::regex_match(std::string(code.id), std::regex("SL\\d{4}")));
        for (const std::string_view part : {code.means, code.happens, code.mend}) {
            CHECK_FALSE(part.empty());
            CHECK(part.ends_with('.'));
        }
    }
    CHECK(std::ranges::is_sorted(code::texts(), {}, &CodeText::id));
}

TEST_CASE("no code is printed that has no row in a table of codes", "[report]") {
    const std::regex quoted("\"((?:SL|IST)\\d{4}|X-[A-Z][A-Z-]+)\"");
    for (const char* folder : {"lab", "cli", "certs"}) {
        for (const auto& file : std::filesystem::recursive_directory_iterator(kRoot / folder)) {
            const auto kind = file.path().extension();
            if (kind != ".cpp" && kind != ".h") continue;
            CAPTURE(file.path().string());
            CHECK(matches(source(file.path()), quoted).empty());
        }
    }
}

TEST_CASE("every line that a report or a scenario prints has a meaning", "[report]") {
    std::set<std::string> printed;
    for (const char* folder : {"lab/proof", "lab/play", "cli"}) {
        for (const auto& file : std::filesystem::recursive_directory_iterator(kRoot / folder)) {
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
    for (const CodeText& code : code::texts()) {
        CAPTURE(code.id);
        CHECK((code.name.empty() || find_line(code.name) != nullptr));
    }
    for (const LineMeaning& line : line_meanings()) {
        CAPTURE(line.line);
        CHECK(line.means.ends_with('.'));
    }
    CHECK(std::ranges::is_sorted(line_meanings(), {}, &LineMeaning::line));
}

TEST_CASE("a code is found in any case, a line's name gives all of its codes", "[report]") {
    REQUIRE(explain("sl2307").size() == 1);
    CHECK(explain("sl2307").front().id == "SL2307");
    CHECK(explain("attested").size() == 3);
    CHECK(explain("SL230").empty());
    CHECK(explain("").empty());
}

TEST_CASE("an explanation fits a terminal", "[report]") {
    for (const CodeText& code : code::texts()) {
        std::istringstream lines(to_text(code));
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

}  // namespace report_explain_test
