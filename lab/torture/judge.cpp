#include "lab/torture/judge.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/tls/alert_name.h"

namespace sni::torture {

namespace {

constexpr std::size_t kAlertBytes = 7;

/// The alert that `answer` begins with, if it does (RFC 8446 §6).
std::optional<std::uint8_t> alert_in(std::string_view answer) {
    using namespace std::string_view_literals;
    if (answer.size() < kAlertBytes || answer[0] != '\x15' || answer[1] != '\x03' ||
        answer.substr(3, 2) != "\0\x02"sv) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(answer[6]);
}

std::string ending_words(const Seen& seen) {
    switch (seen.ending) {
        case Ending::fin:
            return "closed";
        case Ending::reset:
            return "reset";
        case Ending::unconnected:
            return "no connection";
        case Ending::open:
            break;
    }
    return fmt::format("still open after {} ms", seen.took.count());
}

Finding refused(const Shape& shape, const Seen& seen, Finding finding) {
    const auto alert = alert_in(seen.answer);
    finding.verdict = Verdict::refused;
    finding.alert = alert;
    if (alert) {
        finding.how = fmt::format("alert {} ({})", tls::alert_name(*alert), *alert);
        if (seen.ending == Ending::open) finding.how += ", and " + ending_words(seen);
    } else if (!seen.answer.empty()) {
        finding.how = fmt::format("answered by itself with {} bytes, which are no alert: {}",
                                  seen.answer.size(),
                                  to_hex(as_bytes(std::string_view(seen.answer).substr(0, 8))));
    } else {
        finding.how = ending_words(seen);
    }
    const bool said = alert.has_value() || !shape.alert_owed;
    const bool whole = alert || seen.answer.empty();
    finding.well = shape.rule != Rule::must_pass && said && whole && seen.ending != Ending::open;
    return finding;
}

/// Whether an end may get this shape. What has to be refused may get to the target that it names: a
/// server that reads strictly is still to come.
bool may_arrive(const Shape& shape, bool target) {
    if (shape.names == Names::anybody) return true;
    const bool for_target = shape.names == Names::target;
    return target ? for_target : !for_target && shape.rule == Rule::either;
}

Finding misrouted(bool target, Finding finding) {
    finding.verdict = Verdict::misrouted;
    finding.how = target ? "arrived at the target, which it does not name" : "arrived at the decoy";
    return finding;
}

/// No answer came, but an end got it: of a client that broke off that is all there is to know.
Finding unanswered(const Shape& shape, const Seen& seen, const Arrived& at, Finding finding) {
    const char* const end = at.target ? "target" : "decoy";
    if (!may_arrive(shape, at.target)) {
        return misrouted(at.target, std::move(finding));
    }
    const bool broke_off = shape.then == Then::reset || shape.then == Then::reset_now;
    if (!broke_off && shape.rule == Rule::must_pass) {
        finding.verdict = Verdict::lost;
        finding.how =
            fmt::format("arrived at the {}, whose answer was lost: {}", end, ending_words(seen));
        return finding;
    }
    if (broke_off && !at.ended) {
        finding.verdict = Verdict::hung;
        finding.how =
            fmt::format("the {}'s connection stayed when the client's was broken off", end);
        return finding;
    }
    finding.verdict = Verdict::right;
    finding.how = fmt::format("arrived at the {}", end);
    finding.well = shape.rule != Rule::must_refuse;
    return finding;
}

/// Compares what an end sent back with what it was sent.
Finding arrived(const Shape& shape, const Seen& seen, bool target, Finding finding) {
    const Buffer wire = shape.wire();
    const std::string_view sent = as_text(wire);
    std::string_view echo =
        std::string_view(seen.answer).substr((target ? kTargetSays : kDecoySays).size());
    const char* const end = target ? "target" : "decoy";
    const auto common = std::ranges::mismatch(echo, sent).in1 - echo.begin();
    const auto same = static_cast<std::size_t>(common);
    const std::string_view behind = echo.substr(same);
    const bool whole = same == sent.size();
    const bool finished = kEndSays.starts_with(behind);  // nothing, or the beginning of its end
    if (!finished) {
        finding.verdict = Verdict::altered;
        finding.how = fmt::format("arrived at the {}, but byte {} is another one", end, same);
        return finding;
    }
    const bool end_wanted = shape.then == Then::half_close;
    const bool complete = whole && (!end_wanted || behind == kEndSays);
    // What nobody has to pass on may also be passed on in part.
    if (!complete && shape.rule == Rule::must_pass) {
        finding.verdict = Verdict::lost;
        finding.how = whole ? fmt::format(
                                  "arrived at the {}, whose answer behind the client's end "
                                  "was lost: {}",
                                  end, ending_words(seen))
                            : fmt::format("{} of {} bytes came back from the {}: {}", same,
                                          sent.size(), end, ending_words(seen));
        return finding;
    }
    finding.verdict = Verdict::right;
    finding.well = shape.rule != Rule::must_refuse;
    finding.how = fmt::format("arrived at the {}", end);
    return finding;
}

int badness(const Finding& finding) {
    if (is_red(finding.verdict)) return 2;
    return finding.well ? 0 : 1;
}

/// Among the red ones: what is always wrong comes first, and what a busy machine may do last.
int rank(const Finding& finding) {
    constexpr Verdict kWorstLast[] = {Verdict::right,  Verdict::refused, Verdict::hung,
                                      Verdict::lost,   Verdict::altered, Verdict::misrouted,
                                      Verdict::crashed};
    const auto at = std::ranges::find(kWorstLast, finding.verdict);
    return 10 * badness(finding) + static_cast<int>(at - std::begin(kWorstLast));
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::right:
            return "right";
        case Verdict::refused:
            return "refused";
        case Verdict::misrouted:
            return "misrouted";
        case Verdict::altered:
            return "altered";
        case Verdict::lost:
            return "lost";
        case Verdict::hung:
            return "hung";
        case Verdict::crashed:
            break;
    }
    return "crashed";
}

std::optional<Verdict> verdict_named(std::string_view word) {
    for (const Verdict verdict : kVerdicts) {
        if (to_string(verdict) == word) return verdict;
    }
    return std::nullopt;
}

bool is_red(Verdict verdict) {
    return verdict != Verdict::right && verdict != Verdict::refused;
}

Finding judge(const Shape& shape, const Seen& seen) {
    Finding finding{.shape = shape.name, .how = {}, .took = seen.took};
    if (seen.ending == Ending::unconnected) {
        finding.verdict = Verdict::crashed;
        finding.how = "the gateway takes no connections any more";
        return finding;
    }
    const bool target = seen.answer.starts_with(kTargetSays);
    const bool decoy = seen.answer.starts_with(kDecoySays);
    if (target || decoy) {
        if (seen.confirmed == false) {
            finding.verdict = Verdict::altered;
            finding.how = fmt::format("an answer came in the name of the {}, which got nothing",
                                      target ? "target" : "decoy");
            return finding;
        }
        if (!may_arrive(shape, target)) return misrouted(target, std::move(finding));
        finding = arrived(shape, seen, target, std::move(finding));
        const bool left = shape.then == Then::reset && finding.verdict == Verdict::right;
        if (left && seen.arrived) return unanswered(shape, seen, *seen.arrived, std::move(finding));
        return finding;
    }
    // The gateway's own word to the client does not undo what it did with the hello.
    const bool refused_aloud = !seen.answer.empty();
    if (seen.arrived && (!refused_aloud || shape.rule == Rule::must_pass ||
                         !may_arrive(shape, seen.arrived->target))) {
        return unanswered(shape, seen, *seen.arrived, std::move(finding));
    }
    if (shape.then == Then::reset_now) {
        finding.verdict = Verdict::refused;
        finding.how = "arrived nowhere";
        finding.well = true;
        return finding;
    }
    if (seen.ending == Ending::open && seen.answer.empty()) {
        finding.how = fmt::format("silent and open for {} ms", seen.took.count());
        return finding;
    }
    const std::string_view begun = seen.answer;
    if (!begun.empty() && (kTargetSays.starts_with(begun) || kDecoySays.starts_with(begun))) {
        finding.verdict = Verdict::lost;
        finding.how = fmt::format("the first {} bytes of an answer came", begun.size());
        return finding;
    }
    return refused(shape, seen, std::move(finding));
}

Finding worse(Finding one, Finding other) {
    return rank(other) > rank(one) ? std::move(other) : std::move(one);
}

bool is_answered(const Shape& shape, std::string_view answer, std::size_t wire_bytes) {
    const bool target = answer.starts_with(kTargetSays);
    if (!target && !answer.starts_with(kDecoySays)) return false;
    const std::size_t said = (target ? kTargetSays : kDecoySays).size();
    const std::size_t behind = shape.then == Then::half_close ? kEndSays.size() : 0;
    return answer.size() >= said + wire_bytes + behind;
}

bool fails(const Finding& finding, const Baseline* baseline) {
    if (!baseline) return is_red(finding.verdict);
    const auto before = baseline->find(finding.shape);
    if (before == baseline->end()) return is_red(finding.verdict);
    const int now = badness(finding);
    const int then = badness(before->second);
    return now > then || (now == 2 && finding.verdict != before->second.verdict);
}

Exit exit_of(const std::vector<Finding>& findings, const Baseline* baseline) {
    const bool any = std::ranges::any_of(
        findings, [&](const Finding& finding) { return fails(finding, baseline); });
    return any ? Exit::no : Exit::yes;
}

}  // namespace sni::torture
