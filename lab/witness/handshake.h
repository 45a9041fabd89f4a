// Picks the hellos of both sides out of what passes between them, wherever TLS begins. Pure: bytes
// in, facts out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/proof/witness.h"
#include "lab/tls/hello_facts.h"
#include "lab/tls/hello_recorder.h"
#include "lab/tls/server_hello.h"

namespace sni::witness {

/// tls::ja4(), or what remembers it.
using Ja4Of = std::function<std::string(Bytes message)>;

class Handshake {
  public:
    /// What was read of one direction in one go, in the order in which it passed. Some protocols
    /// say something before TLS: mostly they wait for each other then, so that TLS begins with a
    /// read; but a PROXY header, or what a client sends in advance, may share one with the hello,
    /// so that is looked for in the midst of the first bytes as well.
    void up(Bytes bytes);
    void down(Bytes bytes);
    /// Nothing more can be learnt.
    bool done() const { return done_; }
    /// Bytes of memory that it takes for hellos that are not whole.
    std::size_t held() const { return (client_ ? client_->held() : 0) + server_.held(); }
    /// What was learnt, for the fields of `session` that it is about.
    void tell(proof::WitnessedSession& session, const Ja4Of& ja4) const;

  private:
    void look_for_hello(Bytes read);
    bool begins_hello(Bytes at);
    void look_whether_done();

    std::uint64_t up_before_ = 0;
    std::uint64_t down_before_ = 0;
    std::vector<std::byte> start_;  // of a hello, perhaps: what the last read ended with
    unsigned tried_ = 0;            // beginnings that were none
    std::optional<tls::HelloRecorder> client_;  // from where TLS seems to begin on
    std::uint64_t server_waits_ = 0;            // what came then, and is no TLS yet
    bool server_began_ = false;
    tls::ServerHelloReader server_;
    bool done_ = false;
};

}  // namespace sni::witness
