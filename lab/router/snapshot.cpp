#include "lab/router/snapshot.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace sni::router {

void Histogram::add(std::chrono::nanoseconds time) {
    const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(time).count();
    const auto* bound = std::ranges::lower_bound(kBounds, microseconds);
    ++counts[static_cast<std::size_t>(bound - kBounds.begin())];
    sum += time;
}

Histogram& Histogram::operator+=(const Histogram& other) {
    std::ranges::transform(counts, other.counts, counts.begin(), std::plus{});
    sum += other.sum;
    return *this;
}

Counters& Counters::operator+=(const Counters& other) {
    std::ranges::transform(ended, other.ended, ended.begin(), std::plus{});
    bytes_up += other.bytes_up;
    bytes_down += other.bytes_down;
    too_slow += other.too_slow;
    lost_records += other.lost_records;
    hello += other.hello;
    connect += other.connect;
    return *this;
}

Snapshot& Snapshot::operator+=(Snapshot other) {
    counters += other.counters;
    live += other.live;
    stalled += other.stalled;
    stalled_bytes += other.stalled_bytes;
    stalled_most += other.stalled_most;
    held += other.held;
    held_bytes += other.held_bytes;
    held_most += other.held_most;
    pipes += other.pipes;
    pipes_most += other.pipes_most;
    if (!trouble) trouble = other.trouble;
    std::ranges::move(other.connections, std::back_inserter(connections));
    return *this;
}

std::string_view to_string(LiveConnection::State state) {
    switch (state) {
        case LiveConnection::State::hello:
            return "hello";
        case LiveConnection::State::dialling:
            return "dialling";
        case LiveConnection::State::relaying:
            return "relaying";
        case LiveConnection::State::refusing:
            break;
    }
    return "refusing";
}

}  // namespace sni::router
