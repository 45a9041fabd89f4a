// Listeners that cannot accept, from the threads that notice to the operator's stderr.
#pragma once

#include <iosfwd>
#include <mutex>
#include <utility>
#include <vector>

#include "lab/core/endpoint.h"

namespace sni::cli {

/// What the router's threads have to say, kept for the one thread that may wait for whoever reads
/// stderr. At most 16 wait; what comes on top is lost, and comes again if it lasts.
class AcceptTroubles {
  public:
    /// `error` is accept's errno. From any thread; does not wait.
    void add(const Endpoint& listening, int error);
    /// Writes a warning for each that waits, and forgets it.
    void tell(std::ostream& err);

  private:
    std::mutex mutex_;
    std::vector<std::pair<Endpoint, int>> waiting_;  // guarded by mutex_
};

}  // namespace sni::cli
