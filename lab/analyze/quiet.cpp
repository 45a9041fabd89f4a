#include "lab/analyze/quiet.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "lab/core/encoding.h"

namespace sni::analyze {

namespace {

/// Everything that users call an object: "Kind name.ns" is istioctl's way.
bool names(const Object& object, std::string_view pattern) {
    const std::string path =
        object.ns.empty() ? object.name : fmt::format("{}/{}", object.ns, object.name);
    const std::string dotted =
        object.ns.empty() ? object.name : fmt::format("{}.{}", object.name, object.ns);
    const std::array<std::string, 5> spellings = {path, dotted, object.name,
                                                  fmt::format("{} {}", object.kind, path),
                                                  fmt::format("{} {}", object.kind, dotted)};
    return std::ranges::any_of(spellings,
                               [&](const std::string& text) { return fits(text, pattern); });
}

bool silences(std::string_view rule, const Finding& finding) {
    const std::size_t equal = rule.find('=');
    const std::string_view code = rule.substr(0, equal);
    if (!fits(finding.diagnostic.code, code)) return false;
    return equal == std::string_view::npos || names(finding.object, rule.substr(equal + 1));
}

/// By kind and name: where two documents define one object, the annotation of either counts.
class Annotations {
  public:
    explicit Annotations(const std::vector<manifest::Document>& documents) {
        for (const manifest::Document& document : documents) {
            if (document.suppressed.empty()) continue;
            auto& codes = by_object_[{document.kind, document.ns, document.name}];
            codes.insert(document.suppressed.begin(), document.suppressed.end());
        }
    }

    bool silence(const Finding& finding) const {
        const Object& object = finding.object;
        if (by_object_.empty() || object.kind.empty()) return false;
        const auto found = by_object_.find({object.kind, object.ns, object.name});
        return found != by_object_.end() &&
               (found->second.contains("*") || found->second.contains(finding.diagnostic.code));
    }

  private:
    std::map<std::tuple<std::string, std::string, std::string>, std::set<std::string>> by_object_;
};

}  // namespace

bool fits(std::string_view text, std::string_view pattern) {
    std::size_t t = 0;
    std::size_t p = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

std::string fingerprint(const Finding& finding) {
    const Object& object = finding.object;
    const std::string path =
        object.ns.empty() ? object.name : fmt::format("{}/{}", object.ns, object.name);
    return printable(fmt::format("{} {} {}: {}", finding.diagnostic.code,
                                 object.kind.empty() ? "-" : object.kind, path.empty() ? "-" : path,
                                 finding.diagnostic.message));
}

void quieten(Report& report, const Quiet& quiet, const std::vector<manifest::Document>& documents) {
    const Annotations annotations(documents);
    std::unordered_map<std::string, std::size_t> known;
    for (const std::string& line : quiet.baseline) {
        ++known[line];
    }
    std::erase_if(report.findings, [&](const Finding& finding) {
        const bool silenced = annotations.silence(finding) ||
                              std::ranges::any_of(quiet.rules, [&](const std::string& rule) {
                                  return silences(rule, finding);
                              });
        if (silenced) {
            ++report.suppressed;
            return true;
        }
        if (known.empty()) return false;
        const auto before = known.find(fingerprint(finding));
        if (before == known.end() || before->second == 0) return false;
        --before->second;
        ++report.known;
        return true;
    });
}

}  // namespace sni::analyze
