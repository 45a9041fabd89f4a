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

Finding altered(std::string how, Finding finding) {
    finding.verdict = Verdict::altered;
    finding.well = false;
    finding.how = std::move(how);
    return finding;
}

std::string other_bytes(const Arrived& at) {
    return fmt::format("other bytes arrived than were sent: {} of them", at.bytes);
}

/// No answer came, but an end got it: of a client that broke off that is all there is to know.
Finding unanswered(const Shape& shape, const Seen& seen, const Arrived& at, Finding finding) {
    const char* const end = at.target ? "target" : "decoy";
    if (!may_arrive(shape, at.target)) {
        return misrouted(at.target, std::move(finding));
    }
    if (!at.same) {
        return altered(fmt::format("{}, at the {}", other_bytes(at), end), std::move(finding));
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

/// What an end sent back, compared with what was sent.
struct Echo {
    std::size_t sent = 0;
    std::size_t same = 0;     ///< its first so many bytes are those that were sent
    std::string_view behind;  ///< what comes then
    bool is_altered = false;
};

Echo echo_of(const Shape& shape, const Seen& seen, bool target) {
    const Buffer wire = shape.wire();
    const std::string_view sent = as_text(wire);
    const std::string_view echo =
        std::string_view(seen.answer).substr((target ? kTargetSays : kDecoySays).size());
    const auto common = std::ranges::mismatch(echo, sent).in1 - echo.begin();
    const auto same = static_cast<std::size_t>(common);
    const std::string_view behind = echo.substr(same);
    // Nothing else may come behind than the beginning of its end.
    return {.sent = sent.size(),
            .same = same,
            .behind = behind,
            .is_altered = !kEndSays.starts_with(behind)};
}

Finding arrived(const Shape& shape, const Seen& seen, const Echo& echo, bool target,
                Finding finding) {
    const char* const end = target ? "target" : "decoy";
    const bool whole = echo.same == echo.sent;
    if (echo.is_altered) {
        const bool way_back = seen.arrived && seen.arrived->same && seen.arrived->bytes > echo.same;
        return altered(fmt::format("arrived at the {}, but byte {} {}", end, echo.same,
                                   way_back ? "of its answer is another one, and it got what was "
                                              "sent"
                                            : "is another one"),
                       std::move(finding));
    }
    const bool end_wanted = shape.then == Then::half_close;
    const bool complete = whole && (!end_wanted || echo.behind == kEndSays);
    // What nobody has to pass on may also be passed on in part.
    if (!complete && shape.rule == Rule::must_pass) {
        finding.verdict = Verdict::lost;
        finding.how = whole ? fmt::format(
                                  "arrived at the {}, whose answer behind the client's end "
                                  "was lost: {}",
                                  end, ending_words(seen))
                            : fmt::format("{} of {} bytes came back from the {}: {}", echo.same,
                                          echo.sent, end, ending_words(seen));
        return finding;
    }
    finding.verdict = Verdict::right;
    finding.well = shape.rule != Rule::must_refuse;
    finding.how = fmt::format("arrived at the {}", end);
    return finding;
}

/// Whoever sits in between may write what an end would: it got this only when it says so.
bool is_denied(const Seen& seen, bool target) {
    return seen.stated && (!seen.arrived || seen.arrived->target != target);
}

/// What came back as it was sent may have been something else on its way.
Finding confirmed(const Seen& seen, std::size_t came, Finding finding) {
    if (finding.verdict == Verdict::altered || !seen.stated || !seen.arrived) return finding;
    const Arrived& at = *seen.arrived;
    const char* const end = at.target ? "target" : "decoy";
    if (!at.same) {
        return altered(
            fmt::format("{}, at the {}, though it came back as it was sent", other_bytes(at), end),
            std::move(finding));
    }
    if (at.bytes < came) {
        return altered(fmt::format("{} bytes came back in the name of the {}, which got {}", came,
                                   end, at.bytes),
                       std::move(finding));
    }
    return finding;
}

/// What came in the name of an end.
Finding answered(const Shape& shape, const Seen& seen, bool target, Finding finding) {
    const Echo echo = echo_of(shape, seen, target);
    if (echo.same >= kUnmistakable && !echo.is_altered && is_denied(seen, target)) {
        return altered(fmt::format("an answer came in the name of the {}, which got nothing that "
                                   "begins so",
                                   target ? "target" : "decoy"),
                       std::move(finding));
    }
    if (!may_arrive(shape, target)) return misrouted(target, std::move(finding));
    finding = confirmed(seen, echo.same, arrived(shape, seen, echo, target, std::move(finding)));
    const bool left = shape.then == Then::reset && finding.verdict == Verdict::right;
    if (left && seen.arrived) return unanswered(shape, seen, *seen.arrived, std::move(finding));
    return finding;
}

Finding judged(const Shape& shape, const Seen& seen) {
    Finding finding{.shape = shape.name, .how = {}, .took = seen.took};
    if (seen.ending == Ending::unconnected) {
        finding.verdict = Verdict::crashed;
        finding.how = "the gateway takes no connections any more";
        return finding;
    }
    if (!seen.untold.empty()) {
        finding.verdict = Verdict::unknown;
        finding.how = seen.untold;
        return finding;
    }
    const bool target = seen.answer.starts_with(kTargetSays);
    if (target || seen.answer.starts_with(kDecoySays))
        return answered(shape, seen, target, std::move(finding));
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
        finding.how = seen.trouble.empty()
                          ? fmt::format("silent and open for {} ms", seen.took.count())
                          : "no connection: " + seen.trouble;
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

}  // namespace

Finding judge(const Shape& shape, const Seen& seen) {
    Finding finding = judged(shape, seen);
    // A gateway may have taken fewer.
    if (const unsigned wanted = shape.meanwhile.stalled; wanted > 0 && seen.untold.empty())
        finding.how += fmt::format(", beside {} of {} that stall", seen.stalled, wanted);
    return finding;
}

bool is_answered(const Shape& shape, std::string_view answer, std::size_t wire_bytes) {
    const bool target = answer.starts_with(kTargetSays);
    if (!target && !answer.starts_with(kDecoySays)) return false;
    const std::size_t said = (target ? kTargetSays : kDecoySays).size();
    const std::size_t behind = shape.then == Then::half_close ? kEndSays.size() : 0;
    return answer.size() >= said + wire_bytes + behind;
}

}  // namespace sni::torture
