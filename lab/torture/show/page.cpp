#include "lab/torture/show/page.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/report/page.h"
#include "lab/torture/counts.h"
#include "lab/torture/remedy.h"
#include "lab/torture/show/matrix.h"

namespace sni::torture {

namespace {

using report::safe;
using Out = std::back_insert_iterator<std::string>;

constexpr std::string_view kMatrixStyle = R"(
body{max-width:76rem}
.wide{overflow-x:auto;margin:.6rem 0}
table{width:auto;min-width:100%}
.wide td:first-child,.wide th:first-child{position:sticky;left:0;background:var(--paper);min-width:13rem;overflow-wrap:normal}
details .wide td:first-child,details .wide th:first-child{background:var(--card)}
th.n,td.n{text-align:right}td.n,th.n,.matrix td+td{white-space:nowrap}
.matrix th{vertical-align:bottom}.matrix th span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;
max-height:16rem;font-weight:500}
.matrix td+td,.matrix th+th{text-align:center;width:2.2rem;padding:.3rem .2rem}
.matrix small{display:block;color:var(--dim)}
details{border:1px solid var(--edge);border-radius:8px;background:var(--card);padding:.5rem .8rem;margin:.5rem 0}
details>summary{font-weight:600}details>summary span{font-weight:400;margin-left:.5rem}
.open{color:var(--open)}b.fail,b.open,b.pass{font-weight:700}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.6rem 0;list-style:none}
ul.found{padding-left:1.1rem}ul.found li{margin:.5rem 0}
@media(max-width:40rem){.wide td:first-child,.wide th:first-child{min-width:8.5rem;max-width:10rem;font-size:.82rem;
overflow-wrap:anywhere}.matrix small{display:none}}
)";

/// How a column shows in a cell, and what it means.
struct Sign {
    std::string_view mark;
    std::string_view tone;
    std::string_view words;
};

constexpr std::array<Sign, kColumns.size()> kSigns = {{
    {"✓", "pass", "arrived where it may, byte for byte"},
    {"~", "dim", "the same, though a strict reader refuses it"},
    {"–", "dim", "refused, as it may or must be"},
    {"!", "open", "refused although it has to pass, or without the alert that is owed"},
    {"?", "open", "the ends behind the gateway did not say, or it could not be asked"},
    {"✗", "fail", "arrived at the wrong place"},
    {"≠", "fail", "other bytes arrived than were sent"},
    {"½", "fail", "a part did not arrive, or the answer did not come back"},
    {"…", "fail", "neither answered nor closed in time"},
    {"†", "fail", "the gateway took no connections any more"},
}};

constexpr std::pair<std::string_view, std::string_view> kGroups[] = {
    {"seg", "one hello, cut into TCP segments"},
    {"rec", "one hello, cut into TLS records; records that are none"},
    {"size", "from small to very large"},
    {"name", "other letters, neighbours, and what is no name"},
    {"names", "two names, none, lists that are none"},
    {"ext", "extensions in any order, twice, unknown"},
    {"offer", "versions, suites, key shares, tickets, ALPN, encrypted hellos"},
    {"len", "lengths that lie"},
    {"cut", "hellos that end too early"},
    {"alien", "other messages, records and protocols"},
    {"then", "what comes behind the hello"},
    {"client", "hellos of real clients"},
    {"around", "ordinary hellos while the target is slow or down, or 1,000 others stall"},
};

