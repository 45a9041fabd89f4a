// A gateway that torture starts itself: --peer, --config and --print-config.
#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>

#include "certs/files.h"
#include "lab/peers/live/child.h"
#include "lab/peers/live/program.h"
#include "lab/peers/passthrough.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sni::cli {

struct PeerFlags {
    std::string peer;  ///< NAME or NAME=PROGRAM; empty: somebody else's gateway is asked
    std::string config = "guide";
    bool print = false;
};

/// Adds the three flags; returns --peer.
CLI::Option* add_peer_flags(CLI::App& cmd, PeerFlags& flags);

/// One installed gateway, set up for one name; runs from start() to the destructor.
class Peer {
  public:
    /// Throws Failure: usage for no product, machine for one that is not installed.
    explicit Peer(const PeerFlags& flags);

    const peers::Program& program() const { return program_; }
    peers::Config config() const { return config_; }

    /// Where it will listen, and lead. Its own port is a free one.
    peers::Passthrough site(const std::string& name, const Endpoint& target, const Endpoint& decoy,
                            std::chrono::milliseconds hello_timeout) const;
    /// Its files, each behind its name, and its command line.
    std::string text(const peers::Passthrough& site) const;

    /// Starts it, and ends one that was started before. Whoever calls this must live as long as it
    /// shall run. Throws Failure(Exit::machine).
    void start(const peers::Passthrough& site);
    /// Throws Failure(Exit::machine) with its last words when it has ended.
    void require_running();
    /// How it ended, and its last words; nothing while it runs. One that is about to end is given a
    /// moment.
    std::optional<std::string> ended();

  private:
    certs::PrivateFolder folder_;
    peers::Program program_;
    peers::Config config_{};
    std::optional<peers::Child> child_;
};

}  // namespace sni::cli
