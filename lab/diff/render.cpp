#include "lab/diff/render.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "lab/analyze/paths.h"
#include "lab/core/encoding.h"
#include "lab/diff/ends_text.h"
#include "lab/report/github.h"

namespace sni::diff {

namespace {

using Json = nlohmann::ordered_json;

/// Of things that were not looked at, where people read.
constexpr std::size_t kMostNotes = 20;

std::string_view word_of(Change::Kind kind) {
    switch (kind) {
        case Change::Kind::terminated:
            return "terminated";
        case Change::Kind::lost:
            return "lost";
        case Change::Kind::moved:
            return "moved";
        case Change::Kind::passed:
            return "passed";
        case Change::Kind::gained:
            break;
    }
    return "new";
}

std::string_view word_of(End::Kind kind) {
    switch (kind) {
        case End::Kind::passed:
            return "passed";
        case End::Kind::terminated:
            return "terminated";
        case End::Kind::nowhere:
            break;
    }
    return "nowhere";
}

/// What becomes of `count` names, in words.
std::string sentence(Change::Kind kind, std::size_t count) {
    const bool one = count == 1;
    switch (kind) {
        case Change::Kind::terminated:
            return fmt::format("{} {} passthrough", count, one ? "loses" : "lose");
        case Change::Kind::lost:
            return fmt::format("{} {} nowhere now", count, one ? "goes" : "go");
        case Change::Kind::moved:
            return fmt::format("{} {} elsewhere", count, one ? "goes" : "go");
        case Change::Kind::passed:
            return fmt::format("{} {} passed on now", count, one ? "is" : "are");
        case Change::Kind::gained:
            break;
    }
    return fmt::format("{} {} new", count, one ? "is" : "are");
}

/// `Ingress "ns/name": path /api is not looked at`.
std::string text_of(const Aside& aside) {
    const std::string why = aside.why.empty() ? std::string() : ": " + aside.why;
    return fmt::format("{}: {} is not looked at{}", aside.object, aside.what, why);
}

/// "k8s/a.yaml:3: ", or of a folder its name alone.
std::string where_text(const Aside& aside) {
    const Place& place = aside.place;
    return place.line == 0 ? place.file + ": " : fmt::format("{}:{}: ", place.file, place.line);
}

std::string things(std::size_t count) {
    return count == 1 ? "1 thing was" : fmt::format("{} things were", count);
}

std::string port_of(const Change& change) {
    if (change.gateways.empty()) return fmt::format("{}", change.port);
    return printable(fmt::format("{} at {}", change.port, fmt::join(change.gateways, " and ")));
}

struct Row {
    std::string name;
    std::string port;
    std::string was;
    std::string is;
};

Row row_of(const Change& change) {
    return {printable(change.name), port_of(change), ends_text(change.was, change.is),
            ends_text(change.is, change.was)};
}

std::size_t width_of(const std::vector<Row>& rows, std::string Row::* column) {
    constexpr std::size_t kMost = 48;
    std::size_t width = 0;
    for (const Row& row : rows) {
        width = std::max(width, (row.*column).size());
    }
    return std::min(width, kMost);
}

Json json_of(const End& end) {
    Json backends = Json::array();
    for (const Backend& backend : end.backends) {
        backends.push_back(
            {{"name", backend.name},
             {"port", backend.port ? Json(*backend.port) : Json(nullptr)},
             {"share", backend.share},
             {"closed", backend.closed},
             {"subset", backend.subset.empty() ? Json(nullptr) : Json(backend.subset)},
             {"targetPort", backend.target_port ? Json(*backend.target_port) : Json(nullptr)},
             {"selector", backend.selector.empty() ? Json(nullptr) : Json(backend.selector)}});
        if (backend.proxy_header != 0) backends.back()["proxyHeader"] = backend.proxy_header;
    }
    Json rule = nullptr;
    if (end.rule) {
        rule = {{"kind", end.rule->kind},
                {"namespace", end.rule->ns},
                {"name", end.rule->name},
                {"file", end.place.file},
                {"line", end.place.line}};
    }
    return {{"outcome", word_of(end.kind)},
            {"backends", std::move(backends)},
            {"rule", std::move(rule)},
            {"by", end.by.empty() ? Json(nullptr) : Json(end.by)},
            {"why", end.why.empty() ? Json(nullptr) : Json(end.why)}};
}

Json json_of(const std::vector<End>& ends) {
    Json all = Json::array();
    for (const End& end : ends) {
        all.push_back(json_of(end));
    }
    return all;
}

std::string_view sign_of(Change::Kind kind) {
    const bool bad = kind == Change::Kind::terminated || kind == Change::Kind::lost;
    return bad ? "❌" : kind == Change::Kind::moved ? "⚠️" : "✅";
}

std::string_view command_of(Change::Kind kind) {
    const bool bad = kind == Change::Kind::terminated || kind == Change::Kind::lost;
    return bad ? "error" : kind == Change::Kind::moved ? "warning" : "notice";
}

/// Where an annotation stands: at what decides now, else at what decided.
const Place* spot_of(const Change& change) {
    for (const std::vector<End>* ends : {&change.is, &change.was}) {
        for (const End& end : *ends) {
            if (end.rule && !end.place.file.empty()) return &end.place;
        }
    }
    return nullptr;
}

/// ",file=k8s/a.yaml,line=3" of a workflow command; of a folder there are no lines.
std::string spot_text(const Place& place) {
    const std::string file =
        ",file=" + report::escape_command(analyze::normal_path(place.file), true);
    return place.line == 0 ? file : fmt::format("{},line={}", file, place.line);
}

/// A line for each of the first ones, as of a list.
std::string markdown_of(const Report& report) {
    const std::vector<Aside>& asides = report.aside;
    if (asides.empty()) return {};
    // Where nothing was compared, the summary says so.
    std::string text = report.is_empty_handed()
                           ? "\n"
                           : fmt::format("\n{} not looked at\n\n", things(asides.size()));
    for (std::size_t i = 0; i < std::min(kMostNotes, asides.size()); ++i) {
        const Aside& aside = asides[i];
        text += fmt::format("- {}\n",
                            report::escape_markdown(printable(where_text(aside) + text_of(aside))));
    }
    if (asides.size() > kMostNotes)
        text += fmt::format("\nand {} more\n", asides.size() - kMostNotes);
    return text;
}

}  // namespace

std::string summary(const Report& report) {
    const std::string same =
        fmt::format("{} name{} go{} where {} went", report.same, report.same == 1 ? "" : "s",
                    report.same == 1 ? "es" : "", report.same == 1 ? "it" : "they");
    if (report.is_empty_handed())
        return fmt::format("nothing was compared: {} not looked at", things(report.aside.size()));
    if (report.is_inconclusive()) return fmt::format("not decided: {}; {}", report.undecided, same);
    if (report.changes.empty()) return "no change: " + same;
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < report.changes.size();) {
        const Change::Kind kind = report.changes[at].kind;
        const std::size_t from = at;
        while (at < report.changes.size() && report.changes[at].kind == kind) {
            ++at;
        }
        parts.push_back(sentence(kind, at - from));
    }
    return fmt::format("{} name{} change{}: {}; {}", report.changes.size(),
                       report.changes.size() == 1 ? "" : "s", report.changes.size() == 1 ? "s" : "",
                       fmt::join(parts, ", "), same);
}

