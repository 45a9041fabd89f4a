#include "lab/bench/mode.h"

#include "tests/support/catch.h"

namespace bench_mode_test {

using namespace sni::bench;

TEST_CASE("modes keep the order they are asked in, each once", "[bench]") {
    CHECK(parse_modes("up16,raw,up16") == std::vector{Mode::up16, Mode::raw});
}

TEST_CASE("every mode is spelled as it is parsed, and has figures and load", "[bench]") {
    for (const Mode mode : kModes) {
        CAPTURE(to_string(mode));
        CHECK(parse_modes(to_string(mode)) == std::vector{mode});
        CHECK_FALSE(columns_of(mode).empty());
        for (const bool quick : {false, true}) {
            const Load load = load_of(mode, quick);
            CHECK(load.connections >= load.concurrent);
            CHECK(load.bytes > 0);
            CHECK(load.limit.count() > 0);
            CHECK_FALSE(describe(mode, load).empty());
        }
    }
}

TEST_CASE("an unknown mode is answered with the nearest one, or with all", "[bench]") {
    CHECK(parse_modes("raw,hanshake").error() ==
          "there is no mode \"hanshake\"; did you mean handshake?");
    CHECK(parse_modes("everything").error() ==
          "there is no mode \"everything\"; there are raw, handshake, down1, down16, up1, up16, "
          "pingpong, idle, routes");
    CHECK_FALSE(parse_modes("raw,"));
    CHECK_FALSE(parse_modes(""));
}

TEST_CASE("a gate is about the mode's first measure unless it names another", "[bench]") {
    CHECK(parse_gate("raw=0.95") == Gate{Mode::raw, Measure::cpu, 0.95});
    CHECK(parse_gate("idle=0.5") == Gate{Mode::idle, Measure::memory, 0.5});
    CHECK(parse_gate("raw.p99=1.1") == Gate{Mode::raw, Measure::p99, 1.1});
    CHECK(to_string(Gate{Mode::raw, Measure::p99, 1.1}) == "raw.p99");
}

TEST_CASE("a gate that cannot be judged is refused with what would do", "[bench]") {
    CHECK(parse_gate("raw").error() == "\"raw\" is not MODE=RATIO");
    CHECK(parse_gate("row=1").error() == "there is no mode \"row\"; did you mean raw?");
    CHECK(parse_gate("down1.p99=1").error() ==
          "there is no measure of down1 \"p99\"; there are cpu, total");
    // More is better there: below 1 would be the loss.
    CHECK_FALSE(parse_gate("raw.rate=1"));
    for (const char* number : {"", "0", "-1", "x", "1x", "nan", "inf"}) {
        CAPTURE(number);
        CHECK_FALSE(parse_gate(std::string("raw=") + number));
    }
}

}  // namespace bench_mode_test
