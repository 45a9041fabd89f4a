// exportTo, which hides a Service, a ServiceEntry or a rule from other namespaces.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lab/lookup/words.h"

namespace sni::lookup {

/// Whether what is in namespace `own` is seen from `ns`: "*" is everywhere, else "~" nowhere, "."
/// its own namespace, and nothing written everywhere again (pilot/pkg/model/push_context.go,
/// initServiceRegistry).
inline bool reaches(const std::vector<Text>& export_to, const std::string& own,
                    const std::string& ns) {
    const auto names = [&](std::string_view word) {
        return std::ranges::find(export_to, word, &Text::value) != export_to.end();
    };
    if (export_to.empty() || names("*")) return true;
    if (names("~")) return false;
    return names(ns) || (own == ns && names("."));
}

}  // namespace sni::lookup
