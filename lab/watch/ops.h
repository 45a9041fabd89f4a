// What an operator may ask of a watch: the pages of verify --every --admin.
#pragma once

#include <chrono>
#include <mutex>

#include "lab/admin/ops.h"
#include "lab/watch/history.h"

namespace sni::watch {

/// /metrics, /probe?target=GATEWAY&sni=NAME and /report, the last round as verify --json has it. A
/// probe that nobody asked for on the command line is not made: nothing is dialled because a client
/// said so.
class Ops : public admin::Ops {
  public:
    /// A round is made every `every`.
    explicit Ops(std::chrono::milliseconds every) : every_(every) {}

    /// A round that began then came to this, now. Gives what changed.
    std::vector<Change> add(const report::Report& report, Freshness::Clock::time_point began);

  private:
    bool started() const override;
    /// A verdict that is not good is no fault of the watch.
    std::optional<std::string> fault() const override { return std::nullopt; }
    admin::Pages own_pages() const override;
    admin::Page probe_page(std::string_view query) const;

    /// With the lock.
    bool stale() const;

    const std::chrono::milliseconds every_;
    mutable std::mutex mutex_;
    History history_;  // from here on guarded by mutex_
    Freshness freshness_;
    std::string report_;  // as JSON
};

}  // namespace sni::watch
