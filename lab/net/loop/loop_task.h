// What a Loop carries until it ends by itself or the loop does: spawned tasks and relays.
#pragma once

#include "lab/net/linked.h"

namespace sni::net {

/// Takes itself out of the loop's list when it is destroyed.
class LoopTask : public Linked<LoopTask> {
  public:
    /// Ends it where it stands, and frees it.
    virtual void cancel() = 0;

  protected:
    ~LoopTask() = default;
};

}  // namespace sni::net
