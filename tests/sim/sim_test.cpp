// The router on a kernel that is played, and whether the play would find what is wrong.
#include "tests/sim/run.h"
#include "tests/support/catch.h"

using namespace sni::sim;

namespace {

constexpr NamedFlaw kRouterFlaws[] = {
    {Flaw::loses_end, "an end is not passed on"},
    {Flaw::ends_early, "an end overtakes the last bytes"},
    {Flaw::drops_event, "an event is not looked at"},
    {Flaw::forgets_deadlines, "a deadline never comes"},
    {Flaw::closes_twice, "a descriptor is closed twice"},
    {Flaw::forgets_descriptors, "a descriptor is not closed"},
    {Flaw::repeats_byte, "a byte is sent twice"},
    {Flaw::swallows_byte, "a byte is lost"},
    {Flaw::resets_quietly, "a reset is passed on as an end"},
    {Flaw::mixes_pipes, "a pipe has bytes from elsewhere"},
    {Flaw::ignores_pressure, "a full receiver is taken to have taken all"},
    {Flaw::leaves_corked, "bytes stay in the kernel"},
    {Flaw::dials_elsewhere, "another address is dialled"},
    {Flaw::keeps_old_routes, "a reload changes nothing"},
    {Flaw::forgets_clients, "a client is never accepted"},
    {Flaw::swallows_alert, "who is refused is not told why"},
    {Flaw::hurries, "a deadline comes too soon"},
};

}  // namespace

TEST_CASE("whatever the kernel does, every byte arrives once, or a reset does", "[sim]") {
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        Tape tape(seed);
        const Outcome outcome = run(tape);
        CAPTURE(seed);
        REQUIRE(outcome.wrong == "");
    }
}

TEST_CASE("each fault that a relay can have is found by a few seeds", "[sim]") {
    for (const auto& [flaw, name] : kRouterFlaws) {
        CAPTURE(name);
        const std::uint64_t seed = found_by(run, flaw, 10'000);
        CAPTURE(seed);
        CHECK(seed > 0);
    }
}

TEST_CASE("a seed says the same each time, and so does its shrunk tape", "[sim]") {
    const std::uint64_t seed = found_by(run, Flaw::loses_end, 10'000);
    Tape first(seed), second(seed);
    const Outcome one = run(first, Flaw::loses_end, true);
    CHECK(one.trace == run(second, Flaw::loses_end, true).trace);
    Tape shorter(shrink(run, first.drawn(), Flaw::loses_end));
    const Outcome least = run(shorter, Flaw::loses_end, true);
    CHECK(least.wrong != "");
    CHECK(least.trace.size() <= one.trace.size());
    CHECK(shorter.drawn().size() < first.drawn().size());
}
