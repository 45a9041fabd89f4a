// sim SECONDS | sim seed SEED | sim trace SEED: plays the router, and prints the seed and the
// shortest schedule of what went wrong.
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

int tell(std::uint64_t seed) {
    Tape tape(seed);
    const Outcome first = run(tape);
    if (first.wrong.empty()) {
        fmt::print("seed {}: nothing wrong; {} connections, {} relayed, {} bytes, {} calls\n", seed,
                   first.connections, first.relayed, first.bytes, first.calls);
        return 0;
    }
    fmt::print("seed {}: {}\n", seed, first.wrong);
    Tape shorter(shrink(tape.drawn(), Flaw::none));
    const Outcome least = run(shorter, Flaw::none, true);
    fmt::print("{} choices, {} when shrunk: {}\n", tape.drawn().size(), shorter.drawn().size(),
               least.wrong);
    for (const std::string& line : least.trace)
        fmt::print("  {}\n", line);
    return 1;
}

int play_for(double seconds, std::uint64_t first) {
    const auto begin = std::chrono::steady_clock::now();
    const auto so_far = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    std::uint64_t seed = first;
    std::uint64_t calls = 0, connections = 0, relayed = 0, bytes = 0, refusals = 0;
    for (; so_far() < seconds; ++seed) {
        Tape tape(seed);
        const Outcome outcome = run(tape);
        if (!outcome.wrong.empty()) {
            if (tell(seed) == 0) fmt::print("but at first: {}\n", outcome.wrong);
            return 1;
        }
        calls += outcome.calls;
        connections += outcome.connections;
        relayed += outcome.relayed;
        bytes += outcome.bytes;
        refusals += outcome.refusals;
    }
    const double time = so_far();
    const std::uint64_t seeds = seed - first;
    fmt::print(
        "{} seeds from {} in {:.1f} s ({:.0f}/s), nothing wrong: {} connections, {} "
        "relayed, {} bytes, {} system calls, {} refusals of memory\n",
        seeds, first, time, static_cast<double>(seeds) / time, connections, relayed, bytes, calls,
        refusals);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "seed" && argc == 3) return tell(std::strtoull(argv[2], nullptr, 10));
    if (first == "trace" && argc == 3) {
        Kernel::trace_aloud();
        Tape tape(std::strtoull(argv[2], nullptr, 10));
        return run(tape, Flaw::none, true).wrong.empty() ? 0 : 1;
    }
    const double seconds = std::strtod(argc > 1 ? argv[1] : "", nullptr);
    if (seconds > 0) return play_for(seconds, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
    fmt::print(stderr, "usage: sim SECONDS [FIRST_SEED] | sim seed SEED | sim trace SEED\n");
    return 2;
}
