#include "lab/backend/activity.h"

#include <utility>

namespace sni::backend {

std::string_view to_string(SeenSession::Outcome outcome) {
    switch (outcome) {
        case SeenSession::Outcome::handshaking:
            return "handshaking";
        case SeenSession::Outcome::established:
            return "established";
        case SeenSession::Outcome::failed:
            break;
    }
    return "failed";
}

std::uint64_t RecentSessions::add(SeenSession session) {
    const std::lock_guard lock(mutex_);
    const std::size_t place = added_ % kKept;
    if (place == ring_.size()) {
        ring_.push_back({std::move(session), Clock::now()});
    } else {
        complete_since_ = ring_[place].added;
        ring_[place] = {std::move(session), Clock::now()};
    }
    return ++added_;
}

void RecentSessions::set(std::uint64_t number, SeenSession session) {
    const std::lock_guard lock(mutex_);
    if (number + kKept > added_) ring_[(number - 1) % kKept].session = std::move(session);
}

SeenSessions RecentSessions::newest_first() const {
    const std::lock_guard lock(mutex_);
    SeenSessions seen{.let_go = added_ - ring_.size(),
                      .complete_for = std::chrono::floor<std::chrono::milliseconds>(
                          Clock::now() - complete_since_)};
    seen.sessions.reserve(ring_.size());
    for (std::size_t i = 0; i < ring_.size(); ++i) {
        seen.sessions.push_back(ring_[(added_ - 1 - i) % kKept].session);
    }
    return seen;
}

void Activity::answered(int status, std::size_t bytes, bool whole) {
    const auto digit = static_cast<std::size_t>(status / 100);
    constexpr auto kRelaxed = std::memory_order_relaxed;
    answers[digit < answers.size() ? digit : 0].fetch_add(1, kRelaxed);
    answer_bytes.fetch_add(bytes, kRelaxed);
    if (!whole) cut_answers.fetch_add(1, kRelaxed);
}

}  // namespace sni::backend
