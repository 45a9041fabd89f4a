#include "lab/manifest/documents/left_aside.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/core/encoding.h"
#include "lab/manifest/codes.h"
#include "lab/manifest/readers/kinds.h"

namespace sni::manifest {

namespace {

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool has_any(const yaml::Node& node, std::initializer_list<std::string_view> keys) {
    return std::ranges::any_of(keys, [&](std::string_view key) { return node.find(key); });
}

constexpr std::string_view kKustomize = "kustomize's";
constexpr std::string_view kChart = "a Helm chart's";
constexpr std::string_view kNoManifest = "no manifest";
constexpr std::string_view kValues = "values of a Helm chart";

/// In words, for whoever wonders why it was not read.
std::string_view description_of(const yaml::Node& document, std::string_view file) {
    const std::string_view name = base_name(file);
    if (name.starts_with("kustomization.")) return kKustomize;
    if (name == "Chart.yaml" || name == "Chart.lock") return kChart;
    if (document.find("apiVersion") && document.find("version")) return kChart;
    if (name.contains("values")) return kValues;
    if (has_any(document, {"teaches"}) && document.find("checks")) return "a scenario's checks";
    if (has_any(document, {"namePrefix", "patchesStrategicMerge", "configMapGenerator"}) ||
        (document.find("resources") && has_any(document, {"namespace", "patches", "images"}))) {
        return kKustomize;
    }
    return kNoManifest;
}

}  // namespace

void LeftAside::add_kind(const std::string& kind, Spot at) {
    if (kinds_.empty() && strangers_.empty()) first_ = at;
    ++kinds_[kind];
}

void LeftAside::add_entrance(const std::string& kind, Spot at) {
    if (entrances_.empty()) first_entrance_ = at;
    ++entrances_[kind];
}

void LeftAside::report_entrances(Findings& findings) const {
    if (entrances_.empty()) return;
    std::vector<std::string> kinds;
    kinds.reserve(entrances_.size());
    for (const auto& [kind, count] : entrances_) {
        kinds.push_back(count == 1 ? kind : fmt::format("{} ({})", kind, count));
    }
    findings.add(Level::info, code::kLeftAside, first_entrance_,
                 fmt::format("of other gateways: {}", fmt::join(kinds, ", ")),
                 "diff, route and export --api gateway ask them where TLS goes by its name, and "
                 "nothing else");
}

void LeftAside::add_patch(const std::string& file) {
    patches_.push_back(file + " (a patch of kustomize's)");
}

void LeftAside::add_maker(const Maker& maker) {
    if (std::ranges::find(makers_, maker.what, &Maker::what) == makers_.end())
        makers_.push_back(maker);
}

void LeftAside::add_stranger(const yaml::Node& document, const std::string& file) {
    if (kinds_.empty() && strangers_.empty()) first_ = document.at();
    strangers_.push_back({document.at(), file, description_of(document, file)});
}

bool LeftAside::report(Findings& findings, bool any_manifest) const {
    // What another tool reads is known for what it is, even alone.
    const bool unknown = std::ranges::any_of(
        strangers_, [](const Stranger& stranger) { return stranger.what == kNoManifest; });
    report_entrances(findings);
    const bool meant = !any_manifest && kinds_.empty() && entrances_.empty() && unknown;
    if (meant) {
        for (const Stranger& stranger : strangers_) {
            findings.error(
                code::kMissing, stranger.at,
                "a Kubernetes object needs apiVersion and kind, and this has no such fields", {},
                stranger.what == kKustomize ? "kustomize build FOLDER | sni-lab analyze -"
                : stranger.what == kChart || stranger.what == kValues
                    ? "helm template NAME CHART | sni-lab analyze -"
                    : "");
        }
        return false;
    }
    if (kinds_.empty() && strangers_.empty() && patches_.empty() && skipped_.files.empty() &&
        skipped_.folders.empty() && skipped_.links.empty())
        return true;
    findings.add(Level::info, code::kLeftAside, first_, "left aside: " + text(), why(), hint());
    return true;
}

std::string LeftAside::hint() const {
    if (makers_.empty()) return {};
    const Maker& maker = makers_.front();
    return fmt::format("what {} makes of them: {} | sni-lab analyze -", maker.tool, maker.command);
}

/// Parts of what a maker makes are not.
bool LeftAside::has_harmless() const {
    const auto is_kind = [&](const auto& entry) {
        return !may_matter(entry.first) &&
               std::ranges::find(makers_, entry.first, &Maker::what) == makers_.end();
    };
    const auto is_stranger = [&](const Stranger& stranger) {
        const bool part =
            stranger.what == kKustomize || stranger.what == kChart || stranger.what == kValues;
        return !part || makers_.empty();
    };
    return !skipped_.files.empty() || std::ranges::any_of(kinds_, is_kind) ||
           std::ranges::any_of(strangers_, is_stranger);
}

std::string LeftAside::why() const {
    std::vector<std::string> heavy;
    for (const auto& [kind, count] : kinds_) {
        if (may_matter(kind)) heavy.push_back(kind);
    }
    std::vector<std::string> reasons;
    if (!makers_.empty()) {
        std::vector<std::string_view> makers;
        std::ranges::transform(makers_, std::back_inserter(makers), &Maker::what);
        reasons.push_back(fmt::format("{} make{} manifests that nobody looked at",
                                      fmt::join(makers, ", "), makers.size() == 1 ? "s" : ""));
    }
    if (const std::size_t count = skipped_.folders.size() + skipped_.links.size(); count > 0) {
        reasons.push_back(fmt::format("{} manifests that nobody looked at",
                                      count == 1 ? "the folder holds" : "the folders hold"));
    }
    if (!heavy.empty()) {
        reasons.push_back(
            fmt::format("{} may refuse or change what a gateway passes on, and nobody looked",
                        fmt::join(heavy, ", ")));
    }
    if (reasons.empty()) return "where names are routed by SNI does not depend on them";
    if (has_harmless())
        reasons.emplace_back("where names are routed by SNI does not depend on the others");
    return fmt::format("{}", fmt::join(reasons, "; "));
}

std::string LeftAside::text() const {
    constexpr std::size_t kShown = 8;
    std::vector<std::string> shown;
    std::size_t more = 0;
    const auto add = [&](std::string what) {
        if (shown.size() < kShown) {
            shown.push_back(std::move(what));
        } else {
            ++more;
        }
    };
    for (const Stranger& stranger : strangers_) {
        add(fmt::format("{} ({})", printable(stranger.file), stranger.what));
    }
    for (const std::string& folder : skipped_.folders) {
        add(printable(folder) + " (a folder: -R reads it)");
    }
    for (const std::string& link : skipped_.links) {
        add(printable(link) + " (a link to a folder)");
    }
    for (const auto* files : {&skipped_.files, &patches_}) {
        for (const std::string& file : *files) {
            add(printable(file));
        }
    }
    // Those that there are most of come first.
    std::vector<std::pair<std::string, std::size_t>> kinds(kinds_.begin(), kinds_.end());
    std::ranges::stable_sort(kinds, std::greater<>(), &std::pair<std::string, std::size_t>::second);
    for (const auto& [kind, count] : kinds) {
        const std::string name = printable(kind).substr(0, 64);
        add(count == 1 ? name : fmt::format("{} {}", count, name));
    }
    if (more > 0) shown.push_back(fmt::format("{} more", more));
    return fmt::to_string(fmt::join(shown, ", "));
}

namespace {

/// A Helm chart has an apiVersion of its own, and so may kustomize's files, without a kind.
bool is_others_file(const yaml::Node& document) {
    const yaml::Node* version = document.find("apiVersion");
    if (!version || has_any(document, {"kind", "metadata", "spec"})) return false;
    const bool chart = document.find("name") && document.find("version");
    return chart || version->text().starts_with("kustomize.");
}

}  // namespace

bool is_stranger(const yaml::Node& document) {
    if (is_others_file(document)) return true;
    return document.kind() == yaml::Kind::mapping &&
           !has_any(document, {"apiVersion", "kind", "metadata", "spec"}) &&
           std::ranges::none_of(document.entries(), [](const yaml::Entry& entry) {
               const std::string& key = entry.key.value;
               return key == "apiversion" || key == "ApiVersion" || key == "Kind";
           });
}

namespace {

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

std::string_view without_end(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
        line.remove_suffix(1);
    return line;
}

/// Every line with its number from 1, until `look` says that it has seen enough.
template <class Look>
void each_line(std::string_view text, Look look) {
    int number = 1;
    for (std::size_t at = 0; at < text.size(); ++number) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (!look(without_end(text.substr(at, end - at)), number)) return;
        at = end + 1;
    }
}

bool opens_template(std::string_view line) {
    return line.contains("{{") || line.contains("{%");
}

/// The line where the first placeholder stands that YAML stumbles over; 0: YAML does not.
int template_line(int file, std::string_view text, const Findings& findings,
                  const yaml::Limits& limits) {
    if (!opens_template(text)) return 0;
    Findings scratch(findings.files());
    yaml::parse(file, scratch, limits, [](const yaml::Node&) {});
    const std::vector<Diagnostic> problems = scratch.take();
    if (problems.empty()) return 0;
    std::vector<int> opened;
    each_line(text, [&](std::string_view line, int number) {
        if (opens_template(line)) opened.push_back(number);
        return true;
    });
    for (const Diagnostic& problem : problems) {
        constexpr int kNear = 2;  // yaml-cpp may see it a line or two later
        for (const int line : opened) {
            if (line >= problem.place.line - kNear && line <= problem.place.line + 1) return line;
        }
    }
    return 0;
}

/// The line that shows it; 0: nothing does. Below "metadata:" everything is indented, or lost it.
int flattened_line(std::string_view text) {
    constexpr std::array<std::string_view, 5> kBelow = {
        "name:", "namespace:", "labels:", "annotations:", "generateName:"};
    int found = 0;
    bool below = false;
    each_line(text, [&](std::string_view line, int number) {
        if (line.empty()) return true;
        if (below && std::ranges::any_of(
                         kBelow, [&](std::string_view key) { return line.starts_with(key); })) {
            found = number;
        }
        below = line == "metadata:";
        const bool all_in_one = line.starts_with("apiVersion:") && line.contains(" kind:") &&
                                line.contains(" metadata:");
        if (all_in_one && found == 0) found = number;
        return found == 0;
    });
    return found;
}

int no_break_line(std::string_view text) {
    // A text that somebody keeps in a ConfigMap may be indented as it likes.
    constexpr std::array<std::string_view, 12> kFields = {
        "name:", "namespace:", "selector:", "servers:",    "hosts:", "ports:",
        "port:", "gateways:",  "match:",    "parentRefs:", "rules:", "listeners:"};
    int found = 0;
    if (!text.contains(kNoBreakSpace)) return found;
    each_line(text, [&](std::string_view line, int number) {
        bool any = false;
        while (line.starts_with(' ') || line.starts_with(kNoBreakSpace)) {
            any = any || line.front() != ' ';
            line.remove_prefix(line.front() == ' ' ? 1 : kNoBreakSpace.size());
        }
        if (line.starts_with("- ")) line.remove_prefix(2);
        const bool field = std::ranges::any_of(
            kFields, [&](std::string_view key) { return line.starts_with(key); });
        if (any && field) found = number;
        return found == 0;
    });
    return found;
}

/// "CHART" of "CHART/templates/a.yaml", as one word of a shell.
std::string chart_of(std::string_view file) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    const std::size_t end = file.rfind("/templates/");
    if (end == std::string_view::npos || end == 0) return "CHART";
    const std::string_view chart = file.substr(0, end);
    const bool plain = chart.find_first_not_of(kPlain) == std::string_view::npos;
    return plain && !chart.starts_with('-') ? std::string(chart) : "CHART";
}

}  // namespace

