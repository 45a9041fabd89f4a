#include "lab/export/cluster/edits.h"

#include "tests/support/catch.h"

namespace export_edits_test {

using namespace sni;
using exporting::Edit;
using exporting::edited;

TEST_CASE("an edit is put in at its line and column, counted in characters", "[export]") {
    const std::string text = "a: 1\nkey: \xc3\xa4\xc3\xb6 value\nb: 2\n";
    const std::vector<Edit> edits = {{{.file = 0, .line = 2, .column = 9}, 5, "word"}};
    CHECK(edited(text, 0, 1, 3, edits) == "a: 1\nkey: \xc3\xa4\xc3\xb6 word\nb: 2\n");
}

TEST_CASE("edits of one spot come in their order, and those of other lines and files not at all",
          "[export]") {
    const std::vector<Edit> edits = {{{.file = 0, .line = 11, .column = 1}, 0, "x"},
                                     {{.file = 0, .line = 10, .column = 2}, 1, "B"},
                                     {{.file = 0, .line = 11, .column = 1}, 0, "y"},
                                     {{.file = 1, .line = 10, .column = 1}, 0, "other"},
                                     {{.file = 0, .line = 12, .column = 1}, 0, "later"}};
    CHECK(edited("abc\nd\n", 0, 10, 11, edits) == "aBc\nxyd\n");
}

}  // namespace export_edits_test
