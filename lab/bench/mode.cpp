#include "lab/bench/mode.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"

namespace sni::bench {

namespace {

constexpr std::uint64_t kMiB = 1u << 20;

struct MeasureWord {
    Measure measure;
    std::string_view word;
};
constexpr MeasureWord kMeasures[] = {
    {Measure::cpu, "cpu"},   {Measure::total, "total"},   {Measure::rate, "rate"},
    {Measure::p50, "p50"},   {Measure::p99, "p99"},       {Measure::memory, "memory"},
    {Measure::kept, "kept"}, {Measure::growth, "growth"}, {Measure::start, "start"},
};

constexpr Column kOfConnections[] = {{Measure::cpu, "CPU us/conn", 1},
                                     {Measure::total, "total us/conn", 1},
                                     {Measure::rate, "conn/s", 0},
                                     {Measure::p50, "p50 ms", 2},
                                     {Measure::p99, "p99 ms", 2}};
constexpr Column kOfBulk[] = {{Measure::cpu, "CPU s/GiB", 2},
                              {Measure::total, "total s/GiB", 2},
                              {Measure::rate, "GiB/s", 2}};
constexpr Column kOfTrips[] = {{Measure::cpu, "CPU us/trip", 1},
                               {Measure::total, "total us/trip", 1},
                               {Measure::rate, "trips/s", 0},
                               {Measure::p50, "p50 ms", 3},
                               {Measure::p99, "p99 ms", 3}};
constexpr Column kOfIdle[] = {{Measure::memory, "bytes/conn", 0}, {Measure::kept, "KiB kept", 0}};
constexpr Column kOfRoutes[] = {{Measure::cpu, "CPU us/conn", 1},
                                {Measure::growth, "x 1 route", 2},
                                {Measure::start, "start ms", 0},
                                {Measure::memory, "bytes/route", 0}};

std::string plural(const Load& load, std::string_view word) {
    return fmt::format("{} {}{}", load.connections, word, load.connections == 1 ? "" : "s");
}

std::string mebibytes(const Load& load, std::string_view way) {
    return fmt::format("{} MiB {} the backend over {}", load.bytes * load.connections / kMiB, way,
                       plural(load, "connection"));
}
std::string bulk_down(const Load& load) {
    return mebibytes(load, "from");
}
std::string bulk_up(const Load& load) {
    return mebibytes(load, "to");
}

/// All that a mode is; `full` and `quick` have no limit of time yet.
struct ModeRow {
    Mode mode;
    std::string_view word;
    Load full;
    Load quick;
    std::span<const Column> columns;
    std::string (*describe)(const Load&);
};

constexpr ModeRow kModeRows[] = {
    {Mode::raw,
     "raw",
     {6'000, 32, 64},
     {400, 32, 64},
     kOfConnections,
     [](const Load& load) {
         return fmt::format("{} without TLS, {} at once", plural(load, "new connection"),
                            load.concurrent);
     }},
    {Mode::handshake,
     "handshake",
     {1'500, 32, 64},
     {100, 32, 64},
     kOfConnections,
     [](const Load& load) {
         return fmt::format("{}, TLS 1.3 with P-256, {} at once", plural(load, "full handshake"),
                            load.concurrent);
     }},
    {Mode::down1, "down1", {1, 1, 512 * kMiB}, {1, 1, 32 * kMiB}, kOfBulk, bulk_down},
    {Mode::down16, "down16", {16, 16, 32 * kMiB}, {16, 16, 2 * kMiB}, kOfBulk, bulk_down},
    {Mode::up1, "up1", {1, 1, 512 * kMiB}, {1, 1, 32 * kMiB}, kOfBulk, bulk_up},
    {Mode::up16, "up16", {16, 16, 32 * kMiB}, {16, 16, 2 * kMiB}, kOfBulk, bulk_up},
    {Mode::pingpong,
     "pingpong",
     {16, 16, 64, 2'000},
     {16, 16, 64, 100},
     kOfTrips,
     [](const Load& load) {
         return fmt::format("{} round trips of {} bytes over {}", load.rounds * load.connections,
                            load.bytes, plural(load, "connection"));
     }},
    {Mode::idle,
     "idle",
     {4'000, 64, 1},
     {200, 64, 1},
     kOfIdle,
     [](const Load& load) {
         return fmt::format("{} held, then closed", plural(load, "routed connection"));
     }},
    {Mode::routes,
     "routes",
     {2'000, 32, 64, 0, 100'000},
     {200, 32, 64, 0, 1'000},
     kOfRoutes,
     [](const Load& load) {
         return fmt::format("{} routes, each its own backend, a tenth wildcards; {}, {} at once",
                            load.routes, plural(load, "new connection"), load.concurrent);
     }},
};

const ModeRow& mode_row(Mode mode) {
    return *std::ranges::find(kModeRows, mode, &ModeRow::mode);
}

/// The one of `known` that is spelled `word`; else a sentence that says what would have been right.
template <class Known>
auto parse_word(std::string_view kind, std::string_view word, const Known& known)
    -> Result<std::decay_t<decltype(*std::begin(known))>, std::string> {
    std::vector<std::string> words;
    for (const auto& one : known) {
        words.emplace_back(to_string(one));
        if (words.back() == word) return one;
    }
    std::string all;
    for (const std::string& one : words) {
        all += (all.empty() ? "" : ", ") + one;
    }
    const auto near = nearest(word, words);
    return std::unexpected(
        fmt::format("there is no {} \"{}\"; {}", kind, printable(word),
                    near ? fmt::format("did you mean {}?", *near) : "there are " + all));
}

}  // namespace

std::string_view to_string(Mode mode) {
    return mode_row(mode).word;
}

std::string_view to_string(Measure measure) {
    return std::ranges::find(kMeasures, measure, &MeasureWord::measure)->word;
}

Result<std::vector<Mode>, std::string> parse_modes(std::string_view text) {
    std::vector<Mode> modes;
    for (;;) {
        const std::size_t comma = text.find(',');
        const auto mode = parse_word("mode", text.substr(0, comma), kModes);
        if (!mode) return std::unexpected(mode.error());
        if (std::ranges::find(modes, *mode) == modes.end()) modes.push_back(*mode);
        if (comma == std::string_view::npos) return modes;
        text.remove_prefix(comma + 1);
    }
}

Load load_of(Mode mode, bool quick) {
    const ModeRow& row = mode_row(mode);
    Load load = quick ? row.quick : row.full;
    load.limit = std::chrono::seconds(quick ? 10 : 30);
    return load;
}

std::string describe(Mode mode, const Load& load) {
    return mode_row(mode).describe(load);
}

std::span<const Column> columns_of(Mode mode) {
    return mode_row(mode).columns;
}

bool less_is_better(Measure measure) {
    return measure != Measure::rate;
}

Result<Gate, std::string> parse_gate(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
        return std::unexpected(fmt::format("\"{}\" is not MODE=RATIO", printable(text)));
    }
    const std::string_view name = text.substr(0, equals);
    const std::string_view number = text.substr(equals + 1);
    const std::size_t dot = name.find('.');
    const auto mode = parse_word("mode", name.substr(0, dot), kModes);
    if (!mode) return std::unexpected(mode.error());

    Gate gate{.mode = *mode, .measure = columns_of(*mode).front().measure, .limit = 0};
    if (dot != std::string_view::npos) {
        std::vector<Measure> known;
        for (const Column& column : columns_of(*mode)) {
            if (less_is_better(column.measure)) known.push_back(column.measure);
        }
        const auto measure =
            parse_word(fmt::format("measure of {}", to_string(*mode)), name.substr(dot + 1), known);
        if (!measure) return std::unexpected(measure.error());
        gate.measure = *measure;
    }
    const auto parsed = std::from_chars(number.begin(), number.end(), gate.limit);
    if (parsed.ec != std::errc() || parsed.ptr != number.end() || !std::isfinite(gate.limit) ||
        gate.limit <= 0) {
        return std::unexpected(fmt::format("\"{}\" is not a ratio above 0", printable(number)));
    }
    return gate;
}

std::string to_string(const Gate& gate) {
    return fmt::format("{}.{}", to_string(gate.mode), to_string(gate.measure));
}

}  // namespace sni::bench
