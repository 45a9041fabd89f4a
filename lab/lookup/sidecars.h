// Whether pods have a sidecar before them, which takes the mesh's own TLS off: as far as the files
// tell.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lab/lookup/words.h"

namespace sni::lookup {

/// Unlabelled: the files have the namespace, and it asks neither for sidecars nor for the ambient
/// mesh, whose ztunnel takes the mesh's TLS off, too. A mesh may inject there all the same.
enum class Injected { yes, no, unlabelled, unknown };

class Sidecars {
  public:
    explicit Sidecars(const Manifest& manifest);

    /// The pods' own word counts more than their namespace's; what an injected pod was marked with
    /// counts most (pkg/kube/inject, injectRequired).
    Injected of(const std::string& ns, const std::vector<const Deployment*>& pods) const;

  private:
    std::map<std::string, Injected> namespaces_;
};

}  // namespace sni::lookup
