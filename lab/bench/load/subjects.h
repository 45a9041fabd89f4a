// Who takes turns, and one of them running.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lab/bench/load/generator.h"
#include "lab/bench/peers.h"
#include "lab/bench/results.h"
#include "lab/peers/live/child.h"
#include "lab/peers/product.h"

namespace sni::bench {

/// `set_up` is empty for no router at all.
struct Contestant {
    Subject subject;
    unsigned threads = 1;
    std::function<Setup(const Wiring&)> set_up;
    std::vector<Mode> modes{std::begin(kModes), std::end(kModes)};  ///< that it takes part in
};

/// A peer at a place of its own, such as a newer version of what is installed.
struct PeerAt {
    peers::Product product{};  ///< one of those that are measured: is_measured()
    std::string path;          ///< its last part is what the peer is called
};
/// Whether there is a set-up of that for a bench.
bool is_measured(peers::Product product);

/// It stands before one backend, which speaks TLS.
bool only_handshakes(const Contestant& contestant);

/// Direct, ours, its variants, and the peers in their best set-up; a peer that is not installed is
/// among them with the reason. The variants: ours again (what differs there is noise), on one
/// thread, with its access log on, copying what it could splice, a witness in its place, which
/// has to copy, and the sni-lab at `other` if there is one. `scratch` is for what `--version`
/// prints. Throws Failure(Exit::usage) where one of `more` cannot be
/// measured.
std::vector<Contestant> find_contestants(const std::string& self, const std::string& other,
                                         const std::vector<PeerAt>& more,
                                         const std::filesystem::path& scratch);

/// A started router, or no router.
class Running {
  public:
    /// Writes the set-up to `folder`, starts it, and waits until `first` comes through it, whose
    /// way it fills in. Throws Failure(Exit::machine) with its last words when it does not.
    Running(const Contestant& contestant, std::vector<Destination> routes,
            const std::filesystem::path& folder, std::size_t max_connections, Drive first,
            const std::stop_token& stop);

    /// Where clients of the given backend connect: the router, or without one the backend itself.
    Endpoint entry(const Endpoint& backend) const { return child_ ? loopback(port_) : backend; }
    /// The time from its start to the first answer.
    std::chrono::nanoseconds start_time() const { return start_time_; }
    bool is_router() const { return child_.has_value(); }
    std::chrono::nanoseconds cpu() const;
    /// As cpu(), once it has stopped to move.
    std::chrono::nanoseconds settled_cpu() const;
    std::uint64_t memory() const { return child_ ? child_->memory() : 0; }
    /// " (its last line)", for a message.
    std::string last_words() const;

  private:
    bool try_start(const Contestant& contestant, Wiring wiring, Drive first,
                   const std::stop_token& stop);

    std::optional<peers::Child> child_;
    std::uint16_t port_ = 0;
    std::chrono::nanoseconds start_time_{0};
};

}  // namespace sni::bench
