// One direction's digest while it goes on, with its checkpoints.
#pragma once

#include <utility>

#include "lab/proof/witness.h"
#include "lab/session/running_digest.h"

namespace sni::witness {

class Digested {
  public:
    void add(Bytes bytes);
    std::uint64_t bytes() const { return digest_.bytes(); }
    proof::WitnessedStream so_far() const { return {digest_.so_far(), checkpoints_}; }
    /// The same without copies, once, and nothing else afterwards.
    proof::WitnessedStream finish() { return {digest_.finish(), std::move(checkpoints_)}; }

  private:
    session::RunningDigest digest_;
    std::vector<Digest> checkpoints_;
};

}  // namespace sni::witness
