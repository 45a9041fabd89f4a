// What a client sent before its handshake was done, kept for /tls/hello. Reading it is
// lab/tls/hello_facts.h's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sni::session {

/// A value: the bytes as they came, records and all, at most kMost of them.
class FirstFlight {
  public:
    static constexpr std::size_t kMost = 64u << 10;

    /// Bytes that were read from the socket, in order.
    void took(std::span<const char> bytes);
    /// The socket had no more: what comes next has come in by itself.
    void ran_dry() { dry_ = true; }

    std::span<const std::byte> bytes() const { return bytes_; }
    /// In how many goes the first `count` bytes came: however many calls read them, those that were
    /// there together count once.
    std::size_t arrivals(std::size_t count) const;

  private:
    std::vector<std::byte> bytes_;
    std::vector<std::uint32_t> starts_;  // of each arrival
    bool dry_ = true;
};

}  // namespace sni::session
