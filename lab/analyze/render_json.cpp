#include <nlohmann/json.hpp>

#include "lab/analyze/render.h"

namespace sni::analyze {

nlohmann::json to_json(const Report& report) {
    nlohmann::json findings = nlohmann::json::array();
    for (const Finding& finding : report.findings) {
        const Diagnostic& d = finding.diagnostic;
        findings.push_back({{"code", d.code},
                            {"level", to_string(d.level)},
                            {"kind", finding.object.kind},
                            {"namespace", finding.object.ns},
                            {"name", finding.object.name},
                            {"file", d.place.file},
                            {"line", d.place.line},
                            {"column", d.place.column},
                            {"message", d.message},
                            {"why", d.why},
                            {"hint", d.hint}});
    }
    return {{"schema", "sni-lab/analyze/1"},   {"findings", std::move(findings)},
            {"documents", report.documents},   {"allLookedUp", report.all_looked_up},
            {"suppressed", report.suppressed}, {"known", report.known}};
}

}  // namespace sni::analyze
