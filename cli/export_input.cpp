#include "cli/export_input.h"

#include "certs/clock.h"
#include "cli/manifest_files.h"
#include "cli/played.h"
#include "lab/lookup/gateway_pods.h"

namespace sni::cli {

namespace {

/// What lab.yaml says beside the manifests, wherever there is one.
scenario::LabFile lab_of(const std::vector<std::string>& files) {
    scenario::LabFile all;
    const auto append = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    for (const std::string& file : files) {
        if (file == "-") continue;  // can be read once
        const LoadedScenario loaded = load_scenario(file);
        append(all.certificates, loaded.lab.certificates);
        append(all.backends, loaded.lab.backends);
        append(all.gates, loaded.lab.gates);
    }
    return all;
}

}  // namespace

bool is_for_cluster(const ExportFlags& flags) {
    return flags.api == "istio" || flags.api == "gateway";
}

void read_input(const ExportFlags& flags, std::ostream& err, ExportInput& into) {
    into.manifest = readable_manifest(flags.files, flags.cluster, err, is_for_cluster(flags));
    into.environment = lookup::settled(into.manifest, environment_of(flags.cluster));
    const Mistakes found = mistakes_in(into.manifest, into.environment, wall_clock());
    into.has_mistakes = !found.refused.empty() || !found.played.empty();
    into.environment.entrances = flags.api == "gateway";
    manifest::Findings findings(into.manifest.files);
    into.routing = routing::route(into.manifest, findings, into.environment);
    into.scenario = scenario::resolve(into.manifest, "export", into.environment).scenario;
    into.lab = lab_of(flags.files);
    into.workloads = exporting::workloads(into.manifest, into.routing.listeners, into.scenario);
}

}  // namespace sni::cli
