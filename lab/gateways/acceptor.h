// The next client of a gateway's listener. For .cpp files of this folder only.
#pragma once

#include <atomic>
#include <chrono>

#include "lab/net/plain_stream.h"
#include "lab/net/wakeup.h"

namespace sni::gateways {

/// Waits for clients of `listener`, until `stop` is called; both outlive it.
class Acceptor {
  public:
    Acceptor(const net::Descriptor& listener, const net::Wakeup& stop)
        : listener_(listener), stop_(stop) {}

    /// Empty when it is to stop, and for no other reason: whatever else goes wrong,
    /// for want of descriptors, of memory or of a kernel's good mood, is tried again after a pause
    /// that grows to a second, so that it neither spins nor goes deaf.
    net::PlainStream next();
    /// How often something went wrong, but for clients that left before they were taken. From any
    /// thread.
    unsigned failures() const { return failures_; }

  private:
    bool pause();

    const net::Descriptor& listener_;
    const net::Wakeup& stop_;
    std::atomic<unsigned> failures_ = 0;
    std::chrono::milliseconds pause_{0};  ///< the last one; 0: all went well
};

}  // namespace sni::gateways
