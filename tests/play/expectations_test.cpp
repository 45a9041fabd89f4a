#include "lab/play/expectations.h"

#include "lab/report/report.h"
#include "tests/support/catch.h"

namespace play_expectations_test {

using namespace sni;
using proof::Mark;
using proof::Verdict;

namespace {

scenario::Check wanted(Verdict verdict) {
    scenario::Check check;
    check.verdict = verdict;
    return check;
}

proof::Check found(Verdict verdict, bool refused = false) {
    proof::Check check;
    check.verdict = verdict;
    check.refused = refused;
    check.lines = {{.name = "routed",
                    .mark = Mark::fail,
                    .text = "silence",
                    .code = "SL2105",
                    .verdict = verdict}};
    return check;
}

using Sentences = std::vector<std::string>;

}  // namespace

TEST_CASE("a verdict that is not the expected one is said with both names", "[play]") {
    CHECK(play::unmet(wanted(Verdict::proven), found(Verdict::not_routed)) ==
          Sentences{"expected proven, found not_routed"});
    CHECK(play::unmet(wanted(Verdict::terminated), found(Verdict::terminated)).empty());
}

TEST_CASE("a refusal must be one, and what came instead is said", "[play]") {
    const scenario::Check check = wanted(Verdict::not_routed);
    CHECK(play::unmet(check, found(Verdict::not_routed, true)).empty());
    CHECK(play::unmet(check, found(Verdict::not_routed, false)) ==
          Sentences{"not refused by an alert, a reset or a close, as it must be, but: silence"});
}

TEST_CASE("a check that says how a refusal comes is held to that", "[play]") {
    scenario::Check check = wanted(Verdict::not_routed);
    check.details.says = "certificate_required";
    check.details.code = "SL2103";
    CHECK(play::unmet(check, found(Verdict::not_routed)) ==
          Sentences{"no line says SL2103", "no line says \"certificate_required\""});
    check.details.says = "silence";
    check.details.code = "SL2105";
    CHECK(play::unmet(check, found(Verdict::not_routed)).empty());
}

TEST_CASE("a gateway that is not ours refuses in its own words", "[play]") {
    scenario::Check check = wanted(Verdict::not_routed);
    check.details.says = "unrecognized_name";
    check.details.code = "SL2103";
    CHECK(play::unmet(check, found(Verdict::not_routed), false).empty());
    CHECK(play::unmet(check, found(Verdict::proven), false).size() == 1);
    // What is no refusal is the proof's business, whoever the gateway is.
    check.verdict = Verdict::certificate;
    CHECK(play::unmet(check, found(Verdict::certificate), false).size() == 2);
}

TEST_CASE("no two equal words stand beside found and expected", "[play]") {
    for (const Verdict verdict : {Verdict::not_routed, Verdict::terminated, Verdict::certificate}) {
        for (const bool refused : {false, true}) {
            proof::Check check = found(verdict, refused);
            check.expected = verdict;
            CHECK(check.beside_expectation().find("found") == std::string::npos);
            CHECK_FALSE(check.beside_expectation().empty());
        }
    }
    report::Control control{.name = "a", .found = Verdict::terminated};
    CHECK(control.complaint() ==
          "caught, but the same gateway was inconclusive when it was honest");
    control.untried = "nothing could be connected";
    CHECK(control.complaint() == "could not be tried: nothing could be connected");
}

}  // namespace play_expectations_test
