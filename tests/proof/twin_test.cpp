#include "lab/proof/match/twin.h"

#include "tests/proof/matching.h"

namespace proof_twin_test {

using namespace sni;
using namespace sni::test;
using proof::is_twin;

namespace {

/// What a witness wrote that says which run it is of.
proof::WitnessRecord of_run(const std::vector<proof::WitnessedSession>& sessions,
                            std::string witness = "w") {
    proof::WitnessRecord read = record(log_of(sessions));
    read.runs = {{.witness = std::move(witness), .began = kBegan}};
    return read;
}

}  // namespace

TEST_CASE("a record is a twin of whatever its own witness wrote in that run", "[proof][match]") {
    const auto both = connection(1);
    const proof::WitnessRecord whole = of_run({both, connection(2)});
    const proof::WitnessRecord part = of_run({both});
    CHECK(is_twin(whole, part));
    CHECK(is_twin(part, whole));
    CHECK(is_twin(whole, whole));
}

TEST_CASE("two witnesses are no twins, be they of one name and one millisecond", "[proof][match]") {
    auto here = connection(1);
    auto there = here;
    there.peer = "127.0.0.1:9";
    REQUIRE(here.peer != there.peer);
    CHECK_FALSE(is_twin(of_run({here}), of_run({there})));

    auto later = here;
    later.began += std::chrono::milliseconds(1);
    CHECK_FALSE(is_twin(of_run({here}), of_run({later})));
    CHECK_FALSE(is_twin(of_run({here}), of_run({here}, "v")));
}

TEST_CASE("records that do not say who wrote them are no twins", "[proof][match]") {
    proof::WitnessRecord one = of_run({connection(1)});
    proof::WitnessRecord other = one;
    one.runs.clear();
    CHECK_FALSE(is_twin(one, other));
    CHECK_FALSE(is_twin(other, one));
}

}  // namespace proof_twin_test
