#include "lab/scenario/checks.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "lab/core/dns_name.h"
#include "lab/manifest/codes.h"
#include "lab/scenario/read_check.h"
#include "lab/scenario/read_word.h"
#include "lab/yaml/fields.h"

namespace sni::scenario {

using proof::Verdict;

namespace {

/// Not every outcome is one worth expecting.
constexpr std::array kVerdicts = {
    Verdict::proven,     Verdict::terminated,  Verdict::altered,      Verdict::report_altered,
    Verdict::not_routed, Verdict::certificate, Verdict::inconclusive, Verdict::readable,
};

void read_verdict(Fields& expect, Check& check) {
    const auto text = expect.text("verdict", Need::required);
    if (!text) return;
    const auto known = proof::parse_verdict(text->value);
    if (known && std::ranges::find(kVerdicts, *known) != kVerdicts.end()) {
        check.verdict = *known;
        return;
    }
    std::vector<std::string> words;
    words.reserve(kVerdicts.size());
    for (const Verdict verdict : kVerdicts) {
        words.push_back(spelled(verdict));
    }
    report_no_word(expect, *text, "verdict", words);
}

void read_expect(Fields& expect, Check& check) {
    read_verdict(expect, check);
    if (const auto status = expect.number("status")) {
        if (status->value < 100 || status->value > 599) {
            expect.in().error(code::kValue, status->at,
                              fmt::format("{} is no HTTP status", status->value));
        }
        check.status = static_cast<int>(status->value);
    }
    if (auto backend = expect.text("backend")) check.backend = std::move(backend->value);
    read_details(expect, check.details);
}

void read_sni(Fields& fields, Check& check) {
    if (!fields.has("sni")) {
        (void)fields.raw("sni");
        fields.in().error(code::kMissing, fields.at(),
                          fmt::format("{} is missing", fields.path_of("sni")), {},
                          "write sni: null for a client that sends none");
        return;
    }
    const auto sni = fields.text("sni");
    if (!sni) return;
    // What is sent on purpose may be a name that no router knows, but it must be one.
    const auto name = DnsName::parse(sni->value);
    if (!name) {
        fields.in().error(code::kValue, sni->at,
                          fmt::format("{} cannot be sent as SNI", quote(sni->value)),
                          std::string(rule_of(name.error())));
        return;
    }
    check.sni = name->text();
}

void read_port(Fields& fields, Check& check) {
    const auto port = fields.number("port");
    if (!port) return;
    if (port->value < 1 || port->value > 65535) {
        fields.in().error(code::kValue, port->at, fmt::format("{} is no port", port->value));
        return;
    }
    check.port = static_cast<std::uint16_t>(port->value);
}

void read_request(Fields& fields, Check& check) {
    auto request = fields.text("request");
    if (!request) return;
    if (!is_request_path(request->value)) {
        fields.in().error(code::kValue, request->at,
                          fmt::format("{} is no path to ask for", quote(request->value)), {},
                          "write a path such as /status/418");
    }
    check.request = std::move(request->value);
}

}  // namespace

bool is_request_path(std::string_view text) {
    return text.starts_with('/') &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

ParsedChecks parse_checks(const File& file) {
    ParsedChecks parsed;
    const std::vector<File> files = {file};
    Findings findings(files);
    Reading in{.findings = findings, .code = {}, .unknown_code = code::kUnknownField};
    const yaml::Stream stream = yaml::parse(0, findings);
    if (stream.documents.size() == 1) {
        Fields document(in, stream.documents.front());
        if (auto teaches = document.text("teaches", Need::required)) {
            parsed.checks.teaches = std::move(teaches->value);
        }
        std::set<std::string> names;
        document.objects(
            "checks",
            [&](Fields& fields) {
                Check check{.place = place_of(files, fields.at())};
                if (auto name = fields.text("name", Need::required)) {
                    if (!names.insert(name->value).second) {
                        in.error(code::kValue, name->at,
                                 fmt::format("two checks are named {}", quote(name->value)));
                    }
                    check.name = std::move(name->value);
                }
                read_sni(fields, check);
                read_port(fields, check);
                read_request(fields, check);
                read_play(fields, check, files);
                fields.object(
                    "expect", [&](Fields& expect) { read_expect(expect, check); }, Need::required);
                parsed.checks.checks.push_back(std::move(check));
            },
            Need::required);
        document.object("without-fault", [&](Fields& fields) {
            parsed.checks.without_fault.emplace();
            if (auto text = fields.text("manifests"))
                parsed.checks.without_fault->manifests = std::move(text->value);
            if (auto text = fields.text("lab"))
                parsed.checks.without_fault->lab = std::move(text->value);
            parsed.checks.without_fault->steps = fields.boolean("steps").value_or(true);
        });
        document.done();
    } else if (stream.whole) {
        findings.error(
            code::kYamlEmpty, {},
            fmt::format("the file has {} documents, and must have one", stream.documents.size()));
    }
    parsed.diagnostics = findings.take();
    return parsed;
}

}  // namespace sni::scenario
