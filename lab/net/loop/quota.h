// How many connections may be open at once, over all threads that share it.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace sni::net {

class Loop;
class Quota;

/// One of the connections that a quota allows, given back when it is destroyed. Default-made, it is
/// of no quota.
class Slot {
  public:
    Slot() = default;
    explicit Slot(Quota* quota) : quota_(quota) {}
    Slot(Slot&& other) noexcept : quota_(std::exchange(other.quota_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
        std::swap(quota_, other.quota_);
        return *this;
    }
    ~Slot();

  private:
    Quota* quota_ = nullptr;
};

/// Must outlive its slots and the loops that listeners share it on.
class Quota {
  public:
    explicit Quota(std::size_t limit) : limit_(limit) {}

    /// True when there was a slot. If not, `loop` is told with resume_deferred() when one comes
    /// back.
    bool take(Loop& loop);
    void give_back();
    std::size_t limit() const { return limit_; }
    std::size_t taken() const { return taken_; }

  private:
    const std::size_t limit_;
    std::atomic<std::size_t> taken_ = 0;
    std::atomic<bool> wanted_ = false;
    std::mutex mutex_;
    std::vector<Loop*> waiting_;  // guarded by mutex_
};

inline Slot::~Slot() {
    if (quota_) quota_->give_back();
}

}  // namespace sni::net
