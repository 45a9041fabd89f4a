// What an operator may ask of a running router: the pages of --admin. The texts are pure; Ops
// gathers what they tell.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lab/admin/ops.h"
#include "lab/router/access_log.h"
#include "lab/router/router.h"
#include "lab/router/table.h"

namespace sni::router {

/// What a snapshot does not know.
struct Standing {
    std::size_t threads = 0;
    std::size_t max_connections = 0;
    std::size_t routes = 0;
    std::uint64_t lost_log_lines = 0;
    admin::Standing common;
};

std::vector<admin::Family> metrics(const Snapshot& snapshot, const Standing& standing);
/// One JSON document each, with a newline behind it. What peers chose is escaped.
std::string connections_json(const Snapshot& snapshot);
std::string routes_json(const Table& table, Clock::time_point now);

/// /metrics, /routes and /connections of a router.
class Ops : public admin::Ops {
  public:
    /// `log`, if there is one, outlives this.
    explicit Ops(const AccessLog* log = nullptr) : log_(log) {}

    /// `router` serves now; it outlives whoever asks.
    void ready(const Router& router) { router_ = &router; }

  protected:
    admin::Pages own_pages() const override;
    /// Nothing when a thread does not answer.
    std::optional<std::vector<admin::Family>> figures() const;
    static admin::Page metrics_page(const std::optional<std::vector<admin::Family>>& figures);

  private:
    bool started() const override { return router_ != nullptr; }
    std::optional<std::string> fault() const override;

    const AccessLog* log_;
    std::atomic<const Router*> router_ = nullptr;
};

}  // namespace sni::router
