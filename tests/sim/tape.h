// Every choice of a simulated run, in order: drawn from a seed, or given, so that a run can be had
// again and made shorter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sni::sim {

class Tape {
  public:
    /// Draws, and remembers what it drew.
    explicit Tape(std::uint64_t seed) : state_(seed * 2 + 1), draws_(true) {}
    /// What was drawn before; behind its end everything is 0.
    explicit Tape(std::vector<std::uint32_t> drawn) : drawn_(std::move(drawn)) {}

    /// One of 0 to `n` - 1; `n` is at least 1. 0 is always the tamest choice.
    std::uint32_t choose(std::uint32_t n) {
        if (draws_) {
            drawn_.push_back(static_cast<std::uint32_t>(next() % n));
            return drawn_.back();
        }
        if (at_ >= drawn_.size()) return 0;
        return drawn_[at_++] % n;
    }
    bool one_in(std::uint32_t n) { return choose(n) == n - 1 && n > 1; }
    template <class T, std::size_t N>
    T one_of(const T (&values)[N]) {
        return values[choose(N)];
    }

    const std::vector<std::uint32_t>& drawn() const { return drawn_; }

  private:
    /// splitmix64, of Steele, Lea and Flood, 2014.
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        return z ^ z >> 31;
    }

    std::uint64_t state_ = 0;
    std::vector<std::uint32_t> drawn_;
    std::size_t at_ = 0;
    bool draws_ = false;
};

}  // namespace sni::sim
