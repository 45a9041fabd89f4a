// What references of the Gateway API's routes are looked up in.
#pragma once

#include "lab/routing/listeners/routed.h"

namespace sni::routing {

/// Nothing in it changes from pass to pass.
struct ServicesView {
    const Inputs& inputs;
    const Services& services;  ///< as one gateway sees them
};

}  // namespace sni::routing
