// How long something took.
#pragma once

#include <chrono>

namespace sni::test {

inline std::chrono::milliseconds since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 began);
}

}  // namespace sni::test
