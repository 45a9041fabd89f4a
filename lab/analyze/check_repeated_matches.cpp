// Rules of a VirtualService that nothing ever gets to, since earlier ones match all that they do.
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"

namespace sni::analyze {

using namespace manifest;
using namespace scenario;

namespace {

/// The rules of one kind, as Istio walks through them (pkg/config/validation/validation.go,
/// analyzeUnreachableHTTPRules and its likes). Of paths that a shorter one covers it says so where
/// the rest of the match differs, too; here it must be the same.
class Repeats {
  public:
    Repeats(const VirtualService& service, const std::string& kind, Findings& findings)
        : service_(service), kind_(kind), findings_(findings) {}

    void check(const std::vector<RuleMatches>& rules) {
        std::optional<std::size_t> open;  // the last rule without a match
        for (std::size_t r = 0; r < rules.size(); ++r) {
            if (open) {
                unreachable(rules[r], r,
                            fmt::format("{}[{}] has no match, and takes what comes", kind_, *open));
            }
            if (rules[r].all.empty()) open = r;
            if (!open) check(rules[r], r);
        }
    }

  private:
    void check(const RuleMatches& rule, std::size_t r) {
        std::size_t repeated = 0;
        for (const RuleMatch& match : rule.all) {
            const auto [first, fresh] = seen_.emplace(match.text, r);
            if (!fresh) {
                ++repeated;
                ineffective(match, fmt::format("this match stands in {}[{}] already", kind_,
                                               first->second));
            } else if (!match.prefix.empty()) {
                check_prefix(match, r);
            }
        }
        if (repeated > 0 && repeated == rule.all.size())
            unreachable(rule, r, "every match of it stands in an earlier rule already");
    }

    void check_prefix(const RuleMatch& match, std::size_t r) {
        auto& known = prefixes_[match.rest];
        for (std::size_t size = 1; size < match.prefix.size(); ++size) {
            const auto shorter = known.find(match.prefix.substr(0, size));
            if (shorter == known.end()) continue;
            ineffective(match, fmt::format("the prefix {} of {}[{}] covers this one",
                                           quote(shorter->first), kind_, shorter->second));
            break;
        }
        known.emplace(match.prefix, r);
    }

    void ineffective(const RuleMatch& match, std::string message) {
        findings_.add(Level::info, code::kIneffectiveMatch, match.at, std::move(message),
                      "the first rule with a match takes the connection", "remove it");
    }

    void unreachable(const RuleMatches& rule, std::size_t r, std::string why) {
        findings_.add(Level::warning, code::kUnreachableRule, rule.at,
                      fmt::format("no connection ever gets to {}[{}] of VirtualService {}", kind_,
                                  r, quote(service_.meta.path())),
                      std::move(why), "remove the rule, or correct its match");
    }

    const VirtualService& service_;
    const std::string& kind_;
    Findings& findings_;
    std::unordered_map<std::string, std::size_t> seen_;
    // By the rest of the match: prefixes, and the first rule of each.
    std::unordered_map<std::string, std::unordered_map<std::string, std::size_t>> prefixes_;
};

}  // namespace

void check_repeated_matches(const Model& model, Findings& findings) {
    for (const VirtualService& service : model.manifest.virtual_services) {
        for (const auto& [kind, rules] : service.matches) {
            Repeats(service, kind, findings).check(rules);
        }
    }
}

}  // namespace sni::analyze
