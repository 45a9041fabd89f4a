#include "lab/proof/verdict.h"

#include <set>

#include "tests/support/catch.h"

namespace proof_verdict_test {

using namespace sni;
using proof::Verdict;

namespace {

constexpr Verdict kAll[] = {Verdict::proven,      Verdict::terminated,   Verdict::report_altered,
                            Verdict::altered,     Verdict::not_routed,   Verdict::unexpected_answer,
                            Verdict::certificate, Verdict::inconclusive, Verdict::readable};

}  // namespace

TEST_CASE("every verdict has a word, a spelling, a headline, and comes back from its spelling",
          "[proof]") {
    std::set<std::string> headlines;
    for (const Verdict verdict : kAll) {
        CAPTURE(to_string(verdict));
        CHECK(proof::parse_verdict(proof::spelled(verdict)) == verdict);
        CHECK(headlines.emplace(proof::headline(verdict)).second);
        CHECK((proof::exit_of(verdict) == Exit::yes) == (verdict == Verdict::proven));
    }
    CHECK(to_string(Verdict::not_routed) == "not_routed");
    CHECK(proof::spelled(Verdict::not_routed) == "not-routed");
    CHECK_FALSE(proof::parse_verdict("not_routed"));
    CHECK_FALSE(proof::parse_verdict(""));
}

TEST_CASE("whatever is worse than proven decides beside it, whichever comes first", "[proof]") {
    for (const Verdict verdict : kAll) {
        CHECK(proof::worse(verdict, Verdict::proven) == verdict);
        CHECK(proof::worse(Verdict::proven, verdict) == verdict);
        CHECK(proof::worse(verdict, verdict) == verdict);
    }
    CHECK(proof::worse(Verdict::inconclusive, Verdict::terminated) == Verdict::terminated);
    CHECK(proof::worse(Verdict::readable, Verdict::inconclusive) == Verdict::inconclusive);
}

}  // namespace proof_verdict_test
