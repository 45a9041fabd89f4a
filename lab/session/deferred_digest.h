// A digest of bytes that nobody may ever ask for: they are kept, and digested when somebody does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/proof/statement.h"
#include "lab/session/running_digest.h"

namespace sni::session {

/// A digest that is put off. Most connections are never asked for a proof, and to keep their bytes
/// costs a tenth of digesting them; so they are kept until somebody asks, or until all connections
/// together keep too much. The memory goes round: 4 MiB of it stay with the process.
class DeferredDigest {
  public:
    /// What all of them together may keep; beyond it the next bytes are digested as they come.
    static constexpr std::size_t kBudget = 64u << 20;

    DeferredDigest() = default;
    ~DeferredDigest();
    DeferredDigest(const DeferredDigest&) = delete;
    DeferredDigest& operator=(const DeferredDigest&) = delete;

    void add(Bytes bytes);
    /// From here on as the bytes come, and what was kept is given back.
    void digest_now();
    proof::StreamDigest so_far() const;
    /// It is still put off.
    bool kept() const { return !running_; }
    std::uint64_t bytes() const { return running_ ? running_->bytes() : kept_bytes_; }

  private:
    std::size_t keep(Bytes bytes);
    void forget();

    std::vector<std::vector<std::byte>> kept_;  // in pieces, so that growing copies nothing
    std::uint64_t kept_bytes_ = 0;
    std::size_t reserved_ = 0;  // of the budget
    std::optional<RunningDigest> running_;
};

}  // namespace sni::session
