// What the lab makes of the mistakes that analyze finds: it plays them, so that a client meets what
// it would meet in a cluster, or it refuses them with analyze's own code.
#pragma once

#include <chrono>
#include <vector>

#include "cli/manifest_files.h"
#include "lab/core/diagnostic.h"
#include "lab/lookup/environment.h"

namespace sni::cli {

struct Mistakes {
    std::vector<Diagnostic> refused;  ///< errors, which the lab cannot play
    std::vector<Diagnostic> played;   ///< the others, as warnings
};

/// Of manifests that could be read and resolved.
Mistakes mistakes_in(const manifest::Manifest& manifest, const lookup::Environment& environment,
                     std::chrono::sys_seconds now);

}  // namespace sni::cli
