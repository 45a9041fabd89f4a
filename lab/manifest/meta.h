// What every object has, whatever its kind.
#pragma once

#include <string>

#include "lab/manifest/words.h"

namespace sni::manifest {

/// `flawed`: something in the document is wrong and was reported, so that what is built on it is
/// not reported again.
struct Meta {
    Text name;
    Text ns;  ///< as written, or the default namespace
    std::string created;
    Labels labels;
    Labels annotations;  ///< those of istio.io
    /// "Deployment/name" of the same namespace, which makes it; empty: nobody does.
    std::string controller;
    Spot at;  ///< the document
    bool flawed = false;
    /// "ns/name".
    std::string path() const { return ns.value + "/" + name.value; }
    bool operator==(const Meta&) const = default;
};

}  // namespace sni::manifest
