// Picks the hellos of both sides out of what passes between them, wherever TLS begins. Pure: bytes
// in, facts out.
#pragma once

#include <cstdint>
#include <optional>

#include "lab/proof/witness.h"
#include "lab/tls/hello_recorder.h"
#include "lab/tls/server_hello.h"

namespace sni::witness {

class Handshake {
  public:
    /// What was read of one direction in one go, in the order in which it passed. Some protocols
    /// say something before TLS, and wait for each other then: so TLS begins with a read, and only
    /// there it is looked for.
    void up(Bytes bytes);
    void down(Bytes bytes);
    /// Nothing more can be learnt.
    bool done() const { return done_; }
    /// What was learnt, for the fields of `session` that it is about.
    void tell(proof::WitnessedSession& session) const;

  private:
    void look_whether_done();

    std::uint64_t up_before_ = 0;
    std::uint64_t down_before_ = 0;
    std::optional<tls::HelloRecorder> client_;  // from where TLS seems to begin on
    tls::ServerHelloReader server_;
    bool done_ = false;
};

}  // namespace sni::witness
