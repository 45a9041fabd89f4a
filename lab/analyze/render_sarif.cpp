#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/analyze/codes.h"
#include "lab/analyze/paths.h"
#include "lab/analyze/render.h"

namespace sni::analyze {

namespace {

using nlohmann::json;

std::string_view sarif_level(Level level) {
    return level == Level::info ? "note" : to_string(level);
}

/// A path as a URI reference (RFC 3986): code scanning takes relative ones from the repository's
/// root.
std::string uri_of(std::string_view given) {
    const std::string normal = normal_path(given);
    const std::string_view path = normal;
    std::string uri = path.starts_with('/') ? "file://" : "";
    const std::size_t first = path.substr(0, path.find('/')).find(':');
    if (first != std::string_view::npos) uri = "./";  // or "a:b" would have a scheme
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || std::string_view("-._~/").contains(c);
        if (plain) {
            uri += c;
        } else {
            fmt::format_to(std::back_inserter(uri), "%{:02X}",
                           static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
    return uri;
}

json location_of(const Finding& finding) {
    const Diagnostic& d = finding.diagnostic;
    json physical = {{"artifactLocation", {{"uri", uri_of(d.place.file)}}}};
    if (d.place.line > 0) {
        json region = {{"startLine", d.place.line}};
        if (d.place.column > 0) {
            region["startColumn"] = d.place.column;
            region["endColumn"] = d.place.column + std::max(1, d.width);
        }
        physical["region"] = std::move(region);
    }
    json location = {{"physicalLocation", std::move(physical)}};
    const Object& object = finding.object;
    if (!object.kind.empty()) {
        const std::string path =
            object.ns.empty() ? object.name : fmt::format("{}/{}", object.ns, object.name);
        location["logicalLocations"] =
            json::array({{{"kind", "resource"},
                          {"name", object.name},
                          {"fullyQualifiedName", fmt::format("{}/{}", object.kind, path)}}});
    }
    return location;
}

std::string message_of(const Diagnostic& d) {
    std::string text = d.message;
    if (!d.why.empty()) text += ": " + d.why;
    if (!d.hint.empty()) text += ". Hint: " + d.hint;
    return text;
}

/// Where Istio explains its own codes.
std::string page_of(std::string_view code) {
    std::string page = "https://istio.io/latest/docs/reference/config/analysis/";
    for (const char c : code) {
        page += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return page + "/";
}

/// All that GitHub's code scanning shows of a rule (docs.github.com, "SARIF support").
json rule_of(const Diagnostic& d) {
    json rule = {{"id", d.code}};
    const CodeText* known = find_code(d.code);
    if (!known) return rule;
    const bool istio = d.code.starts_with("IST");
    const std::string more = fmt::format("sni-lab explain {} says more.", d.code);
    rule["name"] = known->name;
    rule["shortDescription"] = {{"text", known->means}};
    rule["fullDescription"] = {{"text", known->means}};
    rule["help"] = {{"text", fmt::format("{} {}", known->means, more)},
                    {"markdown", fmt::format("{} `{}` says more.", known->means,
                                             fmt::format("sni-lab explain {}", d.code))}};
    if (istio) rule["helpUri"] = page_of(d.code);
    rule["defaultConfiguration"] = {{"level", sarif_level(d.level)}};
    rule["properties"] = {{"tags", json::array({"tls", istio ? "istio" : "sni"})}};
    return rule;
}

}  // namespace

json to_sarif(const Report& report, std::string_view version) {
    json rules = json::array();
    std::map<std::string_view, std::size_t> index;
    json results = json::array();
    for (const Finding& finding : report.findings) {
        const Diagnostic& d = finding.diagnostic;
        // GitHub refuses all of it for one result without a location.
        if (d.place.file.empty() && d.level == Level::info) continue;
        const auto [slot, fresh] = index.try_emplace(d.code, rules.size());
        if (fresh) {
            rules.push_back(rule_of(d));
        }
        json result = {{"ruleId", d.code},
                       {"ruleIndex", slot->second},
                       {"level", sarif_level(d.level)},
                       {"message", {{"text", message_of(d)}}}};
        if (!d.place.file.empty()) result["locations"] = json::array({location_of(finding)});
        results.push_back(std::move(result));
    }
    json driver = {{"name", "sni-lab"}, {"version", version}, {"rules", std::move(rules)}};
    json run = {{"tool", {{"driver", std::move(driver)}}},
                {"columnKind", "unicodeCodePoints"},
                {"results", std::move(results)}};
    return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
            {"version", "2.1.0"},
            {"runs", json::array({std::move(run)})}};
}

}  // namespace sni::analyze
