// What can be told of a backend's options before one is started.
#pragma once

#include "lab/backend/backend.h"

namespace sni::backend {

/// Throws Failure(Exit::usage), as Backend's constructor would, when certificate, key, client CA or
/// TLS policy cannot be used. Opens nothing and makes nothing.
void check_options(const Options& options);

}  // namespace sni::backend
