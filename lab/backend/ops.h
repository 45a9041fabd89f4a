// What an operator, or a verifier, may ask of running backends: the pages of --admin. The texts are
// pure; Ops gathers what they tell.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lab/admin/prometheus.h"
#include "lab/admin/server.h"
#include "lab/backend/backend.h"
#include "lab/backend/snapshot.h"

namespace sni::backend {

/// What a snapshot does not know.
struct Standing {
    std::uint64_t reloads = 0;
    std::uint64_t failed_reloads = 0;
    bool draining = false;
};

/// A snapshot and the name of its backend, which every sample carries.
using NamedSnapshot = std::pair<std::string, Snapshot>;
std::vector<admin::Family> metrics(std::span<const NamedSnapshot> backends,
                                   const Standing& standing);

/// Schema "sni-lab/sessions/1", newest first, with a newline behind it. What peers chose is
/// escaped.
using NamedSession = std::pair<std::string, SeenSession>;
std::string sessions_json(std::vector<NamedSession> sessions);

/// Told by whoever runs backends, asked by an admin::Server. Any thread may do either.
class Ops {
  public:
    Ops() = default;
    Ops(const Ops&) = delete;
    Ops& operator=(const Ops&) = delete;

    /// They serve now, and outlive whoever asks.
    void ready(std::vector<const Backend*> backends);
    void draining() { draining_ = true; }
    void reloaded(bool well) { ++(well ? reloads_ : failed_reloads_); }

    /// /metrics, /sessions, /healthz and /readyz; this outlives them.
    admin::Pages pages() const;

  private:
    std::vector<const Backend*> backends() const;
    admin::Page metrics_page() const;
    admin::Page sessions_page() const;
    admin::Page health_page() const;
    admin::Page ready_page() const;

    mutable std::mutex mutex_;
    std::vector<const Backend*> backends_;
    std::atomic<bool> draining_ = false;
    std::atomic<std::uint64_t> reloads_ = 0;
    std::atomic<std::uint64_t> failed_reloads_ = 0;
};

}  // namespace sni::backend
