#include "lab/manifest/documents/makers.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "lab/manifest/documents/said.h"
#include "lab/manifest/loose.h"

namespace sni::manifest {

namespace {

constexpr std::string_view kKustomizeBuild = "kustomize build FOLDER";
constexpr std::string_view kHelmTemplate = "helm template NAME CHART";

constexpr Maker kHelmChart = {.what = "Chart.yaml", .tool = "Helm", .command = kHelmTemplate};
constexpr Maker kKustomization = {
    .what = "Kustomization", .tool = "kustomize", .command = kKustomizeBuild};

struct MakingKind {
    std::string_view group;
    Maker maker;
};
constexpr MakingKind kMaking[] = {
    {"kustomize.config.k8s.io", kKustomization},
    {"kustomize.config.k8s.io", {"Component", "kustomize", kKustomizeBuild}},
    {"kustomize.toolkit.fluxcd.io",
     {"Kustomization", "Flux", "flux build kustomization NAME --path FOLDER"}},
    {"helm.toolkit.fluxcd.io", {"HelmRelease", "Helm", kHelmTemplate}},
    {"helm.fluxcd.io", {"HelmRelease", "Helm", kHelmTemplate}},
    {"helm.cattle.io", {"HelmChart", "Helm", kHelmTemplate}},
    {"argoproj.io", {"Application", "Argo CD", "argocd app manifests NAME"}},
    {"argoproj.io", {"ApplicationSet", "Argo CD", "argocd app manifests NAME"}},
};

std::optional<Maker> maker_of_kind(const yaml::Node& document) {
    const std::string version = loose::text(document, "apiVersion").value;
    const std::string kind = loose::text(document, "kind").value;
    const std::string group = version.substr(0, version.find('/'));
    const auto* found = std::ranges::find_if(kMaking, [&](const MakingKind& making) {
        return making.maker.what == kind && making.group == group;
    });
    if (found == std::end(kMaking)) return std::nullopt;
    return found->maker;
}

}  // namespace

std::optional<Maker> maker_of(const yaml::Node& document, const std::string& file,
                              const Kustomize& kustomize) {
    std::optional<Maker> maker;
    if (document.find("kind")) {
        maker = maker_of_kind(document);
    } else if (is_kustomization(file)) {
        maker = kKustomization;
    } else if (std::filesystem::path(file).filename() == kHelmChart.what) {
        maker = kHelmChart;
    }
    const bool lists = maker && maker->tool == kKustomization.tool;
    if (lists && kustomize.only_lists(document, file)) return std::nullopt;
    return maker;
}

Unread unread_of(const Maker& maker, const yaml::Node& document, const std::vector<File>& files,
                 std::string_view default_namespace, const Kustomize& kustomize) {
    std::string object(maker.what);
    if (const yaml::Node* metadata = document.find("metadata")) {
        const std::string name = loose::text(*metadata, "name").value;
        const Text ns = loose::text(*metadata, "namespace", default_namespace);
        if (!name.empty()) object += fmt::format(" \"{}/{}\"", ns.value, name);
    }
    const Place place = place_of(files, document.at());
    const bool whole =
        maker.tool != kKustomization.tool || kustomize.has_all_of(document, place.file);
    return {.place = place,
            .object = std::move(object),
            .what = "what it makes",
            .remedy = fmt::format("give what {} prints", maker.command),
            .said = whole ? said_by(document) : std::string()};
}

bool is_for_makers(std::string_view version, std::string_view kind) {
    if (!version.contains('/')) return kind == "ConfigMap" || kind == "Secret";
    return version.starts_with("source.toolkit.fluxcd.io/") || kind == "HelmChartConfig";
}

}  // namespace sni::manifest
