// What can be told of a backend's options before one is started.
#pragma once

#include <vector>

#include "lab/backend/backend.h"
#include "lab/core/diagnostic.h"

namespace sni::backend {

/// Returns warnings, of what can be used and hardly is what was meant. Throws Failure(Exit::usage),
/// as Backend's constructor would, when certificate, key, client CA or TLS policy cannot be used.
/// Opens nothing and makes nothing.
std::vector<Diagnostic> check_options(const Options& options);

}  // namespace sni::backend
