// Whole lines onto an Output, with those counted that it did not take.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "lab/log/output.h"

namespace sni::log {

/// One thread puts; any may ask and hand over another output.
class Writer {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Writer(Output output) : output_(std::move(output)) {}

    /// How much a text may have so that it is written in few goes.
    std::size_t good_size() const { return output_.room() / 2; }
    /// `text` is lines, each with its end. Waits for room, after end() only a moment.
    void put(std::string text);
    /// The next put() goes there.
    void replace(Output output);
    /// From now on a reader that is stuck is given up after `patience`.
    void end(std::chrono::milliseconds patience);

    void lose(std::size_t lines) { lost_ += lines; }
    std::size_t lost() const { return lost_; }

  private:
    std::size_t write_now(std::string_view text);
    bool late() const { return Clock::now() > until_.load(); }

    Output output_;
    std::atomic<std::size_t> lost_ = 0;
    std::atomic<Clock::time_point> until_ = Clock::time_point::max();
    std::mutex mutex_;
    std::optional<Output> next_;  // guarded by mutex_
};

}  // namespace sni::log
