// Other gateways' objects: what of them nobody here looks at.
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
    }
}

}  // namespace sni::analyze
