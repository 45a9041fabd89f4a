// What the generator and the stub backend say to each other: a real ClientHello for the router to
// route by, then one command, then bytes whose every position is known to both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lab/core/bytes.h"

namespace sni::bench {

/// source: the stub sends that many bytes. sink: it takes them, and answers with how many were
/// right, as u64. echo: it sends back that many. In each case it then ends the stream first, so
/// that no side runs out of ports: TIME_WAIT stays with the one that has a fixed port.
enum class Ask : std::uint8_t { source = 1, sink = 2, echo = 3 };

struct Command {
    Ask ask = Ask::source;
    std::uint64_t bytes = 0;
};

inline constexpr std::size_t kCommandBytes = 9;
inline constexpr std::size_t kVerdictBytes = 8;

std::array<std::byte, kCommandBytes> encode(const Command& command);
Command decode(std::span<const std::byte, kCommandBytes> wire);

std::array<std::byte, kVerdictBytes> encode_verdict(std::uint64_t good);
std::uint64_t decode_verdict(std::span<const std::byte, kVerdictBytes> wire);

/// The most that one read or write moves.
inline constexpr std::size_t kChunk = std::size_t{256} << 10;

/// kChunk bytes as they stand at `offset` of every stream. The period is a prime, so that a block
/// that was lost, doubled or moved shows.
Bytes pattern_at(std::uint64_t offset);

/// Whether `received` (at most kChunk) is what stands at `offset`.
bool matches(Bytes received, std::uint64_t offset);

/// The record that an OpenSSL client sends first when it asks for `name`.
std::string hello_for(const std::string& name);

}  // namespace sni::bench
