// What is measured: the modes, how much load each makes, and which figures it yields.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/result.h"

namespace sni::bench {

/// raw: new connections that send a ClientHello and get 64 bytes, no TLS behind it. handshake: full
/// TLS 1.3 handshakes. down, up: bulk over 1 or 16 connections. pingpong: 64 bytes there and back.
/// idle: connections that are held. routes: raw again, with a big table.
enum class Mode { raw, handshake, down1, down16, up1, up16, pingpong, idle, routes };

inline constexpr Mode kModes[] = {Mode::raw,  Mode::handshake, Mode::down1, Mode::down16, Mode::up1,
                                  Mode::up16, Mode::pingpong,  Mode::idle,  Mode::routes};

std::string_view to_string(Mode mode);

/// "raw,down16"; in the order given, each once. The error is a sentence that names the nearest
/// right word.
Result<std::vector<Mode>, std::string> parse_modes(std::string_view text);

/// How much one subject gets in one turn. Unused fields are 0.
struct Load {
    std::size_t connections = 0;
    std::size_t concurrent = 0;
    std::uint64_t bytes = 0;  ///< of one connection, in the mode's direction
    std::size_t rounds = 0;   ///< round trips of one connection
    std::size_t routes = 0;
    std::chrono::seconds limit{30};  ///< a turn that takes longer is cut, and counted as an error
};

Load load_of(Mode mode, bool quick);

/// One line for people: "6000 new connections without TLS, 32 at once".
std::string describe(Mode mode, const Load& load);

/// `cpu` is the router's alone, `total` the whole machine's: router, client and backend. `memory`
/// is what a connection or a route adds, `kept` what stays after the connections closed, `growth`
/// the CPU of a connection with all routes against one route, `start` the time from start to the
/// first answer.
enum class Measure { cpu, total, rate, p50, p99, memory, kept, growth, start };

std::string_view to_string(Measure measure);

/// How a measure shows in a mode: "CPU us/conn" with one decimal.
struct Column {
    Measure measure;
    std::string_view heading;
    int decimals;
};

/// The first one is what a bare --max-ratio MODE=R is about.
std::span<const Column> columns_of(Mode mode);

/// Only then a ratio above 1 is a loss.
bool less_is_better(Measure measure);

/// --max-ratio raw=0.95, or raw.p99=1.1 for a measure that is not the mode's first.
struct Gate {
    Mode mode;
    Measure measure;
    double limit;
    bool operator==(const Gate&) const = default;
};

Result<Gate, std::string> parse_gate(std::string_view text);

/// "raw.cpu".
std::string to_string(const Gate& gate);

}  // namespace sni::bench
