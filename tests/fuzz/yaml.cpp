// Any text, read, routed, asked and resolved: no crash, no endless loop, bounded memory, nothing
// reported without a place or a sentence, and what is asked agrees with what is run.
#include <string>

#include <nlohmann/json.hpp>

#include "lab/manifest/documents/documents.h"
#include "lab/manifest/manifest.h"
#include "lab/routing/route_report.h"
#include "lab/routing/routing.h"
#include "lab/scenario/checks.h"
#include "lab/scenario/scenario.h"
#include "tests/fuzz/require.h"

using namespace sni;
using test::require;

namespace {

void check(const std::vector<Diagnostic>& diagnostics) {
    for (const Diagnostic& d : diagnostics) {
        require(!d.code.empty() && !d.message.empty(), "a finding without a word");
        require(!d.place.file.empty(), "a finding without a place");
        require(d.place.line >= 0 && d.place.column >= 0 && d.width >= 0,
                "a place before the file's beginning");
        (void)render(d);
    }
}

/// Every name of every chain is asked; a chain that is not chosen must have lost to another.
void ask_all(const manifest::Manifest& manifest, const lookup::Environment& environment) {
    manifest::Findings findings(manifest.files);
    const routing::Routing routing = routing::route(manifest, findings, environment);
    check(findings.take());
    std::vector<routing::Answer> answers;
    const auto ask = [&](const routing::Question& question) {
        answers.push_back(routing::ask(routing.listeners, question));
        const routing::Answer& answer = answers.back();
        require(!answer.why.empty(), "an answer without a reason");
        require((answer.outcome == routing::Outcome::routed) == !answer.destinations.empty(),
                "routed to nobody, or not routed to somebody");
        require(answer.outcome != routing::Outcome::routed || answer.rule.has_value(),
                "routed by no rule");
    };
    for (const routing::Listener& listener : routing.listeners.all) {
        require(listener.rejected.empty() || listener.chains.empty(),
                "a listener that is refused and serves");
        ask({.sni = {}, .port = listener.port});
        ask({.sni = {}, .plaintext = true, .port = listener.port});
        for (const routing::FilterChain& chain : listener.chains) {
            for (std::size_t i = 0; i < chain.names.size() && answers.size() < 50; ++i) {
                ask({.sni = chain.names[i].value, .port = listener.port});
                (void)to_text(routing.listeners, answers.back());
            }
        }
    }
    (void)table_text(routing.listeners);
    (void)status_text(routing.listeners);
    (void)to_json(routing.listeners, answers, routing::service_targets(manifest, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(test::text_of(data, size));
    const test::Effort effort;
    // Which cluster it is for hangs on nothing but the text: every sort of them turns up.
    lookup::Environment environment;
    if (size % 3 == 1)
        environment.versions = {.istio = 28, .gateway_api = 4, .experimental = false};
    if (size % 3 == 2) environment.versions = {.istio = 29, .gateway_api = 5};
    environment.entrances = size % 2 == 1;
    environment.any_class = size % 5 == 1;
    const auto parsed = manifest::parse_manifests({{.name = "a.yaml", .text = text}}, "default", {},
                                                  environment.versions);
    check(parsed.diagnostics);
    ask_all(parsed.manifest, environment);
    const auto resolved = scenario::resolve(parsed.manifest, "fuzz");
    check(resolved.diagnostics);
    for (const scenario::RouteSpec& route : resolved.scenario.routes) {
        require(!route.destinations.empty(), "a route to nobody");
        for (const auto& destination : route.destinations) {
            require(destination.backend < resolved.scenario.backends.size(),
                    "a backend that there is not");
            require(destination.weight > 0, "a destination that gets nothing");
        }
    }
    check(scenario::parse_checks({.name = "checks.yaml", .text = text}).diagnostics);
    effort.bounded();
    return 0;
}
