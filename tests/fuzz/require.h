// What a fuzz target says when something does not hold: a word about it, and the end.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace sni::test {

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

/// What one input costs: CPU time, since a machine that is busy with something else is no fault of
/// what is tried.
class Effort {
  public:
    void bounded() const {
        constexpr std::clock_t kMost = 10 * CLOCKS_PER_SEC;
        require(std::clock() - begun_ < kMost, "an input that takes for ever");
    }

  private:
    std::clock_t begun_ = std::clock();
};

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace sni::test
