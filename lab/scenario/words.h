// The words of manifests and of their routing, for this folder.
#pragma once

#include "lab/routing/listeners.h"
#include "lab/routing/words.h"

namespace sni::scenario {

using namespace manifest;
using namespace routing;
namespace code = manifest::code;

}  // namespace sni::scenario
