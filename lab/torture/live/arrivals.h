// Whom to ask where a client's bytes arrived: the ends of this process, or ends elsewhere.
#pragma once

#include <chrono>
#include <optional>

#include "lab/core/bytes.h"
#include "lab/net/timer.h"
#include "lab/torture/judge.h"

namespace sni::torture {

class Arrivals {
  public:
    virtual ~Arrivals() = default;

    /// Where a client's bytes, a hello with its own random first, arrived since then: the same may
    /// have been sent before. Waits until that connection is over, so long at most. Nothing when
    /// none of them did. From any thread.
    virtual std::optional<Arrived> arrived(Bytes sent, net::Clock::time_point since,
                                           std::chrono::milliseconds patience) = 0;

    /// What comes back through the gateway is believed with a word of arrived() alone.
    virtual bool are_elsewhere() const { return false; }
};

}  // namespace sni::torture
