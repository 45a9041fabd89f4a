// What a part of the lab tells whoever operates it, the same for every part: whether it starts,
// serves or drains. Its figures and lists are the part's own business.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lab/admin/prometheus.h"
#include "lab/admin/server.h"

namespace sni::admin {

/// What no snapshot of a part knows.
struct Standing {
    std::uint64_t reloads = 0;
    std::uint64_t failed_reloads = 0;
    bool draining = false;
};

/// The figures of that, and the version. `part` is in their names; `reloaded` is what a reload
/// reads, and `finishing` what a drain waits for.
std::vector<Family> common_metrics(std::string_view part, std::string_view reloaded,
                                   std::string_view finishing, const Standing& standing);

Page metrics_page(const std::vector<Family>& families);
/// A newline behind it; bytes that are no UTF-8 become U+FFFD.
std::string json_text(const nlohmann::ordered_json& document);
Page json_page(std::string text);
Page not_now(const std::string& why);

/// Told by whoever runs the part, asked by a Server. Any thread may do either.
class Ops {
  public:
    virtual ~Ops() = default;

    void draining() { draining_ = true; }
    void reloaded(bool well) { ++(well ? reloads_ : failed_reloads_); }

    /// /healthz (good also while it drains), /readyz and own_pages(); this outlives them.
    Pages pages() const;

  protected:
    Standing standing() const { return {reloads_, failed_reloads_, draining_}; }

  private:
    virtual bool started() const = 0;
    /// What keeps the part from its work; nothing before it has started.
    virtual std::optional<std::string> fault() const = 0;
    /// These are asked for once it has started.
    virtual Pages own_pages() const = 0;

    std::atomic<bool> draining_ = false;
    std::atomic<std::uint64_t> reloads_ = 0;
    std::atomic<std::uint64_t> failed_reloads_ = 0;
};

}  // namespace sni::admin
