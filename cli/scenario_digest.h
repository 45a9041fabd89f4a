// What tells one scenario from another of its name: a folder k8s/ here from one there, and from
// itself before somebody changed it.
#pragma once

#include <vector>

#include "lab/core/bytes.h"
#include "lab/manifest/manifest.h"
#include "lab/scenario/scenario.h"

namespace sni::cli {

/// Of what `files` hold, wherever they lie, and of what they resolve to: that depends on the flags
/// about the cluster, too.
Digest digest_of(const std::vector<const manifest::File*>& files,
                 const scenario::Scenario& resolved);

}  // namespace sni::cli
