#include "lab/report/json.h"

#include <string>

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/proof/statement_fields.h"

namespace sni::report {

namespace {

using nlohmann::json;

json control_json(const Control& control) {
    return {{"name", control.name},
            {"expected", to_string(control.expected)},
            {"found", to_string(control.found)},
            {"honest", to_string(control.honest)},
            {"caught", control.caught()}};
}

}  // namespace

json to_json(const Check& check) {
    json lines = json::array();
    for (const Line& line : check.lines) {
        lines.push_back({{"name", line.name},
                         {"mark", to_string(line.mark)},
                         {"text", line.text},
                         {"code", line.code},
                         {"hint", line.hint},
                         {"verdict", to_string(line.verdict)}});
    }
    const Seen& seen = check.seen;
    const auto& streams = seen.backend_streams;
    const auto backend_received = streams ? std::optional(streams->received) : std::nullopt;
    const auto backend_sent = streams ? std::optional(streams->sent) : std::nullopt;
    return {
        {"name", check.name},
        {"gateway", check.gateway},
        {"address", sni::to_json(check.address)},
        {"sni", sni::to_json(check.sni)},
        {"request", check.request},
        {"verdict", to_string(check.verdict)},
        {"expected", to_string(check.expected)},
        {"refused", check.refused},
        {"unmet", sni::to_json(check.unmet)},
        {"exit", static_cast<int>(check.exit())},
        {"took_ms", check.took.count()},
        {"lines", std::move(lines)},
        {"client",
         {{"tls", sni::to_json(seen.client_tls)},
          {"exporter_sha256", sni::to_json(seen.client_exporter_sha256)},
          {"sent", sni::to_json(seen.client_sent)},
          {"received", sni::to_json(seen.client_received)},
          {"hellos", sni::to_json(seen.client_hellos)},
          {"ja4", sni::to_json(seen.client_ja4)},
          {"alpn_offered", seen.client_alpn}}},
        {"backend",
         {{"name", seen.backend},
          {"tls", sni::to_json(seen.backend_tls)},
          {"exporter_sha256", sni::to_json(seen.backend_exporter_sha256)},
          {"received", sni::to_json(backend_received)},
          {"sent", sni::to_json(backend_sent)},
          {"hellos", sni::to_json(seen.backend_hellos)}}},
        {"certificate", seen.certificate ? to_json(*seen.certificate) : json(nullptr)},
        {"answer", seen.answer},
    };
}

json failure_json(const Failure& failure) {
    json errors = json::array();
    for (const Diagnostic& d : failure.diagnostics()) {
        errors.push_back({{"level", sni::to_string(d.level)},
                          {"code", d.code},
                          {"file", d.place.file},
                          {"line", d.place.line},
                          {"column", d.place.column},
                          {"message", d.message},
                          {"why", d.why},
                          {"hint", d.hint}});
    }
    return {{"schema", "sni-lab/error/1"},
            {"exit", static_cast<int>(failure.exit())},
            {"errors", std::move(errors)}};
}

json to_json(const CertFacts& facts) {
    return {
        {"subject", facts.subject},
        {"issuer", facts.issuer},
        {"common_name", facts.common_name},
        {"dns_names", facts.dns_names},
        {"ip_addresses", facts.ip_addresses},
        {"not_before", sni::to_string(facts.not_before)},
        {"not_after", sni::to_string(facts.not_after)},
        {"key", facts.key},
        {"sha256", to_hex(facts.sha256)},
        {"spki_sha256", to_hex(facts.spki_sha256)},
        {"self_signed", facts.self_signed},
        {"authority", facts.authority},
    };
}

json to_json(const Report& report) {
    json checks = json::array();
    for (const Check& check : report.checks) {
        checks.push_back(to_json(check));
    }
    json controls = json::array();
    for (const Control& control : report.controls) {
        controls.push_back(control_json(control));
    }
    const auto& saved = report.saved;
    return {
        {"schema", "sni-lab/verify/1"},
        {"lab", to_string(report.lab)},
        {"age_s", saved ? json(saved->age.count()) : json()},
        {"saved_lab", saved ? sni::to_json(saved->lab) : json()},
        {"scenario", report.scenario},
        {"time", sni::to_string(report.time)},
        {"version", report.version},
        {"verdict", to_string(report.verdict())},
        {"exit", static_cast<int>(report.exit())},
        {"checks", std::move(checks)},
        {"controls", std::move(controls)},
    };
}

std::string print(const json& document) {
    return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace sni::report
