// Samples of all turns as one value, and what they say: against no router at all, against the best
// peer, and against the gates. Measuring belongs to load/, printing to render.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/bench/mode.h"
#include "lab/bench/stats.h"
#include "lab/core/diagnostic.h"

namespace sni::bench {

/// A variant is our router in another way, and is compared with ours.
enum class Kind { direct, ours, variant, peer, gateway };
std::string_view to_string(Kind kind);

/// Who takes turns. `missing` says why a peer does not.
struct Subject {
    std::string name;
    Kind kind = Kind::peer;
    std::string version;
    std::string missing;
    std::string beside;  ///< of a variant: another one that it is compared with, too
    /// Of a variant: a way to run ours that a user may choose, so it is held against the peers,
    /// too.
    bool contends = false;
    bool operator==(const Subject&) const = default;
};

/// What one turn yielded.
using Sample = std::map<Measure, double>;

struct Row {
    std::string subject;
    Kind kind = Kind::peer;
    std::vector<Sample> samples;  ///< one for each repetition; empty where the turn failed
    std::string beside = {};      ///< its Subject's, as what follows
    bool contends = false;

    Series series(Measure measure) const;
};

struct Table {
    Mode mode = Mode::raw;
    Load load;
    std::vector<Row> rows;
};

struct Machine {
    std::string kernel;
    unsigned cores = 0;
    double load_average = 0;  ///< of the minute before the first turn
    double steal = 0;         ///< share of all CPU time that the hypervisor took, 0 to 1
};

/// Above it figures are not to be trusted.
inline constexpr double kMaxSteal = 0.03;

struct Report {
    Machine machine;
    std::size_t repetitions = 0;
    bool quick = false;
    std::vector<Subject> subjects;
    std::vector<Table> tables;
    std::vector<Gate> gates;
    /// Lost, late or altered answers and subjects that did not run, a sentence each.
    std::vector<std::string> errors;
};

struct Comparison {
    std::string peer;
    Spread ratio;
    bool operator==(const Comparison&) const = default;
};

/// This row against the peer with the best median: row/peer, inside one repetition each.
std::optional<Comparison> against_best_peer(const Table& table, const Row& row, Measure measure);
/// Ours.
std::optional<Comparison> against_best_peer(const Table& table, Measure measure);

/// This row against ours, inside one repetition each.
std::optional<Spread> against_ours(const Table& table, const Row& row, Measure measure);

/// This row against the one that it is `beside`; nothing where that takes no part.
std::optional<Spread> against_beside(const Table& table, const Row& row, Measure measure);

/// The machine's CPU with this router against the machine's CPU without any.
std::optional<Spread> against_direct(const Table& table, const Row& row);

/// What a gate has to do with these results.
struct GateResult {
    Gate gate;
    std::optional<Comparison> found;  ///< nothing when there was no peer or no figure
    /// What cannot be judged is not kept: no false green.
    bool kept() const { return found && found->ratio.median <= gate.limit; }
};

std::vector<GateResult> judge(const Report& report);

/// no (1) for any error and any gate that is not kept.
Exit exit_of(const Report& report);

}  // namespace sni::bench
