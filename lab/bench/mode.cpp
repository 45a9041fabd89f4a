#include "lab/bench/mode.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/suggest.h"

namespace sni::bench {

namespace {

constexpr Measure kMeasures[] = {Measure::cpu,  Measure::total,  Measure::rate,
                                 Measure::p50,  Measure::p99,    Measure::memory,
                                 Measure::kept, Measure::growth, Measure::start};

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

constexpr std::uint64_t kMiB = 1u << 20;

}  // namespace

std::string_view to_string(Mode mode) {
    switch (mode) {
        case Mode::raw:
            return "raw";
        case Mode::handshake:
            return "handshake";
        case Mode::down1:
            return "down1";
        case Mode::down16:
            return "down16";
        case Mode::up1:
            return "up1";
        case Mode::up16:
            return "up16";
        case Mode::pingpong:
            return "pingpong";
        case Mode::idle:
            return "idle";
        case Mode::routes:
            return "routes";
    }
    return "";
}

std::string_view to_string(Measure measure) {
    switch (measure) {
        case Measure::cpu:
            return "cpu";
        case Measure::total:
            return "total";
        case Measure::rate:
            return "rate";
        case Measure::p50:
            return "p50";
        case Measure::p99:
            return "p99";
        case Measure::memory:
            return "memory";
        case Measure::kept:
            return "kept";
        case Measure::growth:
            return "growth";
        case Measure::start:
            return "start";
    }
    return "";
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
    const std::chrono::seconds limit(quick ? 10 : 30);
    const auto pick = [quick](std::size_t full, std::size_t little) {
        return quick ? little : full;
    };
    switch (mode) {
        case Mode::raw:
            return {.connections = pick(6000, 400), .concurrent = 32, .bytes = 64, .limit = limit};
        case Mode::handshake:
            return {.connections = pick(1500, 100), .concurrent = 32, .bytes = 64, .limit = limit};
        case Mode::down1:
        case Mode::up1:
            return {
                .connections = 1, .concurrent = 1, .bytes = pick(512, 32) * kMiB, .limit = limit};
        case Mode::down16:
        case Mode::up16:
            return {
                .connections = 16, .concurrent = 16, .bytes = pick(32, 2) * kMiB, .limit = limit};
        case Mode::pingpong:
            return {.connections = 16,
                    .concurrent = 16,
                    .bytes = 64,
                    .rounds = pick(2000, 100),
                    .limit = limit};
        case Mode::idle:
            return {.connections = pick(4000, 200), .concurrent = 64, .bytes = 1, .limit = limit};
        case Mode::routes:
            return {.connections = pick(2000, 200),
                    .concurrent = 32,
                    .bytes = 64,
                    .routes = pick(100'000, 1000),
                    .limit = limit};
    }
    return {};
}

std::string describe(Mode mode, const Load& load) {
    const auto plural = [&load](std::string_view word) {
        return fmt::format("{} {}{}", load.connections, word, load.connections == 1 ? "" : "s");
    };
    switch (mode) {
        case Mode::raw:
            return fmt::format("{} without TLS, {} at once", plural("new connection"),
                               load.concurrent);
        case Mode::handshake:
            return fmt::format("{}, TLS 1.3 with P-256, {} at once", plural("full handshake"),
                               load.concurrent);
        case Mode::down1:
        case Mode::down16:
            return fmt::format("{} MiB from the backend over {}",
                               load.bytes * load.connections / kMiB, plural("connection"));
        case Mode::up1:
        case Mode::up16:
            return fmt::format("{} MiB to the backend over {}",
                               load.bytes * load.connections / kMiB, plural("connection"));
        case Mode::pingpong:
            return fmt::format("{} round trips of {} bytes over {}", load.rounds * load.connections,
                               load.bytes, plural("connection"));
        case Mode::idle:
            return fmt::format("{} held, then closed", plural("routed connection"));
        case Mode::routes:
            return fmt::format("{} routes, each its own backend, a tenth wildcards; {}, {} at once",
                               load.routes, plural("new connection"), load.concurrent);
    }
    return "";
}

std::vector<Column> columns_of(Mode mode) {
    switch (mode) {
        case Mode::raw:
        case Mode::handshake:
            return {{Measure::cpu, "CPU us/conn", 1},
                    {Measure::total, "total us/conn", 1},
                    {Measure::rate, "conn/s", 0},
                    {Measure::p50, "p50 ms", 2},
                    {Measure::p99, "p99 ms", 2}};
        case Mode::down1:
        case Mode::down16:
        case Mode::up1:
        case Mode::up16:
            return {{Measure::cpu, "CPU s/GiB", 2},
                    {Measure::total, "total s/GiB", 2},
                    {Measure::rate, "GiB/s", 2}};
        case Mode::pingpong:
            return {{Measure::cpu, "CPU us/trip", 1},
                    {Measure::total, "total us/trip", 1},
                    {Measure::rate, "trips/s", 0},
                    {Measure::p50, "p50 ms", 3},
                    {Measure::p99, "p99 ms", 3}};
        case Mode::idle:
            return {{Measure::memory, "bytes/conn", 0}, {Measure::kept, "KiB kept", 0}};
        case Mode::routes:
            return {{Measure::cpu, "CPU us/conn", 1},
                    {Measure::growth, "x 1 route", 2},
                    {Measure::start, "start ms", 0},
                    {Measure::memory, "bytes/route", 0}};
    }
    return {};
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
        for (const Measure measure : kMeasures) {
            const bool shown = std::ranges::any_of(
                columns_of(*mode), [&](const Column& c) { return c.measure == measure; });
            if (shown && less_is_better(measure)) known.push_back(measure);
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
