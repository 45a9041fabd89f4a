#include "cli/export_input.h"

#include <algorithm>
#include <utility>

#include "certs/clock.h"
#include "cli/manifest_files.h"
#include "cli/played.h"
#include "lab/lookup/gateway_pods.h"

namespace sni::cli {

bool is_for_cluster(const ExportFlags& flags) {
    return flags.api == "istio" || flags.api == "gateway";
}

void read_input(const ExportFlags& flags, std::ostream& err, ExportInput& into) {
    ManifestFiles read = read_manifests(flags.files, flags.cluster.recursive);
    const std::vector<manifest::File> labs = std::move(read.labs);
    into.manifest = readable_manifest(std::move(read), flags.cluster, err, is_for_cluster(flags));
    into.environment = lookup::settled(into.manifest, environment_of(flags.cluster));
    const Mistakes found = mistakes_in(into.manifest, into.environment, wall_clock());
    into.has_mistakes = !found.refused.empty() || !found.played.empty();
    into.environment.entrances = flags.api == "gateway";
    manifest::Findings findings(into.manifest.files);
    into.routing = routing::route(into.manifest, findings, into.environment);
    auto resolved = scenario::resolve(into.manifest, "export", into.environment);
    // What the lab does not run is no part of its scenario, and lab.yaml may speak of it.
    const bool whole = std::ranges::none_of(
        resolved.diagnostics, [](const Diagnostic& d) { return d.level == Level::error; });
    into.scenario = std::move(resolved.scenario);
    into.lab = readable_lab(labs, whole ? &into.scenario : nullptr, err);
    into.workloads = exporting::workloads(into.manifest, into.routing.listeners, into.scenario);
}

}  // namespace sni::cli
