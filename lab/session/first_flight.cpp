#include "lab/session/first_flight.h"

#include <algorithm>

namespace sni::session {

void FirstFlight::took(std::span<const char> bytes) {
    const auto part = std::as_bytes(bytes.first(std::min(bytes.size(), kMost - bytes_.size())));
    if (part.empty()) return;
    if (dry_ && starts_.size() < kMostArrivals) {
        starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    }
    dry_ = false;
    // Not twice as much each time, as a vector does: many of them may wait for their rest.
    const std::size_t wanted = bytes_.size() + part.size();
    if (wanted > bytes_.capacity()) bytes_.reserve(wanted + bytes_.size() / 8);
    bytes_.insert(bytes_.end(), part.begin(), part.end());
}

std::size_t FirstFlight::arrivals(std::size_t count) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(starts_, count) - starts_.begin());
}

}  // namespace sni::session
