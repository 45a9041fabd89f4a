#include "lab/analyze/analyze.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <tuple>
#include <unordered_map>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"
#include "lab/analyze/quiet.h"
#include "lab/lookup/gateway_pods.h"
#include "lab/lookup/pods.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/documents/documents.h"
#include "lab/routing/routing.h"

namespace sni::analyze {

namespace {

constexpr std::array kChecks = {
    check_gateway_conflicts,
    check_gateway_ports,
    check_gateway_hosts,
    check_credentials,
    check_listeners,
    check_shared_certificates,
    check_service_entries,
    check_entry_addresses,
    check_entry_protocols,
    check_exports,
    check_entrances,
    check_mesh_hosts,
    check_subset_rules,
    check_repeated_matches,
    check_letter_case,
    check_sni_hosts,
    check_namespaces,
    check_port_names,
    check_port_protocols,
    check_shared_pods,
    check_volumes,
    check_rule_hosts,
    check_subsets,
    check_empty_subsets,
    check_authorities,
    check_ways,
    check_certificates,
    check_claims,
    check_crds,
};

/// They say that something is nowhere. A document that could not be read may define it.
constexpr std::array kAbsences = {
    manifest::code::kNotFound,      manifest::code::kNoRoute,     manifest::code::kNoEndpoints,
    manifest::code::kSecretMissing, manifest::code::kNotAttached, manifest::code::kBackendRef,
    code::kPortNotOnService,        code::kUnknownRuleHost,       code::kEmptySubset,
};

/// A place that sorts: files in the order they were given.
class Places {
  public:
    explicit Places(const std::vector<manifest::File>& files) {
        for (std::size_t i = 0; i < files.size(); ++i) {
            index_.emplace(files[i].name, static_cast<int>(i));
        }
    }
    manifest::Spot spot(const Diagnostic& d) const {
        const auto file = index_.find(d.place.file);
        return {.file = file == index_.end() ? 0 : file->second,
                .line = d.place.line,
                .column = d.place.column};
    }

  private:
    std::unordered_map<std::string, int> index_;
};

/// The last document that starts at `spot` or before it, in the same file.
Object object_at(const std::vector<manifest::Document>& documents, manifest::Spot spot) {
    auto next = std::ranges::upper_bound(documents, spot, {}, &manifest::Document::at);
    if (next == documents.begin() || spot.line == 0) return {};
    const manifest::Document& document = *std::prev(next);
    if (document.at.file != spot.file) return {};
    return {.kind = document.kind, .ns = document.ns, .name = document.name};
}

/// What the lab cannot run may be quite right in a cluster: it is said, and is no mistake.
void soften(Diagnostic& d, Level level) {
    if (d.code == manifest::code::kApiVersion) return;  // it is the cluster that lacks it
    if (d.code == manifest::code::kNotPlayed) level = Level::info;
    if (manifest::is_unsupported(d) || d.code == manifest::code::kForeignClass) d.level = level;
}

/// What is wrong between rules of one gateway, whoever its pods are.
constexpr std::array kBetweenRules = {
    manifest::code::kDuplicateSni,     manifest::code::kGatewayConflict,
    manifest::code::kPortConflict,     manifest::code::kPartialWildcard,
    manifest::code::kHostNotInGateway, manifest::code::kSchemaWarning,
};

/// A Gateway whose pods are not in the files is nobody's to route, and yet its pods may be in the
/// cluster: its rules are held against each other as if they were.
std::vector<Diagnostic> between_rules_of_strangers(const manifest::Manifest& manifest,
                                                   const Options& options) {
    constexpr std::size_t kMostSelectors = 32;
    std::vector<Diagnostic> found;
    if (options.environment.gateway_labels) return found;  // who is a gateway was said
    std::set<manifest::Labels> strangers;
    const std::vector<lookup::GatewayPods> pods =
        lookup::gateway_pods(manifest, options.environment);
    for (const manifest::Gateway& gateway : manifest.gateways) {
        const manifest::Labels& selector = gateway.selector.value;
        const bool known = std::ranges::any_of(pods, [&](const lookup::GatewayPods& each) {
            return lookup::has_labels(each.labels, selector);
        });
        if (!known && strangers.size() < kMostSelectors) strangers.insert(selector);
    }
    for (const manifest::Labels& selector : strangers) {
        manifest::Findings findings(manifest.files);
        lookup::Environment environment = options.environment;
        environment.gateway_labels = selector;
        (void)routing::route(manifest, findings, environment, Level::info);
        for (Diagnostic& d : findings.take()) {
            const bool kept = std::ranges::find(kBetweenRules, d.code) != kBetweenRules.end();
            if (kept) found.push_back(std::move(d));
        }
    }
    return found;
}

/// What reading found, and behind it what everything else did, one finding of a code for a spot.
std::vector<Diagnostic> gather(const manifest::Parsed& parsed, const Options& options,
                               const Places& places) {
    std::vector<Diagnostic> all = parsed.diagnostics;
    for (Diagnostic& d : all) {
        soften(d, Level::warning);
    }
    manifest::Findings findings(parsed.manifest.files);
    manifest::Findings on_the_way(parsed.manifest.files);
    const Model model(parsed.manifest, options, on_the_way);
    for (const Check check : kChecks) {
        check(model, findings);
    }
    std::set<std::pair<manifest::Spot, std::string>> said;
    const auto keep = [&](Diagnostic d) {
        const bool absence = std::ranges::find(kAbsences, d.code) != kAbsences.end();
        if (absence && !parsed.manifest.whole) return;
        if (!said.emplace(places.spot(d), d.code).second) return;
        soften(d, Level::info);
        all.push_back(std::move(d));
    };
    for (Diagnostic& d : on_the_way.take()) {
        // check_volumes says it of every pod, at the volume.
        if (d.code != manifest::code::kSecretMissing) keep(std::move(d));
    }
    for (Diagnostic& d : findings.take()) {
        keep(std::move(d));
    }
    for (Diagnostic& d : between_rules_of_strangers(parsed.manifest, options)) {
        keep(std::move(d));
    }
    std::ranges::stable_sort(all, {}, [&](const Diagnostic& d) { return places.spot(d); });
    return all;
}

}  // namespace

std::size_t Report::count(Level level) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        findings, [&](const Finding& finding) { return finding.diagnostic.level == level; }));
}

bool Report::has(Level level) const {
    return std::ranges::any_of(
        findings, [&](const Finding& finding) { return finding.diagnostic.level >= level; });
}

Report analyze(const manifest::Parsed& parsed, const Options& asked) {
    Options options = asked;
    options.environment = lookup::settled(parsed.manifest, options.environment);
    const Places places(parsed.manifest.files);
    Report report{.findings = {},
                  .documents = parsed.manifest.documents.size(),
                  .all_looked_up = parsed.manifest.whole};
    for (Diagnostic& d : gather(parsed, options, places)) {
        Object object = object_at(parsed.manifest.documents, places.spot(d));
        report.findings.push_back({.diagnostic = std::move(d), .object = std::move(object)});
    }
    quieten(report, options.quiet, parsed.manifest.documents);
    return report;
}

}  // namespace sni::analyze
