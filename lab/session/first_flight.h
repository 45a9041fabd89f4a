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
    /// So many arrivals are told apart; who sends his bytes one by one must not make us keep more
    /// about them than they are.
    static constexpr std::size_t kMostArrivals = 1'024;

    /// Bytes that were read from the socket, in order.
    void took(std::span<const char> bytes);
    /// The socket had no more: what comes next has come in by itself.
    void ran_dry() { dry_ = true; }

    std::span<const std::byte> bytes() const { return bytes_; }
    bool full() const { return bytes_.size() == kMost; }
    /// In how many goes the first `count` bytes came, as far as they are told apart: however many
    /// calls read them, those that were there together count once.
    std::size_t arrivals(std::size_t count) const;
    /// Bytes of memory that it takes beside itself.
    std::size_t held() const {
        return bytes_.capacity() + starts_.capacity() * sizeof(std::uint32_t);
    }

  private:
    std::vector<std::byte> bytes_;
    std::vector<std::uint32_t> starts_;  // of each arrival
    bool dry_ = true;
};

}  // namespace sni::session
