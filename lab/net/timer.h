// Deadlines: a wheel of lists, swept from the loop's own waiting time. No timer descriptors.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "lab/net/linked.h"

namespace sni::net {

using Clock = std::chrono::steady_clock;

/// Something with a deadline; takes itself off the wheel when it is destroyed.
class Timer : public Linked<Timer> {
  public:
    /// Must not throw.
    virtual void on_deadline() = 0;

  protected:
    ~Timer() = default;

  private:
    friend class TimerWheel;
    // Ticks without their upper half: there is one for each connection, and the wheel knows the
    // rest.
    std::uint32_t due_ = 0;    // the first tick that is not before the deadline
    std::uint32_t hangs_ = 0;  // may be before it is due
};

/// A deadline is met never early and up to two ticks late; one that is farther away than kFarthest,
/// after so long. One that moves to a later time stays where it hangs and is looked at there: what
/// is set on every byte moved costs a store.
class TimerWheel {
  public:
    static constexpr std::chrono::milliseconds kTick{8};
    /// 99 days: a half of what 32 bits tell apart is to come, and a half of that is left for being
    /// late.
    static constexpr std::chrono::milliseconds kFarthest = kTick * (std::int64_t{1} << 30);

    explicit TimerWheel(Clock::time_point now) : current_(tick_before(now)) {}

    void set(Timer& timer, Clock::time_point due);
    void clear(Timer& timer) { timer.leave(); }
    /// Calls on_deadline() of everything due; it may set and clear any timer.
    void advance(Clock::time_point now);
    /// When to look again; nothing when no deadline is set.
    std::optional<Clock::time_point> next() const;

  private:
    static constexpr std::int64_t kSlots = 1024;  // one round is eight seconds
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
    static std::int64_t tick_before(Clock::time_point time) {
        return time.time_since_epoch() / kTick;
    }
    ListHead<Timer>& head(std::int64_t tick) {
        return heads_[static_cast<std::size_t>(tick % kSlots)];
    }
    /// The whole of a tick that is less than half of all that 32 bits count away from now.
    std::int64_t whole(std::uint32_t tick) const {
        return current_ + static_cast<std::int32_t>(tick - static_cast<std::uint32_t>(current_));
    }
    void place(Timer& timer, std::int64_t due);
    void find_earliest();

    std::array<ListHead<Timer>, kSlots> heads_;
    std::int64_t current_;  // ticks up to this one are done
    // Nothing hangs before this tick. It may be too early, when a timer was cleared: one look in
    // vain puts it right.
    std::int64_t earliest_ = kNever;
};

}  // namespace sni::net
