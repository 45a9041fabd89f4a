// The wall clock as certificates, statements and reports count: in whole seconds.
#pragma once

#include <chrono>

namespace sni {

inline std::chrono::sys_seconds wall_clock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace sni
