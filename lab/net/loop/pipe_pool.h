// Large pipes for splice(2), a few that all connections share. A pipe is taken for bytes that are
// on their way and given back as soon as it is empty, so what is held here is bounded by the pool.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "lab/net/descriptor.h"

namespace sni::net {

class PipePool;

struct Pipe {
    Descriptor out;  ///< where bytes come out: pipe(2) names it first
    Descriptor in;
    std::size_t held = 0;  ///< bytes in it
    PipePool* pool = nullptr;
};

struct GiveBack {
    void operator()(Pipe* pipe) const;
};
using PipePtr = std::unique_ptr<Pipe, GiveBack>;

/// From any thread. Must outlive its pipes.
class PipePool {
  public:
    /// A user who is not root gets 64 of them from Linux (pipe-user-pages-soft), and from then on
    /// every pipe on the machine is a tiny one: half is left to others.
    static constexpr std::size_t kMost = 32;
    static constexpr std::size_t kPipeBytes = 1u << 20;

    /// Takes the memory for all at once: to give one back must not fail for want of it.
    explicit PipePool(std::size_t most) : most_(most) { free_.reserve(most); }

    /// Empty. Nothing when all are taken, or the machine gives no more of this size.
    PipePtr take();
    std::size_t most() const { return most_; }
    std::size_t taken() const;
    std::size_t made() const;

  private:
    friend struct GiveBack;
    void give_back(std::unique_ptr<Pipe> pipe);

    const std::size_t most_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Pipe>> free_;  // all three guarded by mutex_
    std::size_t made_ = 0;
    std::size_t not_now_ = 0;  // so often more, nobody asks the machine
};

}  // namespace sni::net
