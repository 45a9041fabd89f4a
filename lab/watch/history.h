// What came of questions that are asked again and again. Pure: reports in, changes and figures out.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "lab/admin/prometheus.h"
#include "lab/proof/check.h"
#include "lab/report/report.h"

namespace sni::watch {

/// What tells one question from another: a name, at one of a gateway's addresses.
struct Subject {
    std::string gateway;
    std::string address;  ///< empty: none answered
    std::string sni;      ///< empty: none was sent
    std::string check;    ///< what the question calls itself; with other clients it names them
    auto operator<=>(const Subject&) const = default;
};

/// Something is not as it was in the round before.
struct Change {
    std::chrono::sys_seconds time;
    Subject subject;
    std::string what;  ///< "verdict", "certificate" or "address"
    /// Empty: it was not there; and `to`: it is not there any more. A verdict's word; "refused" for
    /// a refusal that was expected, where a name is not routed before and after.
    std::string from;
    std::string to;
    bool operator==(const Change&) const = default;
};
/// "2026-11-27T12:00:00Z gw.example.com:443 (192.0.2.1:443) shop.example.com: verdict proven →
/// terminated"
std::string to_string(const Change& change);

class History {
  public:
    struct Entry {
        proof::Check last;
        std::string leaf;  ///< SHA-256 of the last certificate that was seen; empty: none was
        std::uint64_t probes = 0;
        std::uint64_t proven = 0;
        std::uint64_t in_a_row = 0;  ///< proven, up to the last one
    };

    /// One round, which ended then; by default when it began. The first one changes nothing.
    std::vector<Change> add(const report::Report& report,
                            std::optional<std::chrono::sys_seconds> ended = std::nullopt);

    /// Of the last round.
    const std::map<Subject, Entry>& entries() const { return entries_; }
    std::uint64_t rounds() const { return rounds_; }
    std::uint64_t changes() const { return changes_; }
    /// When the last round ended.
    std::optional<std::chrono::sys_seconds> latest() const { return latest_; }

  private:
    void adopt(Subject& subject, const std::set<Subject>& taken);

    std::map<Subject, Entry> entries_;
    std::uint64_t rounds_ = 0;
    std::uint64_t changes_ = 0;
    std::optional<std::chrono::sys_seconds> latest_;
};

/// Whether rounds are still made. By a clock that nobody sets: a step of the other one would make a
/// round old at once, or hide that one hangs.
class Freshness {
  public:
    using Clock = std::chrono::steady_clock;

    void round(Clock::time_point began, Clock::time_point ended) {
        ended_ = ended;
        took_ = ended - began;
    }
    /// The last round ended so long ago that a round every `every` hangs, or is not made any more:
    /// longer than three times what lay between two, a round's own length included, and a minute.
    bool stale(Clock::time_point now, std::chrono::milliseconds every) const;

  private:
    std::optional<Clock::time_point> ended_;
    Clock::duration took_{0};  // the last round
};

/// How probable it is that `clean` probes would all have missed a gateway that reads a share of all
/// connections, whichever they are: (1 - share)^clean.
double missed(double share, std::uint64_t clean);

/// As Prometheus reads it; names begin with sni_lab_passthrough. `stale` is what Freshness says.
std::vector<admin::Family> metrics(const History& history, bool stale = false);
/// The same of the last probe of one gateway and name, as blackbox_exporter's users know it:
/// probe_success, probe_duration_seconds and probe_ssl_earliest_cert_expiry first. No `sni` is the
/// only one that is watched there, or none that was sent. Nothing where nobody asks that. What is
/// stale is no success.
std::optional<std::vector<admin::Family>> probe_metrics(const History& history,
                                                        std::string_view gateway,
                                                        std::optional<std::string_view> sni,
                                                        bool stale = false);

}  // namespace sni::watch
