#include "lab/gateways/self_test.h"

#include "tests/support/catch.h"

namespace gateways_self_test_test {

using namespace sni;

TEST_CASE("every cheat gets the verdict that it must get, and proven once it is honest",
          "[gateways]") {
    const auto controls = gateways::self_test(std::chrono::seconds(5));
    CHECK(controls.size() == 20);
    for (const report::Control& control : controls) {
        CAPTURE(control.name, to_string(control.found), to_string(control.honest));
        CHECK(control.caught());
        using enum proof::Verdict;
        CHECK((control.expected == terminated || control.expected == report_altered ||
               control.expected == readable));
    }
}

TEST_CASE("beside a witness every cheat gets its verdict, and proven once it is honest",
          "[gateways][witness]") {
    const auto controls = gateways::witness_self_test(std::chrono::seconds(5));
    CHECK(controls.size() == 15);
    std::size_t untold = 0;
    for (const report::Control& control : controls) {
        CAPTURE(control.name, to_string(control.found), to_string(control.honest));
        CHECK(control.caught());
        using enum proof::Verdict;
        CHECK((control.expected == terminated || control.expected == report_altered ||
               control.expected == readable || control.expected == inconclusive));
        if (control.expected == inconclusive) ++untold;
    }
    CHECK(untold == 2);  // where the witness was not heard
}

}  // namespace gateways_self_test_test
