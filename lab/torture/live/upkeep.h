// Whether a gateway is still there, how its process ended, and bringing it back.
#pragma once

#include <optional>
#include <string>

#include "lab/net/wakeup.h"
#include "lab/torture/live/run.h"

namespace sni::torture {

class Upkeep {
  public:
    /// Both outlive it; `stop` ends what it waits for.
    Upkeep(const Plan& plan, const net::Wakeup& stop) : plan_(plan), stop_(stop) {}

    /// It takes connections: whoever closes one may be about to end as a whole. True where nobody
    /// can tell.
    bool is_there() const;
    /// When it takes no connections: learns how its process ended, if that can be known.
    void note_end();
    /// In words; nothing when no end was noted since forget_end().
    const std::optional<std::string>& end() const { return end_; }
    void forget_end() { end_.reset(); }
    /// False when it is gone for good, or `stop` is called.
    bool bring_back();

  private:
    const Plan& plan_;
    const net::Wakeup& stop_;
    std::optional<std::string> end_;
};

}  // namespace sni::torture
