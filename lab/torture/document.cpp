// A run as a JSON document, and read back from one.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/torture/remedy.h"
#include "lab/torture/render.h"

namespace sni::torture {

namespace {

constexpr const char* kSchema = "sni-lab/torture/1";

/// A member of `object` as text; empty when it is none.
std::string text_of(const nlohmann::json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A member of `object` that is a number from 0 on; 0 when it is none, or more than a T holds.
template <class T>
T number_of(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    const auto number = found != object.end() && found->is_number_unsigned()
                            ? found->get<std::uint64_t>()
                            : std::uint64_t{0};
    return std::in_range<T>(number) ? static_cast<T>(number) : T();
}

template <class T, std::size_t N>
T word_of(const nlohmann::json& object, const char* key, const T (&words)[N]) {
    const std::string text = text_of(object, key);
    for (const T word : words) {
        if (to_string(word) == text) return word;
    }
    return T();
}

/// Adds it to both lists; the error is a sentence's end.
Result<void, std::string> read_entry(const nlohmann::json& each, Run& run) {
    const auto verdict = verdict_named(text_of(each, "verdict"));
    std::string name = text_of(each, "name");
    if (name.empty() || !verdict)
        return std::unexpected("one of its shapes has no name, or no verdict that there is");
    const auto well = each.find("well");
    if (well == each.end() || !well->is_boolean())
        return std::unexpected(fmt::format("{} does not say whether it is well", printable(name)));
    constexpr Rule kRules[] = {Rule::must_pass, Rule::must_refuse, Rule::either};
    run.shapes.push_back({.name = name,
                          .about = text_of(each, "about"),
                          .source = text_of(each, "source"),
                          .rule = word_of(each, "rule", kRules),
                          .segments = {}});
    run.findings.push_back(
        {.shape = std::move(name),
         .verdict = *verdict,
         .well = well->get<bool>(),
         .how = text_of(each, "how"),
         .took = std::chrono::milliseconds(number_of<std::int64_t>(each, "took_ms"))});
    return {};
}

}  // namespace

nlohmann::json to_json(const Run& run, const Baseline* baseline) {
    nlohmann::json shapes = nlohmann::json::array();
    nlohmann::json counts = nlohmann::json::object();
    for (const Verdict verdict : kVerdicts) {
        counts[std::string(to_string(verdict))] = 0;
    }
    for (std::size_t i = 0; i < run.findings.size(); ++i) {
        const Shape& shape = run.shapes[i];
        const Finding& finding = run.findings[i];
        auto& count = counts[std::string(to_string(finding.verdict))];
        count = count.get<std::size_t>() + 1;
        nlohmann::json entry = {{"name", shape.name},
                                {"about", shape.about},
                                {"source", shape.source},
                                {"rule", to_string(shape.rule)},
                                {"names", to_string(shape.names)},
                                {"alert_owed", shape.alert_owed},
                                {"varies", shape.varies},
                                {"verdict", to_string(finding.verdict)},
                                {"well", finding.well},
                                {"how", finding.how},
                                {"fails", fails(finding, baseline)},
                                {"took_ms", finding.took.count()}};
        if (const auto mend = remedy(run.product, run.config, finding); !mend.empty())
            entry["mended_by"] = mend;
        shapes.push_back(std::move(entry));
    }
    nlohmann::json document = {{"schema", kSchema},
                               {"exit", static_cast<int>(exit_of(run, baseline))},
                               {"gateway", run.gateway},
                               {"sni", run.sni},
                               {"seed", run.seed},
                               {"wanted", run.wanted},
                               {"asked", run.findings.size()},
                               {"counts", std::move(counts)},
                               {"shapes", std::move(shapes)}};
    if (!run.left_out.empty()) document["left_out"] = run.left_out;
    if (!run.product.empty()) document["product"] = run.product;
    if (!run.version.empty()) document["version"] = run.version;
    if (!run.config.empty()) document["config"] = run.config;
    return document;
}

Result<Run, std::string> read_run(const std::string& text) {
    const nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
    if (text_of(document, "schema") != kSchema)
        return std::unexpected(fmt::format("it is no document of schema {}", kSchema));
    Run run{.gateway = text_of(document, "gateway"),
            .product = text_of(document, "product"),
            .version = text_of(document, "version"),
            .config = text_of(document, "config"),
            .sni = text_of(document, "sni"),
            .seed = number_of<std::uint64_t>(document, "seed"),
            .wanted = number_of<std::size_t>(document, "wanted")};
    const auto shapes = document.find("shapes");
    if (shapes == document.end() || !shapes->is_array())
        return std::unexpected("it has no list of shapes");
    for (const nlohmann::json& each : *shapes) {
        if (auto read = read_entry(each, run); !read) return std::unexpected(read.error());
    }
    run.wanted = std::max(run.wanted, run.findings.size());
    return run;
}

Result<Baseline, std::string> read_baseline(const std::string& text) {
    auto run = read_run(text);
    if (!run) return std::unexpected(run.error());
    Baseline baseline;
    for (Finding& finding : run->findings) {
        baseline[finding.shape] = finding;
    }
    return baseline;
}

}  // namespace sni::torture
