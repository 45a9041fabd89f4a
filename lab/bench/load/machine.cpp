#include "lab/bench/load/machine.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

namespace sni::bench {

std::chrono::nanoseconds own_cpu() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

CpuTicks cpu_ticks() {
    // cpu user nice system idle iowait irq softirq steal guest guest_nice; guests are in user.
    std::ifstream file("/proc/stat");
    std::string word;
    file >> word;
    CpuTicks ticks;
    std::uint64_t value = 0;
    for (int field = 0; field < 8 && file >> value; ++field) {
        ticks.all += value;
        if (field == 7) ticks.steal = value;
    }
    return ticks;
}

double steal_since(const CpuTicks& before) {
    const CpuTicks now = cpu_ticks();
    if (now.all <= before.all) return 0;
    return static_cast<double>(now.steal - before.steal) /
           static_cast<double>(now.all - before.all);
}

Machine this_machine() {
    Machine machine;
    utsname name{};
    if (::uname(&name) == 0) machine.kernel = name.release;
    machine.cores = std::max(1u, std::thread::hardware_concurrency());
    double load[1] = {0};
    if (::getloadavg(load, 1) == 1) machine.load_average = load[0];
    return machine;
}

}  // namespace sni::bench
