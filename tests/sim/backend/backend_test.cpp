// The backend's sessions on a kernel that is played, and whether the play would find what is wrong.
#include "tests/sim/run.h"
#include "tests/support/catch.h"

using namespace sni::sim;

namespace {

constexpr NamedFlaw kBackendFlaws[] = {
    {Flaw::loses_end, "an end is not sent"},
    {Flaw::drops_event, "an event is not looked at"},
    {Flaw::never_expires, "a deadline never comes"},
    {Flaw::closes_twice, "a descriptor is closed twice"},
    {Flaw::forgets_descriptors, "a descriptor is not closed"},
    {Flaw::repeats_byte, "a byte is sent twice"},
    {Flaw::swallows_byte, "a byte is lost"},
    {Flaw::resets_quietly, "an end is sent instead of a reset"},
    {Flaw::ignores_pressure, "a short write is taken for a whole one"},
    {Flaw::hears_no_end, "a client's end is not told"},
    {Flaw::loses_input, "a byte that came is not read"},
    {Flaw::forgets_turn, "a session that has more to do is not called again"},
    {Flaw::forgets_room, "nobody tells a session that there is room"},
    {Flaw::forgets_look, "a nearer deadline is not looked at"},
    {Flaw::closes_half, "who has ended is not answered"},
    {Flaw::expires_early, "a deadline that moved away counts as it was"},
};

}  // namespace

TEST_CASE("whatever kernel and clients do, an answer is whole, or looks cut", "[sim]") {
    for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
        Tape tape(seed);
        const Outcome outcome = run_backend(tape);
        CAPTURE(seed);
        REQUIRE(outcome.wrong == "");
    }
}

TEST_CASE("each fault that a backend can have is found by a few seeds", "[sim]") {
    for (const auto& [flaw, name] : kBackendFlaws) {
        CAPTURE(name);
        const std::uint64_t seed = found_by(run_backend, flaw, 2'000);
        CAPTURE(seed);
        CHECK(seed > 0);
    }
}

TEST_CASE("a seed of the backend says the same each time", "[sim]") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        Tape first(seed), second(seed);
        const Outcome one = run_backend(first, Flaw::none, true);
        CHECK(one.trace == run_backend(second, Flaw::none, true).trace);
        CHECK(first.drawn() == second.drawn());
    }
}
