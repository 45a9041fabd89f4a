// What is the matter around one shape while it is asked (Meanwhile), as long as this lives.
#pragma once

#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/net/plain_stream.h"
#include "lab/net/wakeup.h"
#include "lab/torture/live/arrivals.h"
#include "lab/torture/live/run.h"

namespace sni::torture {

class Around {
  public:
    /// Tells the ends, and opens what has to be open at the gateway. All four must outlive it.
    Around(const Endpoint& gateway, const Meanwhile& meanwhile, const Patience& patience,
           Arrivals& ends, const net::Wakeup& stop);
    ~Around();
    Around(const Around&) = delete;
    Around& operator=(const Around&) = delete;

    /// Why it cannot be had; empty: it is as it should be.
    const std::string& trouble() const { return trouble_; }
    /// Clients that have begun a hello, of meanwhile.stalled.
    std::size_t stalled() const { return stalled_.size(); }
    /// They go: what the gateway does then it does without them.
    void let_go() { stalled_.clear(); }
    /// All is as before. Throws Failure(Exit::machine) when the target cannot listen again.
    void end();

  private:
    void stall(const Endpoint& gateway, const Patience& patience, const net::Wakeup& stop);

    const Meanwhile& meanwhile_;
    Arrivals& ends_;
    bool arranged_ = false;
    std::string trouble_;
    std::vector<net::PlainStream> stalled_;
};

}  // namespace sni::torture
