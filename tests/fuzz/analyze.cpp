// Any text, read and analysed and rendered: no crash, no endless loop, every finding with a known
// code, in order, once, and no shape that a line of the input can break.
#include "lab/analyze/analyze.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "lab/analyze/codes.h"
#include "lab/analyze/render.h"
#include "lab/manifest/documents/documents.h"
#include "lab/manifest/documents/kustomize.h"
#include "lab/report/json.h"
#include "tests/fuzz/require.h"

using namespace sni;
using test::require;

namespace {

/// Certificates that depend on nothing but the text: every sort of answer turns up.
CertPair inspect(std::string_view cert, std::string_view key) {
    CertPair pair;
    pair.mismatch = cert.size() % 5 == 1;
    if (key.size() % 5 == 1) pair.key_problem = "no key";
    if (cert.size() % 5 == 2) {
        pair.cert_problem = "no certificate";
        return pair;
    }
    CertFacts leaf;
    leaf.common_name = std::string(cert.substr(0, cert.size() / 2));
    if (cert.size() % 2 == 0) leaf.dns_names = {leaf.common_name, "*.example.com"};
    leaf.not_before =
        std::chrono::sys_seconds(std::chrono::seconds(cert.size() % 3 == 1 ? 200 : 0));
    leaf.not_after =
        std::chrono::sys_seconds(std::chrono::seconds(cert.size() % 3 == 2 ? 50 : 300));
    pair.chain.push_back(leaf);
    return pair;
}

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(test::text_of(data, size));
    const test::Effort effort;
    analyze::Options options;
    options.now = std::chrono::sys_seconds(std::chrono::seconds(100));
    options.inspect = inspect;
    if (size % 3 == 1)
        options.environment.versions = {.istio = 28, .gateway_api = 4, .experimental = false};
    if (size % 4 == 1) options.quiet.rules = {"IST0101=Gateway *", "*=?.default", "*=b/*"};
    const auto parsed = manifest::parse_manifests({{.name = "a.yaml", .text = text}}, "default", {},
                                                  options.environment.versions);
    const analyze::Report found = analyze::analyze(parsed, options);
    std::pair<int, int> last{0, 0};
    for (const analyze::Finding& finding : found.findings) {
        const Diagnostic& d = finding.diagnostic;
        require(analyze::find_code(d.code) != nullptr, "a code that nothing explains");
        require(!d.message.empty(), "a finding without a word");
        const std::pair here(d.place.line, d.place.column);
        require(last <= here, "findings out of order");
        last = here;
        const std::string sentence = d.message + d.why + d.hint;
        require(sentence.find_first_of("\n\r\x1b") == std::string::npos,
                "a sentence that breaks its line");
    }
    const manifest::Kustomize neighbours({{.name = "base/kustomization.yaml", .text = text}});
    require(neighbours.are_editions("base/a.yaml", "overlay/a.yaml"), "no edition of its base");
    (void)neighbours.is_patch("base/a.yaml");
    (void)to_text(found);
    require(lines(to_github(found)) == found.findings.size(), "not a line for each finding");
    require(!report::print(to_json(found)).empty(), "no JSON");
    require(!report::print(to_sarif(found, "0")).empty(), "no SARIF");
    effort.bounded();
    return 0;
}
