// What a Loop carries until it ends by itself or the loop does: spawned tasks and relays.
#pragma once

#include "lab/net/linked.h"

namespace sni::net {

/// Takes itself out of the loop's list when it is destroyed.
class Resident : public Linked<Resident> {
  public:
    /// Ends it where it stands, and frees it.
    virtual void evict() = 0;

  protected:
    ~Resident() = default;
};

}  // namespace sni::net
