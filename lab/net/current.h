// A value that everybody goes by until somebody puts another one in its place.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace sni::net {

/// From any thread. Whoever asks after set() has returned gets the new one; who has the old one
/// keeps it. Hardly ever is there anybody to wait for.
template <class T>
class Current {
  public:
    explicit Current(std::shared_ptr<const T> first) : current_(std::move(first)) {}

    std::shared_ptr<const T> get() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    void set(std::shared_ptr<const T> next) {
        const std::lock_guard lock(mutex_);
        current_.swap(next);  // the old one goes when the lock is free again
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> current_;  // guarded by mutex_
};

}  // namespace sni::net