std::string_view words_of(std::string_view group) {
    const auto* const found =
        std::ranges::find(kGroups, group, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(kGroups) ? std::string_view() : found->second;
}

const Sign& sign_of(const Finding& finding) {
    return kSigns[static_cast<std::size_t>(column_of(finding))];
}

std::string key() {
    std::string items;
    for (std::size_t i = 0; i < kSigns.size(); ++i) {
        fmt::format_to(Out(items), "<li><b class=\"{}\">{}</b> {}: {}</li>\n", kSigns[i].tone,
                       kSigns[i].mark, kColumns[i], kSigns[i].words);
    }
    return "<ul class=\"key\">\n" + items + "</ul>\n";
}

std::string summary(const std::vector<Run>& runs) {
    std::string head = "<th>gateway</th><th class=\"n\">shapes</th><th class=\"n\">red</th>";
    for (const std::string_view column : kColumns) {
        fmt::format_to(Out(head), "<th class=\"n\">{}</th>", column);
    }
    std::string rows;
    for (const Run& run : runs) {
        const Counts counts = count(run.findings);
        const std::size_t red = reds_of(counts);
        fmt::format_to(Out(rows),
                       "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n {}\"><b>{}</b></td>",
                       safe(heading(run)), run.findings.size(), red == 0 ? "pass" : "fail", red);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            fmt::format_to(Out(rows), "<td class=\"n {}\">{}</td>",
                           counts[i] == 0 ? "dim" : kSigns[i].tone, counts[i]);
        }
        rows += "</tr>\n";
    }
    return fmt::format(
        "<div class=\"wide\"><table><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table></div>\n",
        head, rows);
}

std::string cell(const Finding* finding) {
    if (!finding) return "<td class=\"dim\" title=\"not asked\"></td>";
    const Sign& sign = sign_of(*finding);
    // What is as it should be needs no words for whoever points at it.
    if (column_of(*finding) == Column::right)
        return fmt::format("<td class=\"{}\">{}</td>", sign.tone, sign.mark);
    return fmt::format("<td title=\"{}: {}\"><b class=\"{}\">{}</b></td>",
                       to_string(finding->verdict), safe(finding->how), sign.tone, sign.mark);
}

/// How many are red, or refused badly, at how many gateways.
std::string trouble(const MatrixGroup& group) {
    std::size_t red = 0;
    std::size_t badly = 0;
    std::size_t unknown = 0;
    for (const MatrixRow& row : group.rows) {
        for (const Finding* const finding : row.found) {
            if (!finding) continue;
            red += is_red(finding->verdict) ? 1 : 0;
            badly += column_of(*finding) == Column::refused_badly ? 1 : 0;
            unknown += finding->verdict == Verdict::unknown ? 1 : 0;
        }
    }
    std::string text;
    if (red > 0) fmt::format_to(Out(text), " <span class=\"fail\">{} red</span>", red);
    if (badly > 0) {
        fmt::format_to(Out(text), " <span class=\"open\">{} refused badly</span>", badly);
    }
    if (unknown > 0)
        fmt::format_to(Out(text), " <span class=\"open\">{} not known</span>", unknown);
    return text.empty() ? " <span class=\"pass\">nothing amiss</span>" : text;
}

std::string section(const MatrixGroup& group, const std::string& head) {
    std::string rows;
    for (const MatrixRow& row : group.rows) {
        fmt::format_to(Out(rows), "<tr><td>{}<small>{} ({})</small></td>", safe(row.shape->name),
                       safe(row.shape->about), safe(row.shape->source));
        for (const Finding* const finding : row.found) {
            rows += cell(finding);
        }
        rows += "</tr>\n";
    }
    const std::string_view words = words_of(group.name);
    return fmt::format(
        "<details><summary>{}<span class=\"dim\">{}{}{} shapes</span>{}</summary>\n"
        "<div class=\"wide\"><table class=\"matrix\"><thead><tr>{}</tr></thead><tbody>\n"
        "{}</tbody></table></div></details>\n",
        safe(group.name), words, words.empty() ? "" : " · ", group.rows.size(), trouble(group),
        head, rows);
}

/// What one gateway does otherwise, in words.
std::string differences(const Run& run) {
    std::string items;
    std::size_t told = 0;
    for (std::size_t i = 0; i < run.findings.size(); ++i) {
        const Finding& finding = run.findings[i];
        const bool unknown = finding.verdict == Verdict::unknown;
        if (!is_red(finding.verdict) && column_of(finding) != Column::refused_badly && !unknown)
            continue;
        ++told;
        const Sign& sign = sign_of(finding);
        fmt::format_to(Out(items),
                       "<li><b class=\"{}\">{}</b> {}: {}<br><span class=\"dim\">{} {}: {}</span>",
                       sign.tone, to_string(finding.verdict), safe(finding.shape),
                       safe(finding.how), unknown ? "asked by" : "differs from",
                       safe(run.shapes[i].source), safe(run.shapes[i].about));
        if (const auto mend = remedy(run.product, run.config, finding); !mend.empty())
            fmt::format_to(Out(items), "<br>mended by: {}", safe(mend));
        items += "</li>\n";
    }
    if (told == 0) return "";
    return fmt::format(
        "<details><summary>{}<span class=\"dim\">{} shapes</span></summary>\n<ul "
        "class=\"found\">\n{}</ul></details>\n",
        safe(heading(run)), told, items);
}

