// How much memory this process has, as the kernel counts it.
#pragma once

#include <cstddef>
#include <fstream>
#include <limits>
#include <string>

namespace sni::test {

/// A line of /proc/self/status in bytes: VmHWM, the most that was resident, or VmRSS.
inline std::size_t resident(const std::string& line) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::size_t kilobytes = 0;
        if (word == line + ":" && status >> kilobytes) return kilobytes << 10;
        status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return 0;
}

/// VmHWM begins anew; where the kernel does not allow that, it began before, and nothing is found
/// out.
inline void forget_most_resident() {
    std::ofstream("/proc/self/clear_refs") << 5;
}

}  // namespace sni::test
