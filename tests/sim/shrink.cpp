// Finds a seed that is wrong, and makes its tape shorter.
#include <algorithm>
#include <string>
#include <utility>

#include "tests/sim/run.h"

namespace sni::sim {

namespace {

/// What is wrong, whoever it is with.
std::string kind_of_wrong(Play play, const std::vector<std::uint32_t>& drawn, Flaw flaw) {
    Tape tape(drawn);
    std::string wrong = play(tape, flaw, false).wrong;
    std::erase_if(wrong, [](char c) { return c >= '0' && c <= '9'; });
    return wrong;
}

}  // namespace

std::uint64_t found_by(Play play, Flaw flaw, std::uint64_t most) {
    for (std::uint64_t seed = 1; seed <= most; ++seed) {
        Tape tape(seed);
        if (!play(tape, flaw, false).wrong.empty()) return seed;
    }
    return 0;
}

std::vector<std::uint32_t> shrink(Play play, std::vector<std::uint32_t> tape, Flaw flaw,
                                  std::size_t tries) {
    const std::string kind = kind_of_wrong(play, tape, flaw);
    const auto accept = [&](std::vector<std::uint32_t> other) {
        if (tries == 0) return false;
        --tries;
        if (kind_of_wrong(play, other, flaw) != kind) return false;
        tape = std::move(other);
        return true;
    };
    for (std::size_t size = std::max<std::size_t>(tape.size() / 2, 1); tries > 0; size /= 2) {
        // From the end, since what comes first decides what comes later.
        for (std::size_t at = tape.size(); at > 0 && tries > 0;) {
            at -= std::min(at, size);
            std::vector<std::uint32_t> without = tape;
            const auto from = without.begin() + static_cast<std::ptrdiff_t>(at);
            const auto to = from + static_cast<std::ptrdiff_t>(std::min(size, tape.size() - at));
            without.erase(from, to);
            if (accept(without)) continue;
            std::vector<std::uint32_t> tamer = tape;
            const auto first = tamer.begin() + static_cast<std::ptrdiff_t>(at);
            const auto last = first + static_cast<std::ptrdiff_t>(std::min(size, tape.size() - at));
            if (std::any_of(first, last, [](std::uint32_t each) { return each != 0; })) {
                std::fill(first, last, 0);
                accept(tamer);
            }
        }
        if (size == 1) break;
    }
    while (!tape.empty() && tape.back() == 0)
        tape.pop_back();
    return tape;
}

}  // namespace sni::sim
