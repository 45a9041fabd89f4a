// A code, a lab in which it fires, and one close to it in which it does not.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/analyze/cases.h"
#include "tests/support/analyze.h"
#include "tests/support/catch.h"

namespace sni::test {

/// `finding` is the level, and the object that it is about; `token` is what is underlined.
struct Case {
    std::string_view code;
    std::string_view finding;
    std::string_view token;
    Lab fires;
    Lab silent = {};
};

inline void check(const Case& c) {
    CAPTURE(c.code, c.finding);
    const auto report = analyzed(text_of(c.fires));
    std::vector<std::string> found;
    for (const analyze::Finding& finding : report.findings) {
        const Diagnostic& d = finding.diagnostic;
        if (d.code != c.code) continue;
        const analyze::Object& object = finding.object;
        const auto column = static_cast<std::size_t>(d.place.column - 1);
        found.push_back(std::string(to_string(d.level)) + " " + object.kind + " " + object.ns +
                        "/" + object.name + " | " +
                        d.source.substr(column, static_cast<std::size_t>(d.width)));
    }
    CAPTURE(lines(report));
    CHECK(std::ranges::count(found, std::string(c.finding) + " | " + std::string(c.token)) == 1);

    const auto silent = analyzed(text_of(c.silent));
    CAPTURE(lines(silent));
    CHECK(times(silent, c.code) == 0);
}

}  // namespace sni::test
