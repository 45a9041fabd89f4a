// What Envoy says to the filter chains that it is given, before any connection comes
// (source/common/listener_manager/filter_chain_manager_impl.cc).
#pragma once

#include <string>
#include <vector>

#include "lab/routing/listeners/listeners.h"
#include "lab/routing/listeners/words.h"

namespace sni::routing {

/// One reason to refuse the whole listener.
struct Refusal {
    enum class Kind { partial_wildcard, same_name };
    Kind kind = Kind::same_name;
    std::size_t chain = 0;  ///< index
    std::size_t first = 0;  ///< who has the name already; the same as `chain` when it says it twice
    Text name;              ///< as it is written
    std::string text(const std::vector<FilterChain>& chains) const;
};

/// Names are compared in lower case; chains without names are the same as each other.
std::vector<Refusal> refusals(const std::vector<FilterChain>& chains);

}  // namespace sni::routing
