// What the lab's routers filed, for whoever asks what became of the connection it just made.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "lab/router/session_record.h"

namespace sni::play {

/// Any thread may add; one asks.
class Records {
  public:
    void add(const router::SessionRecord& record) {
        const std::scoped_lock lock(mutex_);
        records_.push_back(record);
        added_.notify_all();
    }
    void clear() {
        const std::scoped_lock lock(mutex_);
        records_.clear();
    }
    /// The last of at least `count`; nothing when fewer come in time.
    std::optional<router::SessionRecord> wait(std::size_t count,
                                              std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        const bool came = added_.wait_for(lock, patience, [&] { return records_.size() >= count; });
        if (!came) return std::nullopt;
        return records_.back();
    }

  private:
    std::mutex mutex_;
    std::condition_variable added_;
    std::vector<router::SessionRecord> records_;
};

}  // namespace sni::play
