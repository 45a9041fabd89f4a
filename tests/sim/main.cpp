// sim [backend] SECONDS | seed SEED | trace SEED: plays the router, or the backend's sessions, and
// prints the seed and the shortest schedule of what went wrong.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "tests/sim/kernel.h"
#include "tests/sim/run.h"

namespace {

using namespace sni::sim;

/// What came of connections: nothing of the one that was not played.
std::string told(std::size_t connections, std::size_t relayed, std::size_t answers,
                 std::uint64_t bytes) {
    std::string text = fmt::format("{} connections", connections);
    if (relayed > 0) text += fmt::format(", {} relayed", relayed);
    if (answers > 0) text += fmt::format(", {} answers", answers);
    return text + fmt::format(", {} bytes", bytes);
}

int tell(Play play, std::uint64_t seed) {
    Tape tape(seed);
    const Outcome first = play(tape, Flaw::none, false);
    if (first.wrong.empty()) {
        fmt::print("seed {}: nothing wrong; {}, {} calls\n", seed,
                   told(first.connections, first.relayed, first.answers, first.bytes), first.calls);
        return 0;
    }
    fmt::print("seed {}: {}\n", seed, first.wrong);
    Tape shorter(shrink(play, tape.drawn(), Flaw::none));
    const Outcome least = play(shorter, Flaw::none, true);
    fmt::print("{} choices, {} when shrunk: {}\n", tape.drawn().size(), shorter.drawn().size(),
               least.wrong);
    for (const std::string& line : least.trace)
        fmt::print("  {}\n", line);
    return 1;
}

int play_for(Play play, double seconds, std::uint64_t first) {
    const auto begin = std::chrono::steady_clock::now();
    const auto so_far = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    std::uint64_t seed = first;
    std::uint64_t calls = 0, bytes = 0, refusals = 0;
    std::size_t connections = 0, relayed = 0, answers = 0;
    for (; so_far() < seconds; ++seed) {
        Tape tape(seed);
        const Outcome outcome = play(tape, Flaw::none, false);
        if (!outcome.wrong.empty()) {
            if (tell(play, seed) == 0) fmt::print("but at first: {}\n", outcome.wrong);
            return 1;
        }
        calls += outcome.calls;
        connections += outcome.connections;
        relayed += outcome.relayed;
        answers += outcome.answers;
        bytes += outcome.bytes;
        refusals += outcome.refusals;
    }
    const double time = so_far();
    const std::uint64_t seeds = seed - first;
    fmt::print(
        "{} seeds from {} in {:.1f} s ({:.0f}/s), nothing wrong: {}, {} system calls, {} refusals "
        "of "
        "memory\n",
        seeds, first, time, static_cast<double>(seeds) / time,
        told(connections, relayed, answers, bytes), calls, refusals);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const bool backend = argc > 1 && std::string_view(argv[1]) == "backend";
    const Play play = backend ? run_backend : run;
    argc -= backend;
    argv += backend;
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "seed" && argc == 3) return tell(play, std::strtoull(argv[2], nullptr, 10));
    if (first == "trace" && argc == 3) {
        Kernel::trace_aloud();
        Tape tape(std::strtoull(argv[2], nullptr, 10));
        return play(tape, Flaw::none, true).wrong.empty() ? 0 : 1;
    }
    const double seconds = std::strtod(argc > 1 ? argv[1] : "", nullptr);
    if (seconds > 0)
        return play_for(play, seconds, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
    fmt::print(stderr, "usage: sim [backend] SECONDS [FIRST_SEED] | seed SEED | trace SEED\n");
    return 2;
}
