// The whole benchmark: starts the subjects, lets them take turns, measures, and ends them.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lab/bench/load/subjects.h"
#include "lab/bench/results.h"
#include "lab/core/endpoint.h"

namespace sni::bench {

struct Plan {
    std::vector<Mode> modes;
    std::size_t repetitions = 8;
    bool quick = false;
    std::vector<Gate> gates;
    /// A router that runs already, with a TLS backend of its own behind it: only raw and handshake
    /// can be measured, and no CPU.
    std::optional<Endpoint> gateway;
    std::string sni;
    /// sni-lab itself.
    std::string self = "/proc/self/exe";
    /// Another sni-lab that is measured beside it, such as the one before a change; or nothing.
    std::string other;
    /// More peers, beside those that are installed.
    std::vector<PeerAt> peers;
};

/// `progress` hears of each turn, in a few words. Throws Failure(Exit::machine), also when asked to
/// stop; all that was started is ended in any case.
Report run(const Plan& plan, std::stop_token stop,
           const std::function<void(const std::string&)>& progress);

}  // namespace sni::bench
