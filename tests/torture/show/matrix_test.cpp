#include "lab/torture/show/matrix.h"

#include "tests/support/catch.h"

namespace torture_show_matrix_test {

using namespace sni::torture;

namespace {

Run run_of(std::vector<std::pair<std::string, Verdict>> found) {
    Run run;
    for (auto& [shape, verdict] : found) {
        run.shapes.push_back({.name = shape, .about = {}, .source = {}, .segments = {}});
        run.findings.push_back({.shape = shape, .verdict = verdict, .well = true, .how = {}});
    }
    return run;
}

}  // namespace

TEST_CASE("shapes of several runs stand in groups, in the order of who has them first",
          "[torture]") {
    const std::vector<Run> runs{
        run_of({{"rec/one", Verdict::right}, {"seg/one", Verdict::right}}),
        run_of({{"rec/two", Verdict::lost}, {"rec/one", Verdict::refused}}),
        run_of({{"rec/one", Verdict::right}}),
    };
    const std::vector<MatrixGroup> groups = matrix_of(runs);
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].name == "rec");
    CHECK(groups[1].name == "seg");
    REQUIRE(groups[0].rows.size() == 2);
    const MatrixRow& one = groups[0].rows[0];
    CHECK(one.shape->name == "rec/one");
    REQUIRE(one.found.size() == runs.size());
    CHECK(one.found[0] == &runs[0].findings[0]);
    CHECK(one.found[1] == &runs[1].findings[1]);
    CHECK(one.found[2] == &runs[2].findings[0]);
    CHECK(differs(one));

    const MatrixRow& two = groups[0].rows[1];
    CHECK(two.found == std::vector<const Finding*>{nullptr, &runs[1].findings[0], nullptr});
    CHECK_FALSE(differs(two));  // nobody else was asked
}

}  // namespace torture_show_matrix_test
