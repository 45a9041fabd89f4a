#include "lab/net/timer.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "tests/support/catch.h"

namespace net_timer_test {

using namespace std::chrono_literals;
using namespace sni::net;

namespace {

struct Alarm final : Timer {
    void on_deadline() override {
        ++rings;
        if (then) then();
    }
    int rings = 0;
    std::function<void()> then;
};

const Clock::time_point kStart{1h};

}  // namespace

TEST_CASE("a deadline is met never early and at most two ticks late", "[net]") {
    const auto length =
        GENERATE(0ms, 1ms, 7ms, 8ms, 9ms, 500ms, 8191ms, 8192ms, 10000ms, 3600000ms);
    CAPTURE(length.count());
    TimerWheel wheel(kStart + 3ms);
    Alarm alarm;
    const Clock::time_point due = kStart + 3ms + length;
    wheel.set(alarm, due);
    Clock::time_point rang_at;
    for (int looks = 0; alarm.rings == 0 && looks < 1000; ++looks) {
        rang_at = std::max(wheel.next().value(), kStart + 3ms);
        wheel.advance(rang_at);
    }
    CHECK(alarm.rings == 1);
    CHECK(rang_at >= due);
    CHECK(rang_at <= due + 2 * TimerWheel::kTick);
    CHECK(wheel.next() == std::nullopt);
}

TEST_CASE("a deadline is met however long the machine has been up", "[net]") {
    // On both sides of where the ticks that a timer remembers begin anew, which is every 397 days.
    const Clock::time_point anew{TimerWheel::kTick * (std::int64_t{1} << 32)};
    const auto before = GENERATE(0ms, 1ms, 100ms, 8'184ms, 3'600'000ms);
    const auto length = GENERATE(0ms, 100ms, 8'192ms, 10'000ms, 7'200'000ms);
    CAPTURE(before.count(), length.count());
    const Clock::time_point start = anew - before;
    TimerWheel wheel(start);
    Alarm alarm;
    Alarm moved;
    wheel.set(moved, start + length / 2);
    wheel.set(moved, start + length);
    wheel.set(alarm, start + length);
    Clock::time_point now = start;
    while (alarm.rings == 0 && now < start + length + 1s) {
        now = std::max(wheel.next().value(), now);
        wheel.advance(now);
    }
    CHECK(alarm.rings == 1);
    CHECK(moved.rings == 1);
    CHECK(now >= start + length);
    CHECK(now <= start + length + 2 * TimerWheel::kTick);
}

TEST_CASE("a deadline that is too far away is met as late as any can be", "[net]") {
    TimerWheel wheel(kStart);
    Alarm alarm;
    wheel.set(alarm, kStart + 10 * TimerWheel::kFarthest);
    wheel.advance(kStart + TimerWheel::kFarthest - 1s);
    CHECK(alarm.rings == 0);
    wheel.advance(kStart + TimerWheel::kFarthest + 1s);
    CHECK(alarm.rings == 1);
}

TEST_CASE("a deadline that was moved later rings only then", "[net]") {
    TimerWheel wheel(kStart);
    Alarm alarm;
    wheel.set(alarm, kStart + 100ms);
    wheel.set(alarm, kStart + 300ms);
    wheel.advance(kStart + 200ms);
    CHECK(alarm.rings == 0);
    wheel.advance(kStart + 320ms);
    CHECK(alarm.rings == 1);
}

TEST_CASE("a deadline that was moved earlier rings earlier", "[net]") {
    TimerWheel wheel(kStart);
    Alarm alarm;
    wheel.set(alarm, kStart + 1h);
    wheel.set(alarm, kStart + 100ms);
    wheel.advance(kStart + 120ms);
    CHECK(alarm.rings == 1);
}

TEST_CASE("a cleared deadline, and one whose owner went, do not ring", "[net]") {
    TimerWheel wheel(kStart);
    Alarm cleared;
    wheel.set(cleared, kStart + 100ms);
    wheel.clear(cleared);
    {
        Alarm gone;
        wheel.set(gone, kStart + 100ms);
    }
    wheel.advance(kStart + 1s);
    CHECK(cleared.rings == 0);
    CHECK(wheel.next() == std::nullopt);
}

TEST_CASE("a deadline that rings may set and clear others of the same moment", "[net]") {
    TimerWheel wheel(kStart);
    Alarm first, second, third;
    for (Alarm* alarm : {&first, &second, &third}) {
        wheel.set(*alarm, kStart + 50ms);
        alarm->then = [&, alarm] {
            for (Alarm* other : {&first, &second, &third}) {
                if (other != alarm) wheel.clear(*other);
            }
            if (alarm->rings == 1) wheel.set(*alarm, kStart + 100ms);
        };
    }
    wheel.advance(kStart + 70ms);
    CHECK(first.rings + second.rings + third.rings == 1);
    wheel.advance(kStart + 120ms);
    CHECK(first.rings + second.rings + third.rings == 2);
}

TEST_CASE("after a long sleep every deadline that passed rings once", "[net]") {
    TimerWheel wheel(kStart);
    std::vector<Alarm> alarms(3000);
    for (std::size_t i = 0; i < alarms.size(); ++i) {
        wheel.set(alarms[i], kStart + std::chrono::milliseconds(i * 20));
    }
    wheel.advance(kStart + 24h);
    CHECK(std::ranges::all_of(alarms, [](const Alarm& alarm) { return alarm.rings == 1; }));
}

}  // namespace net_timer_test
