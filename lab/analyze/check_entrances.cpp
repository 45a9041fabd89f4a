// Other gateways' objects: what of them nobody here looks at, and rules that their gateway refuses.
#include <fmt/format.h>

#include "lab/analyze/checks.h"
#include "lab/analyze/codes.h"

namespace sni::analyze {

void check_entrances(const Model& model, manifest::Findings& findings) {
    for (const manifest::Entrance& entrance : model.manifest.entrances) {
        for (const manifest::EntranceAside& aside : entrance.aside) {
            findings.add(Level::info, code::kUnread, aside.at,
                         fmt::format("{}: {} is not looked at", entrance.text(), aside.what));
        }
        for (const manifest::EntranceRule& rule : entrance.rules) {
            if (rule.refused.empty()) continue;
            findings.add(Level::warning, code::kRefusedRule, rule.at,
                         fmt::format("{}: {}", entrance.text(), rule.refused),
                         "nothing is routed by the rule");
        }
    }
}

}  // namespace sni::analyze
