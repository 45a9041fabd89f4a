// The words of manifests, for this folder.
#pragma once

#include "lab/manifest/manifest.h"

namespace sni::lookup {

using namespace manifest;

}  // namespace sni::lookup
