// What a router has done so far and is doing now, as values that add up over its threads.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/endpoint.h"
#include "lab/router/session_record.h"

namespace sni::router {

/// How often something took how long.
struct Histogram {
    /// In microseconds.
    static constexpr std::array<std::int64_t, 13> kBounds{
        100,    250,     500,     1'000,     2'500,     5'000,     10'000,
        25'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};

    void add(std::chrono::nanoseconds time);
    Histogram& operator+=(const Histogram& other);
    bool operator==(const Histogram&) const = default;

    std::array<std::uint64_t, kBounds.size() + 1> counts{};  ///< the last: longer than all bounds
    std::chrono::nanoseconds sum{};
};

struct Counters {
    Counters& operator+=(const Counters& other);
    bool operator==(const Counters&) const = default;

    std::array<std::uint64_t, kOutcomes> ended{};  ///< connections, by outcome
    std::uint64_t bytes_up = 0;
    std::uint64_t bytes_down = 0;
    std::uint64_t too_slow = 0;      ///< connections cut because a side took too little
    std::uint64_t lost_records = 0;  ///< for want of memory
    Histogram hello;                 ///< from accept to the whole hello
    Histogram connect;               ///< from the hello to a connected backend
};

/// A connection that has not ended.
struct LiveConnection {
    enum class State { hello, dialling, relaying, refusing };

    std::uint64_t id = 0;
    Endpoint client;
    State state = State::hello;
    std::optional<std::string> sni;  ///< as sent, any bytes; only so many as a record keeps
    std::optional<Endpoint> backend;
    std::uint64_t bytes_up = 0;
    std::uint64_t bytes_down = 0;
    std::chrono::nanoseconds age{};
    bool operator==(const LiveConnection&) const = default;
};
std::string_view to_string(LiveConnection::State state);

struct Snapshot {
    Snapshot& operator+=(Snapshot other);

    Counters counters;  ///< the bytes of live connections are in it
    std::size_t live = 0;
    std::size_t stalled = 0;  ///< hellos that wait, and what they hold
    std::size_t stalled_bytes = 0;
    std::size_t stalled_most = 0;  ///< that they may hold
    std::size_t held = 0;          ///< receivers that are stuck, and what is held for them
    std::size_t held_bytes = 0;
    std::size_t held_most = 0;                ///< that may be held
    std::size_t pipes = 0;                    ///< made so far, for bulk
    std::size_t pipes_most = 0;               ///< that may be made
    std::optional<int> trouble;               ///< errno that keeps a thread from accepting
    std::vector<LiveConnection> connections;  ///< as many of them as were asked for, newest first
};

}  // namespace sni::router