bool refuse_unfinished(int file, Findings& findings, const yaml::Limits& limits) {
    const File& source = findings.files()[static_cast<std::size_t>(file)];
    const std::string_view text = source.text;
    if (text.size() > limits.bytes) return false;  // the parser says so
    const auto spot = [&](int line) { return Spot{.file = file, .line = line, .column = 1}; };
    if (const int line = template_line(file, text, findings, limits)) {
        const bool helm = text.contains(".Values") || text.contains(".Release") ||
                          text.contains(".Chart") || text.contains("{{ include") ||
                          text.contains("{{- include") || source.name.contains("/templates/");
        findings.error(
            code::kTemplate, spot(line),
            helm ? "this is a Helm template, which becomes a manifest when it is rendered"
                 : "this is a template, which becomes a manifest when it is filled in",
            {},
            helm ? fmt::format("helm template NAME {} | sni-lab analyze -", chart_of(source.name))
                 : std::string("give what your tool makes of it: … | sni-lab analyze -"));
        return true;
    }
    if (const int line = flattened_line(text)) {
        findings.error(code::kIndentation, spot(line),
                       "the indentation of this file was lost, as happens when a page is copied",
                       "what belongs below metadata stands beside it",
                       "take the raw file, or the page's own copy button");
        return true;
    }
    if (const int line = no_break_line(text)) {
        findings.error(code::kIndentation, spot(line),
                       "this line is indented with no-break spaces (U+00A0), which YAML does not "
                       "take for spaces",
                       "they come with what is copied from a page", "write plain spaces");
        return true;
    }
    return false;
}

std::string_view placeholder_in(std::string_view value) {
    for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"{{", "}}"},
                                      {"${", "}"},
                                      {"$(", ")"},
                                      {"{%", "%}"}}) {
        const std::size_t at = value.find(open);
        if (at == std::string_view::npos) continue;
        const std::size_t end = value.find(close, at);
        if (end != std::string_view::npos) return value.substr(at, end + close.size() - at);
    }
    return {};
}

}  // namespace sni::manifest
