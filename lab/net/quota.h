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

/// One of a quota's places, given back when it is destroyed. Default-made, it is of no quota.
class Place {
  public:
    Place() = default;
    explicit Place(Quota* quota) : quota_(quota) {}
    Place(Place&& other) noexcept : quota_(std::exchange(other.quota_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
        std::swap(quota_, other.quota_);
        return *this;
    }
    ~Place();

  private:
    Quota* quota_ = nullptr;
};

/// Must outlive its places and the loops that listeners share it on.
class Quota {
  public:
    explicit Quota(std::size_t limit) : limit_(limit) {}

    /// True when there was a place. If not, `loop` is told with feed_starved() when one comes back.
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

inline Place::~Place() {
    if (quota_) quota_->give_back();
}

}  // namespace sni::net
