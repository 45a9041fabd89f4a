#include "lab/net/timer.h"

#include <algorithm>
#include <cassert>

namespace sni::net {

void TimerWheel::set(Timer& timer, Clock::time_point due) {
    const std::int64_t tick =
        std::clamp(tick_before(due) + 1, current_, current_ + kFarthest / kTick);
    timer.due_ = static_cast<std::uint32_t>(tick);
    const bool hangs_early_enough = timer.is_linked() && whole(timer.hangs_) <= tick;
    if (hangs_early_enough) return;
    timer.leave();
    place(timer, tick);
}

/// At the tick at which it is due, or as far away as the wheel reaches.
void TimerWheel::place(Timer& timer, std::int64_t due) {
    const std::int64_t tick = std::clamp(due, current_ + 1, current_ + kSlots - 1);
    assert(!timer.is_linked() && "it hangs in one list");
    timer.hangs_ = static_cast<std::uint32_t>(tick);
    timer.enter(head(tick));
    earliest_ = std::min(earliest_, tick);
}

void TimerWheel::advance(Clock::time_point now) {
    const std::int64_t last = tick_before(now);
    if (last < earliest_) {
        current_ = std::max(current_, last);
        return;
    }
    // After a long sleep one round meets every list.
    for (current_ = std::max(earliest_, last - kSlots + 1); current_ <= last; ++current_) {
        ListHead<Timer>& list = head(current_);
        while (Timer* timer = list.next()) {
            timer->leave();
            const std::int64_t due = whole(timer->due_);
            if (due <= last) {
                timer->on_deadline();
            } else {
                place(*timer, due);
            }
        }
    }
    current_ = last;
    find_earliest();
}

void TimerWheel::find_earliest() {
    earliest_ = kNever;
    for (std::int64_t tick = current_ + 1; tick < current_ + kSlots; ++tick) {
        if (!head(tick).next()) continue;
        earliest_ = tick;
        return;
    }
}

std::optional<Clock::time_point> TimerWheel::next() const {
    if (earliest_ == kNever) return std::nullopt;
    return Clock::time_point(kTick * earliest_);
}

}  // namespace sni::net
