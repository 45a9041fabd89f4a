// A session in few bytes: a witness keeps thousands of them, and is seldom asked about one. Pure.
#pragma once

#include <string>

#include "lab/proof/witness.h"

namespace sni::witness {

/// A value that holds one WitnessedSession in a single piece of memory: about 250 bytes of a TLS
/// connection that is open, where the struct and what hangs on it take a kilobyte.
class PackedSession {
  public:
    /// One that is as it was made.
    PackedSession() : bytes_(1, '\0') {}
    explicit PackedSession(const proof::WitnessedSession& session);
    proof::WitnessedSession unpacked() const;
    /// How it ended, once: nothing else of it is unpacked for that.
    void end(proof::Moment when, const proof::WitnessedStream& up,
             const proof::WitnessedStream& down, const std::string& client_end,
             const std::string& service_end);

  private:
    std::string bytes_;
};

}  // namespace sni::witness
