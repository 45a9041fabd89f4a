#include "lab/export/cluster/cluster.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/codes.h"
#include "lab/export/cluster/cluster_steps.h"
#include "lab/export/cluster/documents.h"
#include "lab/export/cluster/namespaces.h"
#include "lab/export/cluster/witnesses.h"
#include "lab/export/losses.h"

namespace sni::exporting {

namespace {

/// As an earlier export has added it.
bool has_deployment(const manifest::Manifest& manifest, const Workload& workload) {
    return std::ranges::any_of(manifest.deployments, [&](const manifest::Deployment& pods) {
        return !pods.bare_pod && pods.meta.ns.value == workload.ns &&
               pods.meta.name.value == deployment_name(workload);
    });
}

/// A Deployment of the lab's backend for each workload that has none yet; the plan learns of all.
void add_backends(const ClusterInput& input, const ClusterTarget& target, ClusterPlan& plan,
                  Exported& exported, std::vector<std::string>& texts) {
    std::set<std::string> made;
    for (const Workload& workload : input.workloads) {
        if (workload.selector.empty()) {
            exported.notes.push_back(fmt::format(
                "Service {} selects no pods, so no backend of the lab can stand behind it",
                workload.path()));
            continue;
        }
        if (!made.insert(workload.path()).second) {
            exported.notes.push_back(
                fmt::format("Service {} leads to several ports of its pods; the lab's backend "
                            "serves the first one only",
                            workload.path()));
            continue;
        }
        if (!workload.asked()) {
            exported.notes.push_back(fmt::format(
                "no name leads to {} for certain, so nothing is verified there", workload.path()));
        }
        plan.workloads.push_back(workload);
        if (has_deployment(input.manifest, workload)) {
            exported.notes.push_back(
                fmt::format("Deployment {}/{} is in the files already, and "
                            "stays as it is",
                            workload.ns, deployment_name(workload)));
            continue;
        }
        const bool near = plan.edge_namespaces.contains(workload.ns);
        if (near) {
            exported.notes.push_back(fmt::format(
                "namespace {} has gateways in it, so the backend there makes its identity itself "
                "and no Secret holds it",
                workload.ns));
        }
        const scenario::BackendSetting* setting = input.lab.backend(workload.name);
        texts.push_back(deployment(workload, target.image,
                                   near ? IdentityFrom::itself : IdentityFrom::secret,
                                   setting ? setting->alpn : std::vector<std::string>()));
    }
}

/// The plan learns of a witness beside each workload; the edits that put them in.
Result<std::vector<Edit>, std::vector<Diagnostic>> add_witnesses(const ClusterInput& input,
                                                                 const ClusterTarget& target,
                                                                 ClusterPlan& plan,
                                                                 Exported& exported) {
    const auto identity = [&plan](const std::string& ns) {
        return plan.edge_namespaces.contains(ns) ? IdentityFrom::itself : IdentityFrom::secret;
    };
    Witnesses all = stand_witnesses(input.manifest, input.workloads, target.image, identity);
    if (!all.refused.empty()) return std::unexpected(std::move(all.refused));
    exported.note(all.notes);
    if (all.places.empty()) {
        const bool others = target.api == ClusterApi::istio && !input.manifest.entrances.empty();
        return std::unexpected(std::vector<Diagnostic>{
            {.level = Level::error,
             .code = std::string(code::kUsage),
             .message = "no service gets a witness",
             .why = all.notes.empty() ? "no route leads to a Service of these files"
                                      : fmt::format("{}", fmt::join(all.notes, "; ")),
             .hint = others ? "objects of other gateways are read with --api gateway"
                            : "put the routes, their Services and the pods behind them beside each "
                              "other"}});
    }
    plan.witnesses = std::move(all.places);
    std::set<int> ports;
    for (const WitnessPlace& place : plan.witnesses) {
        if (!ports.insert(place.port).second) continue;
        exported.notes.push_back(
            fmt::format("clients come to port {} of the pods now: a NetworkPolicy or an "
                        "AuthorizationPolicy that names ports must allow it",
                        place.port));
    }
    return std::move(all.edits);
}

/// Of every question that is asked.
std::map<std::pair<std::string, std::uint16_t>, EntryPoint> taken_by(const ClusterInput& input,
                                                                     const Converted& converted) {
    std::map<std::pair<std::string, std::uint16_t>, EntryPoint> all;
    for (const Workload& workload : input.workloads) {
        for (const Question& question : workload.questions) {
            const routing::Listener* listener = input.listeners.find(question.port);
            const auto chain = listener ? listener->find(question.sni) : std::nullopt;
            if (!chain) continue;
            const auto edge = converted.edge_of.find(listener->chains[*chain].proxy);
            if (edge != converted.edge_of.end())
                all.emplace(std::pair(question.sni, question.port), edge->second);
        }
    }
    return all;
}

}  // namespace

Result<Exported, std::vector<Diagnostic>> for_cluster(const ClusterInput& input,
                                                      const ClusterTarget& target,
                                                      const Names& names) {
    Converted converted = convert(input.manifest, input.listeners, target.api, input.environment);
    if (!converted.refused.empty()) return std::unexpected(std::move(converted.refused));
    ClusterPlan plan{.api = target.api,
                     .workloads = {},
                     .witnesses = {},
                     .held_back = {},
                     .edges = converted.edges,
                     .taken_by = taken_by(input, converted),
                     .edge_namespaces = gateway_namespaces(input.manifest, input.environment,
                                                           converted.edges, target.api),
                     .gateway_namespace = input.environment.gateway_namespace,
                     .apply_namespace = apply_namespace(input.manifest, target.default_namespace),
                     .elsewhere = false,
                     .experimental = converted.experimental,
                     .gateway_api = converted.gateway_api,
                     .newest = converted.newest};

    plan.elsewhere = are_elsewhere(input.manifest, plan.apply_namespace);

    Exported exported;
    std::vector<Edit> edits = std::move(converted.edits);
    if (target.witness) {
        auto witnessed = add_witnesses(input, target, plan, exported);
        if (!witnessed) return std::unexpected(std::move(witnessed.error()));
        std::ranges::move(*witnessed, std::back_inserter(edits));
    }
    const Selection selection = select(input.manifest, converted.replaced, edits);
    if (!selection.refused.empty()) return std::unexpected(selection.refused);
    plan.held_back = selection.held_back;
    exported.note(selection.notes);
    exported.note(converted.notes);
    exported.note(lab_losses(input.lab));
    exported.note(certificate_losses(input.lab));
    std::vector<std::string> texts;
    const std::map<std::string, Trust> trusted =
        trusted_namespaces(input.manifest, input.listeners, input.environment, target.api);
    for (const std::string& ns : missing_namespaces(
             input.manifest,
             {"default", "kube-system", "kube-public", input.environment.gateway_namespace})) {
        const auto trust = trusted.find(ns);
        const bool any = trust != trusted.end();
        if (any) exported.note(trust->second.notes);
        texts.push_back(namespace_document(ns, any ? trust->second.labels : manifest::Labels()));
    }
    texts.insert(texts.end(), selection.texts.begin(), selection.texts.end());
    texts.insert(texts.end(), converted.documents.begin(), converted.documents.end());
    if (!target.witness) add_backends(input, target, plan, exported, texts);
    const bool stands = !plan.workloads.empty() || !plan.witnesses.empty();
    if (stands && target.api == ClusterApi::istio) {
        exported.notes.push_back(
            "with sidecars and PeerAuthentication STRICT, a client from outside is refused: keep "
            "PERMISSIVE, or give the backends' port a PERMISSIVE exception");
    }
    exported.text = join(texts);
    exported.steps = cluster_steps(plan, names);
    return exported;
}

}  // namespace sni::exporting
