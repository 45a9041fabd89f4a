// How a command that serves, or takes a while, ends: as a lame duck first, then draining; at once
// when it is asked again.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <iosfwd>

#include "cli/signals.h"

namespace sni::cli {

/// For `time` clients are still served, new ones too, while /readyz already says no: load balancers
/// send them elsewhere before the port closes. `act` is called for each signal but those to stop.
/// False when one of these ended it early: then nobody is to be waited for any more.
bool be_lame_duck(std::chrono::milliseconds time, Signals& signals,
                  const std::function<void(Signals::Event)>& act, std::ostream& err);

/// The thread on which clients may finish. A command that serves has it from the start: when it is
/// told to stop, there may be none to be had, and everybody would be cut.
class Drain {
  public:
    /// Behind Signals. Throws std::system_error when no thread can be started.
    Drain();
    ~Drain();
    Drain(const Drain&) = delete;
    Drain& operator=(const Drain&) = delete;

    /// Once: runs `finish` there until it returns; throws what it throws. Each stop signal
    /// meanwhile calls `cut` here, after which `finish` must return soon; every other one calls
    /// `reopen`, for the logs' sake: who drains has nobody to reload for.
    void run(Signals& signals, std::function<void()> finish, const std::function<void()>& cut,
             const std::function<void()>& reopen);

  private:
    std::promise<std::function<void()>> work_;
    bool given_ = false;
    std::future<void> done_;
};

/// Runs `ask` on a thread of its own until it returns; throws what it throws. A signal to stop ends
/// it: a command that run_captured() runs is ended, and when `ask` has not come to its end within a
/// second this process ends without it, `out` flushed, with 128 and the signal's number.
void ask_until_stopped(Signals& signals, const std::function<void()>& ask, std::ostream& out);

}  // namespace sni::cli
