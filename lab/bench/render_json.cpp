#include <nlohmann/json.hpp>

#include "lab/bench/render.h"

namespace sni::bench {

namespace {

using nlohmann::ordered_json;

ordered_json spread_json(const std::optional<Spread>& spread) {
    if (!spread) return nullptr;
    return {{"median", spread->median},
            {"min", spread->min},
            {"max", spread->max},
            {"repetitions", spread->count}};
}

ordered_json comparison_json(const std::optional<Comparison>& comparison) {
    if (!comparison) return nullptr;
    return {{"peer", comparison->peer}, {"ratio", spread_json(comparison->ratio)}};
}

ordered_json row_json(const Table& table, const Row& row) {
    ordered_json measures = ordered_json::object();
    for (const Column& column : columns_of(table.mode)) {
        const Series series = row.series(column.measure);
        ordered_json measure = spread_json(summarize(series));
        if (measure.is_null()) continue;
        measure["unit"] = column.heading;
        for (const std::optional<double>& value : series) {
            measure["values"].push_back(value ? ordered_json(*value) : ordered_json(nullptr));
        }
        if (row.kind == Kind::variant) {
            measure["against_ours"] = spread_json(against_ours(table, row, column.measure));
        }
        if (row.contends) {
            measure["against_best_peer"] =
                comparison_json(against_best_peer(table, row, column.measure));
        }
        if (const auto against = against_beside(table, row, column.measure)) {
            measure["against_beside"] = {{"subject", row.beside}, {"ratio", spread_json(against)}};
        }
        measures[std::string(to_string(column.measure))] = std::move(measure);
    }
    return {{"subject", row.subject},
            {"kind", to_string(row.kind)},
            {"measures", std::move(measures)},
            {"total_vs_direct", spread_json(against_direct(table, row))}};
}

ordered_json table_json(const Table& table) {
    ordered_json rows = ordered_json::array();
    for (const Row& row : table.rows) {
        rows.push_back(row_json(table, row));
    }
    ordered_json against = ordered_json::object();
    for (const Column& column : columns_of(table.mode)) {
        against[std::string(to_string(column.measure))] =
            comparison_json(against_best_peer(table, column.measure));
    }
    return {{"mode", to_string(table.mode)},
            {"what", describe(table.mode, table.load)},
            {"subjects", std::move(rows)},
            {"ours_vs_best_peer", std::move(against)}};
}

}  // namespace

ordered_json to_json(const Report& report) {
    ordered_json subjects = ordered_json::array();
    for (const Subject& subject : report.subjects) {
        subjects.push_back({{"name", subject.name},
                            {"kind", to_string(subject.kind)},
                            {"version", subject.version},
                            {"missing", subject.missing}});
    }
    ordered_json tables = ordered_json::array();
    for (const Table& table : report.tables) {
        tables.push_back(table_json(table));
    }
    ordered_json gates = ordered_json::array();
    for (const GateResult& result : judge(report)) {
        gates.push_back({{"gate", to_string(result.gate)},
                         {"limit", result.gate.limit},
                         {"kept", result.kept()},
                         {"found", comparison_json(result.found)}});
    }
    return {{"schema", "sni-lab/bench/1"},
            {"machine",
             {{"cores", report.machine.cores},
              {"kernel", report.machine.kernel},
              {"load_average", report.machine.load_average},
              {"steal", report.machine.steal}}},
            {"repetitions", report.repetitions},
            {"quick", report.quick},
            {"subjects", std::move(subjects)},
            {"modes", std::move(tables)},
            {"gates", std::move(gates)},
            {"errors", report.errors},
            {"exit", static_cast<int>(exit_of(report))}};
}

}  // namespace sni::bench