std::string not_asked(const std::vector<Run>& runs) {
    std::string text;
    for (const Run& run : runs) {
        if (run.findings.size() >= run.wanted) continue;
        fmt::format_to(Out(text), "<p class=\"open\">{}: {} of {} shapes were not asked.</p>\n",
                       safe(heading(run)), run.wanted - run.findings.size(), run.wanted);
    }
    return text;
}

}  // namespace

std::string heading(const Run& run) {
    if (run.product.empty()) return run.gateway;
    std::string text = run.product;
    if (!run.version.empty()) text += " " + run.version;
    // What was started for the run has a port that says nothing.
    return text + (run.config.empty() ? " at " + run.gateway : " (" + run.config + ")");
}

std::string to_html(const std::vector<Run>& runs) {
    std::string head = "<th>shape</th>";
    for (const Run& run : runs) {
        fmt::format_to(Out(head), "<th><span>{}</span></th>", safe(heading(run)));
    }
    std::string groups;
    for (const MatrixGroup& group : matrix_of(runs)) {
        groups += section(group, head);
    }
    std::string found;
    for (const Run& run : runs) {
        found += differences(run);
    }
    const std::string_view title = "How gateways take a ClientHello";
    return report::page(
        title, kMatrixStyle,
        fmt::format(
            "<p class=\"dim\">sni-lab torture</p>\n<h1>{}</h1>\n"
            "<p>Each shape was sent through a gateway that passes one name on to a target and "
            "everything else to a default; both ends say what they get. RFC 8446 §9.3 says what "
            "whoever forwards hellos has to do.</p>\n{}{}{}"
            "<h2>Shape by shape</h2>\n{}<h2>What differs</h2>\n{}",
            title, summary(runs), not_asked(runs), key(), groups,
            found.empty() ? "<p>Nothing.</p>\n" : found));
}

std::string to_markdown(const std::vector<Run>& runs) {
    std::string text = "| gateway | shapes |";
    std::string rule = "\n| --- | ---: |";
    for (const std::string_view column : kColumns) {
        fmt::format_to(Out(text), " {} |", column);
        rule += " ---: |";
    }
    text += rule + "\n";
    for (const Run& run : runs) {
        std::string name = safe(heading(run));
        for (std::size_t at = 0; (at = name.find('|', at)) != std::string::npos; at += 2) {
            name.insert(at, "\\");
        }
        fmt::format_to(Out(text), "| {} | {} |", name, run.findings.size());
        for (const std::size_t each : count(run.findings)) {
            fmt::format_to(Out(text), " {} |", each == 0 ? "-" : std::to_string(each));
        }
        text += "\n";
    }
    return text;
}

std::string to_text(const std::vector<Run>& runs) {
    std::string text;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const Counts counts = count(runs[i].findings);
        fmt::format_to(Out(text), "{:>2}  {}: {} shapes, {} red, {} refused badly\n", i + 1,
                       printable(heading(runs[i])), runs[i].findings.size(), reds_of(counts),
                       counts[static_cast<std::size_t>(Column::refused_badly)]);
    }
    for (const MatrixGroup& group : matrix_of(runs)) {
        for (const MatrixRow& row : group.rows) {
            if (!differs(row)) continue;
            fmt::format_to(Out(text), "\n{} ({})\n", printable(row.shape->name),
                           printable(row.shape->source));
            for (std::size_t i = 0; i < runs.size(); ++i) {
                const Finding* const finding = row.found[i];
                fmt::format_to(Out(text), "{:>2}  {}\n", i + 1,
                               !finding ? "not asked"
                                        : fmt::format("{}: {}", to_string(finding->verdict),
                                                      printable(finding->how)));
            }
        }
    }
    return text;
}

}  // namespace sni::torture
