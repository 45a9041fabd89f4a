// What an operator may ask of a running router: the pages of --admin. The texts are pure; Ops
// gathers what they tell.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "lab/admin/prometheus.h"
#include "lab/admin/server.h"
#include "lab/router/access_log.h"
#include "lab/router/router.h"
#include "lab/router/table.h"

namespace sni::router {

/// What a snapshot does not know.
struct Standing {
    std::size_t threads = 0;
    std::size_t max_connections = 0;
    std::size_t routes = 0;
    std::uint64_t reloads = 0;
    std::uint64_t failed_reloads = 0;
    std::uint64_t lost_log_lines = 0;
    bool draining = false;
};

std::vector<admin::Family> metrics(const Snapshot& snapshot, const Standing& standing);
/// One JSON document each, with a newline behind it. What peers chose is escaped.
std::string connections_json(const Snapshot& snapshot);
std::string routes_json(const Table& table, Clock::time_point now);

/// Told by whoever runs a router, asked by an admin::Server. Any thread may do either.
class Ops {
  public:
    /// `log`, if there is one, outlives this.
    explicit Ops(const AccessLog* log = nullptr) : log_(log) {}
    Ops(const Ops&) = delete;
    Ops& operator=(const Ops&) = delete;

    /// `router` serves now; it outlives whoever asks.
    void ready(const Router& router) { router_ = &router; }
    void draining() { draining_ = true; }
    void reloaded(bool well) { ++(well ? reloads_ : failed_reloads_); }

    /// /metrics, /routes, /connections, /healthz and /readyz; this outlives them.
    admin::Pages pages() const;

  private:
    admin::Page metrics_page() const;
    admin::Page connections_page() const;
    admin::Page routes_page() const;
    admin::Page health_page() const;
    admin::Page ready_page() const;

    const AccessLog* log_;
    std::atomic<const Router*> router_ = nullptr;
    std::atomic<bool> draining_ = false;
    std::atomic<std::uint64_t> reloads_ = 0;
    std::atomic<std::uint64_t> failed_reloads_ = 0;
};

}  // namespace sni::router
