// Every cheat of the threat model, played against a verifier that should catch it.
#pragma once

#include <chrono>
#include <vector>

#include "lab/report/report.h"

namespace sni::gateways {

/// Starts a backend, and in front of it one cheating gateway after another; asks each as verify
/// does, and once more after telling it to pass everything through. Throws Failure only when the
/// machine refuses.
std::vector<report::Control> self_test(std::chrono::milliseconds timeout);

/// The same beside a witness: what signs is not the service, and cheats may be made of what it
/// says. A gateway that picks is asked first with the hello that it spares.
std::vector<report::Control> witness_self_test(std::chrono::milliseconds timeout);

}  // namespace sni::gateways
