// Any text, read and resolved: no crash, no endless loop, bounded memory, and nothing reported
// without a place or a sentence.
#include <chrono>
#include <cstdlib>
#include <string>

#include "lab/manifest/checks.h"
#include "lab/manifest/manifest.h"
#include "lab/manifest/scenario.h"

using namespace sni;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const std::vector<Diagnostic>& diagnostics) {
    for (const Diagnostic& d : diagnostics) {
        require(!d.code.empty() && !d.message.empty() && !d.place.file.empty());
        require(d.place.line >= 0 && d.place.column >= 0 && d.width >= 0);
        (void)render(d);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto start = std::chrono::steady_clock::now();
    const auto parsed = manifest::parse_manifests({{.name = "a.yaml", .text = text}}, "default");
    check(parsed.diagnostics);
    const auto resolved = manifest::resolve(parsed.manifest, "fuzz");
    check(resolved.diagnostics);
    for (const manifest::RouteSpec& route : resolved.scenario.routes) {
        require(!route.destinations.empty());
        for (const auto& destination : route.destinations) {
            require(destination.backend < resolved.scenario.backends.size());
            require(destination.weight > 0);
        }
    }
    check(manifest::parse_checks({.name = "checks.yaml", .text = text}).diagnostics);
    require(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
    return 0;
}
