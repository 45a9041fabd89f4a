// SHA-256 of a stream while it goes on.
#pragma once

#include <cstdint>
#include <memory>

#include "certs/sha256.h"
#include "lab/core/bytes.h"
#include "lab/proof/statement.h"

namespace sni::session {

/// SHA-256 of bytes that come in pieces.
class RunningDigest {
  public:
    RunningDigest();

    void add(Bytes bytes);
    proof::StreamDigest so_far() const;
    /// The same without a copy, once: nothing may be asked of it afterwards but bytes().
    proof::StreamDigest finish();
    std::uint64_t bytes() const { return bytes_; }

  private:
    std::unique_ptr<certs::Sha256> digest_;
    std::uint64_t bytes_ = 0;
};

}  // namespace sni::session
