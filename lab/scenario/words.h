// The words of manifests and of their routing, for this folder.
#pragma once

#include "lab/routing/listeners/listeners.h"
#include "lab/routing/listeners/words.h"

namespace sni::scenario {

using namespace manifest;
using namespace routing;
namespace code = manifest::code;

}  // namespace sni::scenario
