// What the sessions of a backend report of themselves: counters, and the latest TLS sessions, so
// that somebody else can ask whether his ClientHello ever arrived here. Any thread may call.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "lab/backend/snapshot.h"

namespace sni::backend {

/// The latest sessions, so many that a test run's own are among them, and no more: floods push out
/// what was before them, and memory stays bounded.
class RecentSessions {
  public:
    static constexpr std::size_t kKept = 512;

    /// A number for set(), never 0.
    std::uint64_t add(SeenSession session);
    /// Does nothing when the session was pushed out.
    void set(std::uint64_t number, SeenSession session);
    SeenSessions newest_first() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Kept {
        SeenSession session;
        Clock::time_point added;
    };

    mutable std::mutex mutex_;
    std::uint64_t added_ = 0;
    std::vector<Kept> ring_;                           ///< number n is at (n - 1) % kKept
    Clock::time_point complete_since_ = Clock::now();  ///< when the last one pushed out was added
};

struct Activity {
    std::atomic<std::uint64_t> accepted = 0;
    std::atomic<std::uint64_t> established = 0;
    std::atomic<std::uint64_t> resumed = 0;
    std::atomic<std::uint64_t> failed = 0;
    std::atomic<std::uint64_t> crowded_out = 0;  ///< as Snapshot has them, and the next three
    std::atomic<std::uint64_t> made_room = 0;
    std::atomic<std::uint64_t> over_held = 0;
    std::atomic<std::uint64_t> too_large = 0;
    std::array<std::atomic<std::uint64_t>, 6> answers{};  ///< as Snapshot::answers
    std::atomic<std::uint64_t> answer_bytes = 0;
    std::atomic<std::uint64_t> cut_answers = 0;
    RecentSessions sessions;

    void answered(int status, std::size_t bytes, bool whole);
};

}  // namespace sni::backend
