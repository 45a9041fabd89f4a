// What an operator, or a verifier, may ask of running backends: the pages of --admin. The texts are
// pure; Ops gathers what they tell.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/admin/ops.h"
#include "lab/backend/backend.h"
#include "lab/backend/snapshot.h"

namespace sni::backend {

/// A snapshot and the name of its backend, which every sample carries.
using NamedSnapshot = std::pair<std::string, Snapshot>;
/// `lost_lines`: of the access log, that its disk or reader did not take.
std::vector<admin::Family> metrics(std::span<const NamedSnapshot> backends,
                                   const admin::Standing& standing, std::uint64_t lost_lines);

/// Schema "sni-lab/sessions/1", newest first, with a newline behind it, and how far back the list
/// is complete: that of all of them. What peers chose is escaped.
using NamedSessions = std::pair<std::string, SeenSessions>;
std::string sessions_json(const std::vector<NamedSessions>& backends);

/// /metrics and /sessions of the backends of one process.
class Ops : public admin::Ops {
  public:
    /// They serve now, and outlive whoever asks, as does what `lost_lines` asks; empty: there is no
    /// access log.
    void ready(std::vector<const Backend*> backends,
               std::function<std::uint64_t()> lost_lines = {});

  private:
    std::vector<const Backend*> backends() const;
    std::uint64_t lost_lines() const;
    bool started() const override { return !backends().empty(); }
    std::optional<std::string> fault() const override;
    admin::Pages own_pages() const override;

    mutable std::mutex mutex_;
    std::vector<const Backend*> backends_;
    std::function<std::uint64_t()> lost_lines_;
};

}  // namespace sni::backend
