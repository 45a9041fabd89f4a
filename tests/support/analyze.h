// Manifests analysed for tests, with certificates looked into by OpenSSL and a clock that stands.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "certs/inspect_pair.h"
#include "certs/issue.h"
#include "lab/analyze/analyze.h"
#include "lab/analyze/render.h"
#include "lab/core/encoding.h"
#include "lab/manifest/documents/documents.h"
#include "tests/support/manifest.h"

namespace sni::test {

/// 2026-11-22T00:00:00Z.
inline constexpr std::chrono::sys_seconds kToday =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);

inline analyze::Options analyze_options() {
    analyze::Options options;
    options.now = kToday;
    options.inspect = certs::inspect_pair;
    return options;
}

inline analyze::Report analyzed_files(std::vector<manifest::File> files,
                                      const analyze::Options& options = analyze_options()) {
    return analyze::analyze(
        manifest::parse_manifests(std::move(files), "ns", {}, options.environment.versions),
        options);
}

inline analyze::Report analyzed(std::string_view text,
                                const analyze::Options& options = analyze_options()) {
    return analyzed_files({{.name = "a.yaml", .text = std::string(text)}}, options);
}

/// "LEVEL CODE KIND NS/NAME LINE" of every finding, or of those with `code`.
inline std::vector<std::string> lines(const analyze::Report& report, std::string_view code = {}) {
    std::vector<std::string> all;
    for (const analyze::Finding& finding : report.findings) {
        const Diagnostic& d = finding.diagnostic;
        if (!code.empty() && d.code != code) continue;
        const analyze::Object& object = finding.object;
        all.push_back(std::string(to_string(d.level)) + " " + d.code + " " + object.kind + " " +
                      object.ns + "/" + object.name + " " + std::to_string(d.place.line));
    }
    return all;
}

inline std::size_t times(const analyze::Report& report, std::string_view code) {
    return static_cast<std::size_t>(std::ranges::count_if(
        report.findings,
        [&](const analyze::Finding& finding) { return finding.diagnostic.code == code; }));
}

/// The first finding of `code` as it is printed; empty when there is none.
inline std::string text_of(const analyze::Report& report, std::string_view code) {
    for (const analyze::Finding& finding : report.findings) {
        if (finding.diagnostic.code == code) return render(finding.diagnostic);
    }
    return {};
}

/// A Secret document of type kubernetes.io/tls.
inline std::string tls_secret(std::string_view name, std::string_view ns, std::string_view cert,
                              std::string_view key) {
    return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + std::string(name) +
           ", namespace: " + std::string(ns) +
           "}\ntype: kubernetes.io/tls\ndata:\n  tls.crt: " + to_base64(as_bytes(cert)) +
           "\n  tls.key: " + to_base64(as_bytes(key)) + "\n";
}

}  // namespace sni::test
