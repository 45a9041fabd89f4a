// SHA-256 of a stream while it goes on.
#pragma once

#include <cstdint>
#include <memory>

#include "lab/core/bytes.h"
#include "lab/proof/statement.h"

struct evp_md_ctx_st;

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
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
    std::uint64_t bytes_ = 0;
};

}  // namespace sni::session