std::string notes(const Report& report) {
    std::string text;
    for (std::size_t i = 0; i < std::min(kMostNotes, report.aside.size()); ++i) {
        const Aside& aside = report.aside[i];
        text += printable(where_text(aside) + "note: " + text_of(aside)) + "\n";
    }
    if (report.aside.size() > kMostNotes)
        text += fmt::format("and {} more notes; --json has them all\n",
                            report.aside.size() - kMostNotes);
    return text;
}

std::string to_text(const Report& report) {
    std::string text = summary(report) + "\n";
    std::vector<Row> rows;
    rows.reserve(report.changes.size());
    for (const Change& change : report.changes) {
        rows.push_back(row_of(change));
    }
    const std::size_t name = width_of(rows, &Row::name);
    const std::size_t port = width_of(rows, &Row::port);
    const std::size_t was = width_of(rows, &Row::was);
    const std::size_t is = width_of(rows, &Row::is);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        const Change& change = report.changes[i];
        text += fmt::format("  {:10}  {:{}}  {:{}}  {:{}} -> {:{}}  {} -> {}\n",
                            word_of(change.kind), row.name, name, row.port, port, row.was, was,
                            row.is, is, places_text(change.was), places_text(change.is));
    }
    return text;
}

Json to_json(const Report& report) {
    Json document = {
        {"schema", "sni-lab/diff/1"}, {"same", report.same}, {"changes", Json::array()}};
    for (const Change& change : report.changes) {
        document["changes"].push_back({{"name", change.name},
                                       {"port", change.port},
                                       {"gateways", change.gateways},
                                       {"change", word_of(change.kind)},
                                       {"old", json_of(change.was)},
                                       {"new", json_of(change.is)}});
    }
    document["not_looked_at"] = Json::array();
    for (const Aside& aside : report.aside) {
        document["not_looked_at"].push_back(
            {{"file", aside.place.file},
             {"line", aside.place.line == 0 ? Json(nullptr) : Json(aside.place.line)},
             {"object", aside.object},
             {"what", aside.what},
             {"why", aside.why.empty() ? Json(nullptr) : Json(aside.why)}});
    }
    return document;
}

