#include "lab/torture/counts.h"

#include "tests/support/catch.h"

namespace torture_counts_test {

using namespace sni::torture;

TEST_CASE("every finding has one column, and those that are red stand on the right", "[torture]") {
    std::vector<Finding> findings;
    for (const Verdict verdict : kVerdicts) {
        for (const bool well : {true, false}) {
            findings.push_back({.shape = "seg/one", .verdict = verdict, .well = well, .how = {}});
        }
    }
    const Counts counts = count(findings);
    std::size_t all = 0;
    for (const std::size_t column : counts) {
        CHECK(column > 0);
        all += column;
    }
    CHECK(all == findings.size());

    std::size_t red = 0;
    for (const Finding& finding : findings) {
        red += is_red(finding.verdict) ? 1 : 0;
        CHECK((column_of(finding) >= Column::misrouted) == is_red(finding.verdict));
    }
    CHECK(reds_of(counts) == red);
}

}  // namespace torture_counts_test
