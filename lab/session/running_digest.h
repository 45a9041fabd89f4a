// SHA-256 of a stream while it goes on.
#pragma once

#include <cstdint>
#include <memory>

#include "lab/core/bytes.h"
#include "lab/proof/statement.h"

namespace sni::session {

/// SHA-256 of bytes that come in pieces.
class RunningDigest {
  public:
    RunningDigest();
    ~RunningDigest();
    RunningDigest(RunningDigest&&) noexcept;
    RunningDigest& operator=(RunningDigest&&) noexcept;

    void add(Bytes bytes);
    proof::StreamDigest so_far() const;
    std::uint64_t bytes() const { return bytes_; }

  private:
    struct Context;
    std::unique_ptr<Context> context_;
    std::uint64_t bytes_ = 0;
};

}  // namespace sni::session