std::string to_markdown(const Report& report) {
    // A comment may have 65,536 characters.
    constexpr std::size_t kMost = 60'000;
    std::string text = fmt::format("## sni-lab diff\n\n{}\n", summary(report));
    text += markdown_of(report);
    if (report.changes.empty()) return text;
    text += "\n| | name | port | old | new | why |\n|---|---|---|---|---|---|\n";
    std::size_t shown = 0;
    for (const Change& change : report.changes) {
        const Row row = row_of(change);
        const std::string line = fmt::format(
            "| {} {} | {} | {} | {} | {} | {} → {} |\n", sign_of(change.kind), word_of(change.kind),
            report::escape_markdown(row.name), report::escape_markdown(row.port),
            report::escape_markdown(row.was), report::escape_markdown(row.is),
            report::escape_markdown(places_text(change.was)),
            report::escape_markdown(places_text(change.is)));
        if (text.size() + line.size() > kMost) break;
        text += line;
        ++shown;
    }
    if (shown < report.changes.size())
        text += fmt::format("\nand {} more\n", report.changes.size() - shown);
    return text;
}

std::string to_github(const Report& report) {
    std::string text;
    if (report.changes.empty()) {
        text = fmt::format("::{} title=sni-lab diff::{}\n",
                           report.is_inconclusive() ? "warning" : "notice",
                           report::escape_command(summary(report)));
    }
    for (const Change& change : report.changes) {
        const Row row = row_of(change);
        const Place* place = spot_of(change);
        const std::string where = place ? spot_text(*place) : std::string();
        const std::string message =
            fmt::format("{} on port {}: {} -> {}\nwhy: {} -> {}", row.name, row.port, row.was,
                        row.is, places_text(change.was), places_text(change.is));
        text += fmt::format("::{} title=sni-lab diff%3A {}{}::{}\n", command_of(change.kind),
                            word_of(change.kind), where, report::escape_command(message));
    }
    for (std::size_t i = 0; i < std::min(kMostNotes, report.aside.size()); ++i) {
        const Aside& aside = report.aside[i];
        text +=
            fmt::format("::notice title=sni-lab diff%3A not looked at{}::{}\n",
                        spot_text(aside.place), report::escape_command(printable(text_of(aside))));
    }
    return text;
}

}  // namespace sni::diff
