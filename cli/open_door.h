// Listeners that other machines can reach, told by every command that serves.
#pragma once

#include <ostream>

#include "lab/core/endpoint.h"

namespace sni::cli {

/// Warns unless nothing outside this machine can reach `listening` (SL5003).
void warn_if_open(const Endpoint& listening, std::ostream& err);

}  // namespace sni::cli
