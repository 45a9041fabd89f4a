#include "lab/report/report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sni::report {

namespace {

/// From the one that decides first.
constexpr std::array kOrder = {
    Verdict::not_routed,        Verdict::terminated,  Verdict::report_altered,
    Verdict::unexpected_answer, Verdict::certificate, Verdict::inconclusive,
    Verdict::readable,          Verdict::proven,
};

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::proven:
            return "proven";
        case Verdict::terminated:
            return "terminated";
        case Verdict::report_altered:
            return "report_altered";
        case Verdict::unexpected_answer:
            return "unexpected_answer";
        case Verdict::not_routed:
            return "not_routed";
        case Verdict::certificate:
            return "certificate";
        case Verdict::inconclusive:
            return "inconclusive";
        case Verdict::readable:
            break;
    }
    return "readable";
}

std::string_view headline(Verdict verdict) {
    switch (verdict) {
        case Verdict::proven:
            return "PASSTHROUGH PROVEN";
        case Verdict::terminated:
            return "TERMINATED BEFORE THE BACKEND";
        case Verdict::report_altered:
            return "REPORT ALTERED";
        case Verdict::unexpected_answer:
            return "UNEXPECTED ANSWER";
        case Verdict::not_routed:
            return "NOT ROUTED";
        case Verdict::certificate:
            return "CERTIFICATE PROBLEM";
        case Verdict::inconclusive:
            return "INCONCLUSIVE";
        case Verdict::readable:
            break;
    }
    return "PASSED THROUGH, BUT READABLE IN TRANSIT";
}

Exit exit_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::proven:
            return Exit::yes;
        case Verdict::terminated:
        case Verdict::report_altered:
        case Verdict::unexpected_answer:
            return Exit::no;
        case Verdict::not_routed:
            return Exit::not_routed;
        case Verdict::certificate:
            return Exit::certificate;
        case Verdict::inconclusive:
            return Exit::inconclusive;
        case Verdict::readable:
            break;
    }
    return Exit::readable;
}

Verdict worse(Verdict a, Verdict b) {
    return std::ranges::find(kOrder, a) < std::ranges::find(kOrder, b) ? a : b;
}

std::string_view to_string(Mark mark) {
    switch (mark) {
        case Mark::pass:
            return "pass";
        case Mark::fail:
            return "fail";
        case Mark::missing:
            return "missing";
        case Mark::info:
            break;
    }
    return "info";
}

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

Verdict Check::counted() const {
    if (refused_as_expected()) return Verdict::proven;
    const bool let_in = expected == Verdict::not_routed && seen.client_tls.has_value();
    const bool harmless = verdict == Verdict::proven || verdict == Verdict::not_routed;
    if (let_in && harmless) return Verdict::unexpected_answer;
    if (verdict == Verdict::proven && expected != Verdict::proven)
        return Verdict::unexpected_answer;
    const bool as_expected = !unmet || unmet->empty();
    if (verdict == Verdict::proven && !as_expected) return Verdict::unexpected_answer;
    return verdict;
}

std::string Check::beside_expectation() const {
    if (expected == Verdict::proven && (!unmet || unmet->empty())) return "";
    if (unmet && !unmet->empty()) return unmet->front();
    if (verdict != expected) {
        return fmt::format("expected {}, found {}", to_string(expected), to_string(verdict));
    }
    if (expected == Verdict::not_routed && !refused && !unmet) {
        return "not refused by an alert, a reset or a close, as it must be";
    }
    return "as the scenario expects";
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
