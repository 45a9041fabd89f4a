#include "lab/torture/judge.h"

#include "tests/support/catch.h"

namespace torture_judge_test {

using namespace sni;
using torture::Ending;
using torture::Finding;
using torture::Names;
using torture::Rule;
using torture::Seen;
using torture::Shape;
using torture::Then;
using torture::Verdict;

namespace {

const std::string kSent = "the bytes of a hello";

Shape shape_with(Rule rule, Names names = Names::target, Then then = Then::answer) {
    return {.name = "rec/one",
            .about = "one",
            .source = "RFC 8446 §5.1",
            .rule = rule,
            .names = names,
            .then = then,
            .segments = {{torture::bytes_of(kSent)}}};
}

/// Long enough for an end to know it again.
const std::string kLongSent = kSent + std::string(50, '.');
Shape long_shape(Rule rule) {
    Shape shape = shape_with(rule);
    shape.segments = {{torture::bytes_of(kLongSent)}};
    return shape;
}

Seen answered(std::string answer, Ending ending = Ending::open) {
    return {.answer = std::move(answer), .ending = ending};
}

const std::string kTarget(torture::kTargetSays);
const std::string kDecoy(torture::kDecoySays);
const std::string kEnd(torture::kEndSays);
const std::string kAlert("\x15\x03\x03\x00\x02\x02\x32", 7);

}  // namespace

TEST_CASE("what arrives whole at the target is right", "[torture]") {
    const Finding found = judge(shape_with(Rule::must_pass), answered(kTarget + kSent));
    CHECK(found.verdict == Verdict::right);
    CHECK(found.well);
    SECTION("but not well, when it had to be refused") {
        const Finding lenient = judge(shape_with(Rule::must_refuse), answered(kTarget + kSent));
        CHECK(lenient.verdict == Verdict::right);
        CHECK_FALSE(lenient.well);
        CHECK_FALSE(torture::fails(lenient));
    }
}

TEST_CASE("the decoy may get what does not name the target, and nothing else", "[torture]") {
    const auto at_decoy = [](const Shape& shape) {
        return judge(shape, answered(kDecoy + kSent)).verdict;
    };
    CHECK(at_decoy(shape_with(Rule::must_pass)) == Verdict::misrouted);
    CHECK(at_decoy(shape_with(Rule::either)) == Verdict::misrouted);
    CHECK(at_decoy(shape_with(Rule::must_refuse)) == Verdict::misrouted);
    CHECK(at_decoy(shape_with(Rule::must_refuse, Names::nobody)) == Verdict::misrouted);
    CHECK(at_decoy(shape_with(Rule::either, Names::other)) == Verdict::right);
    CHECK(at_decoy(shape_with(Rule::either, Names::nobody)) == Verdict::right);
}

TEST_CASE("what does not name the target is misrouted there", "[torture]") {
    for (const Names names : {Names::other, Names::nobody}) {
        for (const Rule rule : {Rule::either, Rule::must_refuse}) {
            const Finding found = judge(shape_with(rule, names), answered(kTarget + kSent));
            CHECK(found.verdict == Verdict::misrouted);
        }
    }
}

TEST_CASE("other bytes are altered, fewer are lost", "[torture]") {
    const Shape shape = shape_with(Rule::must_pass);
    std::string other = kSent;
    other[4] = 'B';
    CHECK(judge(shape, answered(kTarget + other)).how ==
          "arrived at the target, but byte 4 is another one");
    CHECK(judge(shape, answered(kTarget + other)).verdict == Verdict::altered);
    CHECK(judge(shape, answered(kTarget + "PROXY " + kSent)).verdict == Verdict::altered);
    CHECK(judge(shape, answered(kTarget + kSent + "x")).verdict == Verdict::altered);
    CHECK(judge(shape, answered(kTarget + kSent.substr(0, 7), Ending::fin)).how ==
          "7 of 20 bytes came back from the target: closed");
    CHECK(judge(shape, answered(kTarget + kSent.substr(0, 7))).verdict == Verdict::lost);
    CHECK(judge(shape, answered(kTarget + kSent.substr(0, 7) + kEnd)).verdict == Verdict::lost);
    CHECK(judge(shape, answered(kTarget.substr(0, 5), Ending::reset)).verdict == Verdict::lost);
}

TEST_CASE("behind a half-close the rest of the answer is owed", "[torture]") {
    const Shape shape = shape_with(Rule::must_pass, Names::target, Then::half_close);
    CHECK(judge(shape, answered(kTarget + kSent + kEnd)).verdict == Verdict::right);
    CHECK(judge(shape, answered(kTarget + kSent, Ending::fin)).verdict == Verdict::lost);
    CHECK(torture::is_answered(shape, kTarget + kSent + kEnd, kSent.size()));
    CHECK_FALSE(torture::is_answered(shape, kTarget + kSent, kSent.size()));
}

TEST_CASE("a refusal is well where one may refuse, by an alert where one is owed", "[torture]") {
    Shape shape = shape_with(Rule::must_refuse);
    shape.alert_owed = true;
    const Finding alerted = judge(shape, answered(kAlert, Ending::fin));
    CHECK(alerted.verdict == Verdict::refused);
    CHECK(alerted.well);
    CHECK(alerted.how == "alert decode_error (50)");
    CHECK_FALSE(judge(shape, answered("", Ending::reset)).well);
    CHECK(judge(shape, answered("", Ending::reset)).how == "reset");
    CHECK_FALSE(judge(shape, answered(kAlert)).well);  // and then it stays open
    shape.alert_owed = false;
    CHECK(judge(shape, answered("", Ending::fin)).well);
    const Finding legal = judge(shape_with(Rule::must_pass), answered(kAlert, Ending::fin));
    CHECK_FALSE(legal.well);
    CHECK_FALSE(torture::fails(legal));
    const Finding itself = judge(shape, answered("HTTP/1.1 400", Ending::fin));
    CHECK(itself.verdict == Verdict::refused);
    CHECK_FALSE(itself.well);
    CHECK(itself.how == "answered by itself with 12 bytes, which are no alert: 485454502f312e31");
}

TEST_CASE("what arrived without an answer is lost where it had to pass", "[torture]") {
    Seen seen = answered("", Ending::fin);
    seen.arrived = torture::Arrived{.target = true, .ended = true};
    const Finding found = judge(shape_with(Rule::must_pass), seen);
    CHECK(found.verdict == Verdict::lost);
    CHECK(found.how == "arrived at the target, whose answer was lost: closed");
    CHECK(judge(shape_with(Rule::either), seen).verdict == Verdict::right);
    seen.arrived->target = false;
    CHECK(judge(shape_with(Rule::must_pass), seen).verdict == Verdict::misrouted);
}

TEST_CASE("an alert to the client does not undo where its hello went", "[torture]") {
    Seen seen = answered(kAlert, Ending::fin);
    seen.arrived = torture::Arrived{.target = false};
    CHECK(judge(shape_with(Rule::must_pass), seen).verdict == Verdict::misrouted);
    CHECK(judge(shape_with(Rule::must_refuse), seen).verdict == Verdict::misrouted);
    seen.arrived = torture::Arrived{.target = true};
    CHECK(judge(shape_with(Rule::must_pass), seen).verdict == Verdict::lost);
    CHECK(judge(shape_with(Rule::must_refuse), seen).verdict == Verdict::refused);
}

TEST_CASE("where readers differ, no place is wrong", "[torture]") {
    const Shape shape = shape_with(Rule::either, Names::anybody);
    for (const std::string& end : {kTarget, kDecoy}) {
        CHECK(judge(shape, answered(end + kSent)).verdict == Verdict::right);
    }
}

TEST_CASE("silence is hung, and no connection is a crash", "[torture]") {
    CHECK(judge(shape_with(Rule::must_refuse), answered("")).verdict == Verdict::hung);
    CHECK(judge(shape_with(Rule::must_pass), answered("", Ending::unconnected)).verdict ==
          Verdict::crashed);
}

TEST_CASE("behind a reset the target's connection has to end, too", "[torture]") {
    const Shape after = shape_with(Rule::must_pass, Names::target, Then::reset);
    Seen seen = answered(kTarget + kSent);
    seen.stated = true;
    seen.arrived = torture::Arrived{.target = true, .ended = true, .bytes = kSent.size()};
    CHECK(judge(after, seen).verdict == Verdict::right);
    seen.arrived->ended = false;
    CHECK(judge(after, seen).verdict == Verdict::hung);

    const Shape now = shape_with(Rule::either, Names::target, Then::reset_now);
    Seen blind;
    CHECK(judge(now, blind).verdict == Verdict::refused);
    blind.arrived = torture::Arrived{.target = false, .ended = true};
    CHECK(judge(now, blind).verdict == Verdict::misrouted);
    blind.arrived = torture::Arrived{.target = true, .ended = true};
    CHECK(judge(now, blind).verdict == Verdict::right);
}

TEST_CASE("an answer in the name of an end that got nothing is no arrival", "[torture]") {
    const Shape shape = long_shape(Rule::must_pass);
    Seen seen = answered(kTarget + kLongSent);
    CHECK(judge(shape, seen).verdict == Verdict::right);
    seen.stated = true;
    CHECK(judge(shape, seen).verdict == Verdict::altered);
    CHECK(judge(shape, seen).how ==
          "an answer came in the name of the target, which got nothing that begins so");
    seen.arrived = torture::Arrived{.target = true, .ended = true, .bytes = 70};
    CHECK(judge(shape, seen).verdict == Verdict::right);
    seen.arrived->target = false;
    CHECK(judge(shape, seen).verdict == Verdict::altered);
}

TEST_CASE("what came back as it was sent, and is stated to be other bytes, is altered",
          "[torture]") {
    Seen seen = answered(kTarget + kLongSent);
    seen.stated = true;
    seen.arrived = torture::Arrived{.target = true, .ended = true, .bytes = 70, .same = false};
    Shape shape = long_shape(Rule::must_pass);
    CHECK(judge(shape, seen).how ==
          "other bytes arrived than were sent: 70 of them, at the target, though it came back as "
          "it was sent");
    CHECK(judge(shape, seen).verdict == Verdict::altered);
    SECTION("and where it had to go nowhere, misrouted before that") {
        shape.names = Names::nobody;
        CHECK(judge(shape, seen).verdict == Verdict::misrouted);
    }
    SECTION("as are fewer than came back") {
        seen.arrived = torture::Arrived{.target = true, .ended = true, .bytes = 69};
        CHECK(judge(shape, seen).how ==
              "70 bytes came back in the name of the target, which got 69");
    }
    SECTION("as are those that nothing came back of") {
        seen.answer.clear();
        seen.ending = Ending::fin;
        CHECK(judge(shape, seen).how ==
              "other bytes arrived than were sent: 70 of them, at the target");
        CHECK(judge(long_shape(Rule::either), seen).verdict == Verdict::altered);
    }
}

TEST_CASE("an answer that was changed on its way back is told from a hello", "[torture]") {
    std::string other = kLongSent;
    other[66] = '!';
    Seen seen = answered(kTarget + other);
    seen.stated = true;
    seen.arrived = torture::Arrived{.target = true, .ended = true, .bytes = 70};
    const Shape shape = long_shape(Rule::must_pass);
    CHECK(judge(shape, seen).verdict == Verdict::altered);
    CHECK(judge(shape, seen).how ==
          "arrived at the target, but byte 66 of its answer is another one, and it got what was "
          "sent");
    seen.arrived->same = false;
    CHECK(judge(shape, seen).how == "arrived at the target, but byte 66 is another one");
}

TEST_CASE("how many others stalled is told", "[torture]") {
    Shape shape = shape_with(Rule::must_pass);
    shape.meanwhile.stalled = 1'000;
    Seen seen = answered(kTarget + kSent);
    seen.stalled = 998;
    CHECK(judge(shape, seen).how == "arrived at the target, beside 998 of 1000 that stall");
    seen.answer.clear();
    seen.trouble = "Connection timed out";
    CHECK(judge(shape, seen).verdict == Verdict::hung);
    CHECK(judge(shape, seen).how ==
          "no connection: Connection timed out, beside 998 of 1000 that stall");
}

TEST_CASE("what the ends do not say is not known, and fails nothing", "[torture]") {
    Seen seen = answered(kTarget + kSent);
    seen.untold = "127.0.0.1:9000 is silent";
    const Finding found = judge(shape_with(Rule::must_pass), seen);
    CHECK(found.verdict == Verdict::unknown);
    CHECK(found.how == "127.0.0.1:9000 is silent");
    CHECK_FALSE(torture::fails(found));
    CHECK(exit_of(std::vector{found}) == Exit::inconclusive);
    const Finding right = judge(shape_with(Rule::must_pass), answered(kTarget + kSent));
    const torture::Baseline was_right{{found.shape, right}};
    CHECK_FALSE(torture::fails(found, &was_right));
    const torture::Baseline was_unknown{{found.shape, found}};
    const Finding refused = judge(shape_with(Rule::must_pass), answered("", Ending::fin));
    CHECK_FALSE(torture::fails(refused, &was_unknown));
    CHECK(torture::fails(judge(shape_with(Rule::must_pass), answered("")), &was_unknown));
}

TEST_CASE("of several findings the worst counts, and misrouted before hung", "[torture]") {
    const auto found = [](Verdict verdict, bool well = false) {
        return Finding{.shape = "a/b", .verdict = verdict, .well = well, .how = {}};
    };
    const Finding order[] = {found(Verdict::right, true), found(Verdict::refused),
                             found(Verdict::unknown),     found(Verdict::hung),
                             found(Verdict::lost),        found(Verdict::altered),
                             found(Verdict::misrouted),   found(Verdict::crashed)};
    for (const Finding& one : order) {
        for (const Finding& other : order) {
            const Finding& worst = &one > &other ? one : other;
            CHECK(torture::worse(one, other) == worst);
        }
    }
}

TEST_CASE("five verdicts are red, and each has its word", "[torture]") {
    std::size_t red = 0;
    for (const Verdict verdict : torture::kVerdicts) {
        CHECK(torture::verdict_named(to_string(verdict)) == verdict);
        const std::vector<Finding> findings = {{.shape = "a/b", .verdict = verdict, .how = {}}};
        const bool no = exit_of(findings) == Exit::no;
        CHECK(no == torture::is_red(verdict));
        red += no ? 1 : 0;
    }
    CHECK(red == 5);
    CHECK_FALSE(torture::verdict_named("blue"));
}

TEST_CASE("with a baseline only what is worse fails", "[torture]") {
    const auto finding = [](Verdict verdict, bool well) {
        return Finding{.shape = "a/b", .verdict = verdict, .well = well, .how = {}};
    };
    const auto fails = [](const Finding& now, const Finding& before) {
        const torture::Baseline baseline{{"a/b", before}};
        return torture::fails(now, &baseline);
    };
    const Finding misrouted = finding(Verdict::misrouted, false);
    const Finding hung = finding(Verdict::hung, false);
    const Finding refused = finding(Verdict::refused, false);
    const Finding right = finding(Verdict::right, true);
    CHECK_FALSE(fails(misrouted, misrouted));
    CHECK(fails(hung, misrouted));
    CHECK(fails(misrouted, right));
    CHECK(fails(refused, right));
    CHECK_FALSE(fails(right, misrouted));
    const torture::Baseline other{{"c/d", right}};
    CHECK(torture::fails(misrouted, &other));
}

}  // namespace torture_judge_test
