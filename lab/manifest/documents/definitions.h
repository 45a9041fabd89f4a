// Which objects were defined already, and by whose mistake. Private to documents.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "lab/manifest/documents/kustomize.h"
#include "lab/manifest/meta.h"
#include "lab/manifest/readers/kinds.h"
#include "lab/yaml/source.h"

namespace sni::manifest {

enum class Definition {
    first,
    edition,   ///< of one that was read, by another of kustomize's folders
    repeated,  ///< by mistake, which is told
};

/// `findings` and `kustomize` must outlive it.
class Definitions {
  public:
    Definitions(Findings& findings, const Kustomize& kustomize)
        : findings_(findings), kustomize_(kustomize) {}

    /// Of an object that has a name.
    Definition add(const KindEntry& entry, const Meta& meta);

    /// Objects that several of kustomize's folders define, in one finding.
    void report_editions() const;

  private:
    Findings& findings_;
    const Kustomize& kustomize_;
    std::size_t editions_ = 0;
    Spot first_edition_;
    std::unordered_map<std::string, Spot> seen_;
};

}  // namespace sni::manifest
