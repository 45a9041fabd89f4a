// Wakes whoever waits for it: eventfd(2).
#pragma once

#include <chrono>

#include "lab/net/descriptor.h"

namespace sni::net {

class Wakeup {
  public:
    /// Throws Error.
    Wakeup();

    /// From any thread. Calls add up to one until clear(); without it, it stays called.
    void call() const noexcept;
    void clear() const noexcept;
    /// Waits for a call, so long at most.
    bool called(std::chrono::milliseconds within = std::chrono::milliseconds(0)) const;

    /// Readable while it is called.
    int fd() const { return descriptor_.fd(); }

  private:
    Descriptor descriptor_;
};

}  // namespace sni::net
