// In which version a document of the Gateway API is written for a cluster, when it is written anew.
#pragma once

#include <string_view>

#include "lab/manifest/versions.h"
#include "lab/yaml/yaml.h"

namespace sni::manifest {

struct WrittenVersion {
    std::string_view version;  ///< "v1"; empty: none that is served can say what the document says
    bool standard = true;      ///< else the experimental channel must be there
    int since = 0;             ///< ServedVersion::since
};

/// Its own where the standard channel serves that; else the first that can say all of it, of the
/// standard channel before the experimental one; where that is not the standard channel's, its own
/// before others. Of a kind or a version that versions.cpp does not know, its own. Lives as long as
/// the document.
WrittenVersion written_version(const Versions& versions, const yaml::Node& document);

}  // namespace sni::manifest
