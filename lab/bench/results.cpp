#include "lab/bench/results.h"

#include <algorithm>

namespace sni::bench {

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::direct:
            return "direct";
        case Kind::ours:
            return "ours";
        case Kind::variant:
            return "variant";
        case Kind::peer:
            return "peer";
        case Kind::gateway:
            return "gateway";
    }
    return "";
}

Series Row::series(Measure measure) const {
    Series series;
    for (const Sample& sample : samples) {
        const auto found = sample.find(measure);
        series.push_back(found == sample.end() ? std::nullopt : std::optional(found->second));
    }
    return series;
}

std::optional<Comparison> against_best_peer(const Table& table, const Row& row, Measure measure) {
    const Row* best = nullptr;
    double best_median = 0;
    for (const Row& peer : table.rows) {
        if (peer.kind != Kind::peer) continue;
        const auto spread = summarize(peer.series(measure));
        if (!spread) continue;
        const bool better =
            less_is_better(measure) ? spread->median < best_median : spread->median > best_median;
        if (best && !better) continue;
        best = &peer;
        best_median = spread->median;
    }
    if (!best) return std::nullopt;
    const auto spread = ratio(row.series(measure), best->series(measure));
    if (!spread) return std::nullopt;
    return Comparison{.peer = best->subject, .ratio = *spread};
}

std::optional<Comparison> against_best_peer(const Table& table, Measure measure) {
    const auto ours = std::ranges::find(table.rows, Kind::ours, &Row::kind);
    if (ours == table.rows.end()) return std::nullopt;
    return against_best_peer(table, *ours, measure);
}

std::optional<Spread> against_ours(const Table& table, const Row& row, Measure measure) {
    const auto ours = std::ranges::find(table.rows, Kind::ours, &Row::kind);
    if (ours == table.rows.end()) return std::nullopt;
    return ratio(row.series(measure), ours->series(measure));
}

std::optional<Spread> against_beside(const Table& table, const Row& row, Measure measure) {
    const auto other = std::ranges::find(table.rows, row.beside, &Row::subject);
    if (other == table.rows.end()) return std::nullopt;
    return ratio(row.series(measure), other->series(measure));
}

std::optional<Spread> against_direct(const Table& table, const Row& row) {
    const auto direct = std::ranges::find(table.rows, Kind::direct, &Row::kind);
    if (direct == table.rows.end()) return std::nullopt;
    return ratio(row.series(Measure::total), direct->series(Measure::total));
}

std::vector<GateResult> judge(const Report& report) {
    std::vector<GateResult> results;
    for (const Gate& gate : report.gates) {
        const auto table = std::ranges::find(report.tables, gate.mode, &Table::mode);
        results.push_back({.gate = gate,
                           .found = table == report.tables.end()
                                        ? std::nullopt
                                        : against_best_peer(*table, gate.measure)});
    }
    return results;
}

Exit exit_of(const Report& report) {
    const bool kept = std::ranges::all_of(judge(report), &GateResult::kept);
    return kept && report.errors.empty() ? Exit::yes : Exit::no;
}

}  // namespace sni::bench
