// exportTo, which hides a Service, a ServiceEntry or a rule from other namespaces.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "lab/lookup/words.h"

namespace sni::lookup {

/// The namespaces that see what is in namespace `own`: "*" alone is everywhere, which nothing
/// written is, too; none, "~", which counts more than others beside it
/// (pilot/pkg/model/push_context.go, initServiceRegistry).
inline std::set<std::string> scopes(const std::vector<Text>& export_to, const std::string& own) {
    if (export_to.empty()) return {"*"};
    std::set<std::string> found;
    for (const Text& to : export_to) {
        found.insert(to.value == "." ? own : to.value);
    }
    if (found.contains("*")) return {"*"};
    if (found.contains("~")) return {};
    return found;
}

/// Whether somebody sees both.
inline bool meet(const std::set<std::string>& one, const std::set<std::string>& other) {
    if (one.empty() || other.empty()) return false;
    return one.contains("*") || other.contains("*") ||
           std::ranges::any_of(one, [&](const std::string& ns) { return other.contains(ns); });
}

/// Whether what is in namespace `own` is seen from `ns`; "*" is whoever asks from everywhere.
inline bool reaches(const std::vector<Text>& export_to, const std::string& own,
                    const std::string& ns) {
    if (export_to.empty()) return true;
    const std::set<std::string> seen = scopes(export_to, own);
    return seen.contains("*") || seen.contains(ns);
}

}  // namespace sni::lookup
