// What the files say about the pods behind a Service: who they are, that there are none, or nothing
// at all. The one answer that analyze, route and up share; a file that is not here proves nothing.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "lab/lookup/address.h"
#include "lab/lookup/pods.h"
#include "lab/lookup/words.h"

namespace sni::lookup {

struct Backing {
    enum class Known {
        pods,     ///< these
        by_hand,  ///< addresses of an EndpointSlice, Endpoints or a WorkloadEntry
        outside,  ///< of type ExternalName
        none,     ///< it has no endpoints, and `why` is the proof
        unknown,  ///< its pods are not in these files, and `why` says what was looked for
    };
    Known known = Known::unknown;
    std::vector<const Deployment*> pods;  ///< that it selects and that run; some may be flawed
    std::string why;                      ///< a sentence; empty for `pods`
    std::string hint;                     ///< for `none`
    std::vector<Address> addresses = {};  ///< for `by_hand`, where a list of endpoints has them
    bool excused = false;  ///< `unknown`, because of a document whose mistakes were reported
};

class Backings {
  public:
    /// Both must outlive it.
    Backings(const Manifest& manifest, const PodIndex& pods);

    Backing of(const Service& service, const ServicePort& port) const;

  private:
    Backing without_selector(const Service& service, const ServicePort& port) const;
    Backing without_pods(const Service& service, const ServicePort& port) const;
    /// That it selects; a WorkloadEntry before others. nullptr: none.
    const OtherEndpoint* other_endpoint(const Service& service) const;
    /// Pods of the Service's namespace that no Service selects: somebody meant to reach them.
    const Deployment* orphan(const Service& service) const;

    const Manifest& manifest_;
    const PodIndex& pods_;
    std::unordered_map<std::string, std::vector<const EndpointList*>> lists_;  // by "ns/service"
    std::unordered_map<std::string, std::vector<const Service*>> services_;    // by namespace
    mutable std::unordered_map<std::string, const Deployment*> orphans_;       // by namespace
};

}  // namespace sni::lookup
