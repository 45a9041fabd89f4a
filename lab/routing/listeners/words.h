// The words of manifests and of looking things up in them, for this folder: routing is about
// nothing else.
#pragma once

#include "lab/lookup/words.h"
#include "lab/manifest/codes.h"

namespace sni::routing {

using namespace manifest;
using namespace lookup;
namespace code = manifest::code;

}  // namespace sni::routing
