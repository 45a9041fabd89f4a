#include "lab/admin/prometheus.h"

#include <cassert>
#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace sni::admin {

namespace {

std::string_view to_string(Family::Kind kind) {
    switch (kind) {
        case Family::Kind::counter:
            return "counter";
        case Family::Kind::gauge:
            return "gauge";
        case Family::Kind::histogram:
            break;
    }
    return "histogram";
}

/// A backslash before each of `special` and before itself; a newline would end the line.
std::string escaped(std::string_view text, std::string_view special) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || special.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

}  // namespace

Family histogram(std::string name, std::string help, std::span<const double> bounds,
                 std::span<const std::uint64_t> counts, double sum) {
    assert(counts.size() == bounds.size() + 1 && "one count behind the last bound");
    Family family{Family::Kind::histogram, std::move(name), std::move(help), {}};
    std::uint64_t so_far = 0;  // buckets count what is in those before them, too
    for (std::size_t i = 0; i < counts.size(); ++i) {
        so_far += counts[i];
        const std::string bound = i < bounds.size() ? number(bounds[i]) : "+Inf";
        family.samples.push_back({static_cast<double>(so_far), {{"le", bound}}, "_bucket"});
    }
    family.samples.push_back({sum, {}, "_sum"});
    family.samples.push_back({static_cast<double>(so_far), {}, "_count"});
    return family;
}

std::string to_prometheus(std::span<const Family> families) {
    std::string text;
    const auto line = std::back_inserter(text);
    for (const Family& family : families) {
        fmt::format_to(line, "# HELP {} {}\n", family.name, escaped(family.help, ""));
        fmt::format_to(line, "# TYPE {} {}\n", family.name, to_string(family.kind));
        for (const Sample& sample : family.samples) {
            fmt::format_to(line, "{}{}", family.name, sample.suffix);
            char before = '{';
            for (const auto& [name, value] : sample.labels) {
                fmt::format_to(line, "{}{}=\"{}\"", before, name, escaped(value, "\""));
                before = ',';
            }
            fmt::format_to(line, "{} {}\n", sample.labels.empty() ? "" : "}", number(sample.value));
        }
    }
    return text;
}

}  // namespace sni::admin
