// Asks one gateway with many shapes, some at once. It dials the gateway and nobody else.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/net/wakeup.h"
#include "lab/torture/judge.h"
#include "lab/torture/live/ends.h"
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
                        Ends& ends, const net::Wakeup& stop);

struct Plan {
    Endpoint gateway;  ///< an address
    std::vector<Shape> shapes;
    unsigned jobs = 1;  ///< shapes at once
    Patience patience;
    /// Called by any thread, one at a time, after each shape.
    std::function<void(std::size_t done, std::size_t all)> progress;
};

/// A finding for each shape, at its place; nothing for those that were not asked any more, because
/// `stop` was requested or the gateway did not come back.
std::vector<std::optional<Finding>> run(const Plan& plan, Ends& ends, const std::stop_token& stop);

}  // namespace sni::torture
