#include "lab/core/wrap.h"

#include "tests/support/catch.h"

namespace core_wrap_test {

using namespace sni;

TEST_CASE("text is wrapped between words, and the first line has no indent", "[core]") {
    CHECK(wrapped("", 10, "  ").empty());
    CHECK(wrapped("one two", 7, "  ") == "one two");
    CHECK(wrapped("one two", 6, "  ") == "one\n  two");
    CHECK(wrapped("a muchlongerword b", 4, "> ") == "a\n> muchlongerword\n> b");
}

}  // namespace core_wrap_test
