#include "lab/bench/render.h"

#include <algorithm>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::bench {

namespace {

std::string range(const Spread& spread) {
    if (spread.count == 1) return fmt::format("{:.2f}", spread.median);
    return fmt::format("{:.2f} ({:.2f} to {:.2f})", spread.median, spread.min, spread.max);
}

std::string cell(const std::optional<Spread>& spread, int decimals) {
    return spread ? fmt::format("{:.{}f}", spread->median, decimals) : "-";
}

std::string subject_line(const Subject& subject) {
    if (!subject.missing.empty())
        return fmt::format("  {:<12}  not measured: {}\n", subject.name,
                           printable(subject.missing));
    const bool bare = subject.version.empty();
    return fmt::format(
        "  {}\n",
        bare ? subject.name : fmt::format("{:<12}  {}", subject.name, printable(subject.version)));
}

/// Right-aligned under its headings; the first column is left-aligned.
std::string align(const std::vector<std::vector<std::string>>& lines) {
    std::vector<std::size_t> widths(lines.front().size(), 0);
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], line[i].size());
        }
    }
    std::string text;
    for (const auto& line : lines) {
        text += fmt::format("  {:<{}}", line.front(), widths.front());
        for (std::size_t i = 1; i < line.size(); ++i) {
            text += fmt::format("  {:>{}}", line[i], widths[i]);
        }
        text += '\n';
    }
    return text;
}

bool has_direct(const Table& table) {
    return std::ranges::any_of(table.rows, [&](const Row& row) {
        return row.kind != Kind::direct && against_direct(table, row).has_value();
    });
}

/// A line for each measure that a peer has a figure of.
std::string against_peers(const Table& table, const Row& row) {
    std::string text;
    for (const Column& column : columns_of(table.mode)) {
        if (const auto against = against_best_peer(table, row, column.measure)) {
            text += fmt::format("  {} / best peer, {}: {} of {}\n", row.subject,
                                to_string(column.measure), range(against->ratio), against->peer);
        }
    }
    return text;
}

std::string table_text(const Table& table) {
    const std::span<const Column> columns = columns_of(table.mode);
    const bool direct = has_direct(table);
    std::vector<std::vector<std::string>> lines(1);
    lines.front().emplace_back("");
    for (const Column& column : columns) {
        lines.front().emplace_back(column.heading);
    }
    if (direct) lines.front().emplace_back("total vs direct");
    for (const Row& row : table.rows) {
        std::vector<std::string> line{row.subject};
        for (const Column& column : columns) {
            line.push_back(cell(summarize(row.series(column.measure)), column.decimals));
        }
        if (direct) {
            const auto against = against_direct(table, row);
            line.push_back(!against ? "-" : row.kind == Kind::direct ? "1" : range(*against));
        }
        lines.push_back(std::move(line));
    }
    std::string text =
        fmt::format("\n{}: {}\n", to_string(table.mode), describe(table.mode, table.load)) +
        align(lines);
    for (const Row& row : table.rows) {
        if (row.kind == Kind::ours || row.contends) text += against_peers(table, row);
    }
    for (const Row& row : table.rows) {
        if (row.kind != Kind::variant) continue;
        const Measure measure = columns.front().measure;
        if (const auto against = against_ours(table, row, measure)) {
            text += fmt::format("  {} / ours, {}: {}\n", row.subject, to_string(measure),
                                range(*against));
        }
        if (const auto against = against_beside(table, row, measure)) {
            text += fmt::format("  {} / {}, {}: {}\n", row.subject, row.beside, to_string(measure),
                                range(*against));
        }
    }
    return text;
}

}  // namespace

std::string to_text(const Report& report) {
    std::string text = fmt::format(
        "{} repetition{}{}, subjects in turns; {} cores, Linux {}, load {:.1f} at the start, "
        "steal {:.1f} %\n",
        report.repetitions, report.repetitions == 1 ? "" : "s", report.quick ? ", quick" : "",
        report.machine.cores, printable(report.machine.kernel), report.machine.load_average,
        report.machine.steal * 100);
    for (const Subject& subject : report.subjects) {
        text += subject_line(subject);
    }
    text +=
        "CPU is the router's own, total adds client and backend; ratios are medians of ratios\n"
        "inside one repetition, with their range. Only ratios of one run can be compared.\n";
    for (const Table& table : report.tables) {
        text += table_text(table);
    }
    if (!report.gates.empty()) text += '\n';
    for (const GateResult& result : judge(report)) {
        text += fmt::format("gate {} <= {}: {}\n", to_string(result.gate), result.gate.limit,
                            !result.found
                                ? "missed, there is no peer's figure to compare with"
                                : fmt::format("{}, {} of {}", result.kept() ? "kept" : "missed",
                                              range(result.found->ratio), result.found->peer));
    }
    return text;
}

}  // namespace sni::bench
