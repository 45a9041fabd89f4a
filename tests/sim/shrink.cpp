// Makes a tape shorter that is wrong.
#include <algorithm>
#include <string>
#include <utility>

#include "tests/sim/run.h"

namespace sni::sim {

namespace {

/// What is wrong, whoever it is with.
std::string kind_of_wrong(const std::vector<std::uint32_t>& drawn, Flaw flaw) {
    Tape tape(drawn);
    std::string wrong = run(tape, flaw).wrong;
    std::erase_if(wrong, [](char c) { return c >= '0' && c <= '9'; });
    return wrong;
}

}  // namespace

std::vector<std::uint32_t> shrink(std::vector<std::uint32_t> tape, Flaw flaw, std::size_t tries) {
    const std::string kind = kind_of_wrong(tape, flaw);
    const auto accept = [&](std::vector<std::uint32_t> other) {
        if (tries == 0) return false;
        --tries;
        if (kind_of_wrong(other, flaw) != kind) return false;
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
