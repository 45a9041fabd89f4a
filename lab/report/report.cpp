#include "lab/report/report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sni::report {

std::string_view to_string(LabKind kind) {
    switch (kind) {
        case LabKind::running:
            return "running";
        case LabKind::own:
            return "own";
        case LabKind::gateway:
            return "gateway";
        case LabKind::saved:
            break;
    }
    return "saved";
}

std::string in_words(std::chrono::seconds time) {
    using namespace std::chrono;
    const auto count = abs(time);
    if (count >= days(2)) return fmt::format("{} days", floor<days>(count).count());
    if (count >= hours(2)) return fmt::format("{} hours", floor<hours>(count).count());
    if (count >= minutes(2)) return fmt::format("{} minutes", floor<minutes>(count).count());
    return fmt::format("{} second{}", count.count(), count.count() == 1 ? "" : "s");
}

std::string Control::complaint() const {
    if (!untried.empty()) return "could not be tried: " + untried;
    if (found != expected) {
        return fmt::format("found {}, expected {}; honest {}", to_string(found),
                           to_string(expected), to_string(honest));
    }
    return fmt::format("caught, but the same gateway was {} when it was honest", to_string(honest));
}

bool Report::nothing_shown() const {
    const bool faultless =
        std::ranges::all_of(checks, [](const Check& check) { return check.exit() == Exit::yes; });
    const bool proven = std::ranges::any_of(
        checks, [](const Check& check) { return check.verdict == Verdict::proven; });
    return faultless && !proven;
}

bool Report::controls_hold() const {
    return std::ranges::all_of(controls, &Control::caught);
}

Verdict Report::verdict() const {
    const bool shown = !nothing_shown() && controls_hold();
    Verdict verdict = shown ? Verdict::proven : Verdict::inconclusive;
    for (const Check& check : checks) {
        verdict = worse(verdict, check.counted());
    }
    return verdict;
}

Exit Report::exit() const {
    Exit exit = exit_of(verdict());
    for (const Check& check : checks) {
        exit = sni::worse(exit, check.exit());
    }
    return exit;
}

}  // namespace sni::report
