// What the load needs to know of the machine: whose CPU time went where.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "lab/bench/results.h"

namespace sni::bench {

/// CPU time of this process: generator and stub.
std::chrono::nanoseconds own_cpu();

/// All CPU time so far, and what the hypervisor gave to others; ticks.
struct CpuTicks {
    std::uint64_t all = 0;
    std::uint64_t steal = 0;
};
CpuTicks cpu_ticks();
/// The share that was stolen from `before` until now.
double steal_since(const CpuTicks& before);

/// Kernel, cores and load; no steal yet.
Machine this_machine();

}  // namespace sni::bench
