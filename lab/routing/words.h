// The words of manifests, for this folder: routing is about nothing else.
#pragma once

#include "lab/manifest/codes.h"
#include "lab/manifest/manifest.h"

namespace sni::routing {

using namespace manifest;
namespace code = manifest::code;

}  // namespace sni::routing
