// Asks one gateway with many shapes, some at once. It dials the gateway and nobody else.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/net/wakeup.h"
#include "lab/torture/judge.h"
#include "lab/torture/live/arrivals.h"
#include "lab/torture/shape.h"

namespace sni::torture {

struct Patience {
    std::chrono::milliseconds connect{3'000};
    /// For an answer, or the end, behind the client's last byte.
    std::chrono::milliseconds answer{3'000};
    /// How long the gateway itself waits for a hello that does not end: its own setting.
    std::chrono::milliseconds hello{10'000};
    /// How long one that takes no connections is given to come back.
    std::chrono::milliseconds restart{5'000};
};

/// Asks with one shape; nothing when `stop` was called before there was anything to see.
std::optional<Seen> ask(const Endpoint& gateway, const Shape& shape, const Patience& patience,
                        Arrivals& ends, const net::Wakeup& stop);

struct Plan {
    Endpoint gateway;           ///< an address
    std::vector<Shape> shapes;  ///< those that are asked alone last
    unsigned jobs = 1;          ///< shapes at once
    Patience patience;
    /// Called by any thread, one at a time, after each shape.
    std::function<void(std::size_t done, std::size_t all)> progress;
    /// Starts the gateway again, when it is ours to start: called by the thread that called run(),
    /// and what it throws ends the run. None: the gateway is given `patience.restart` to come back.
    std::function<void()> restart;
    /// How the gateway's own process ended, in words; nothing while it runs. None: it is somebody
    /// else's, and whether it takes connections is all that can be known. Asked when it takes none,
    /// so it may wait a moment for an end that is coming; called by the thread that called run().
    std::function<std::optional<std::string>()> ended;
};

/// A finding for each shape, at its place; nothing for those that were not asked any more, because
/// `stop` was called or the gateway did not come back. When the gateway goes away, what was open
/// then is asked again, one at a time and three times each, to find who did it. An end that depends
/// on more than one hello may find nobody; then all of them are crashed.
std::vector<std::optional<Finding>> run(const Plan& plan, Arrivals& ends, const net::Wakeup& stop);

}  // namespace sni::torture
