// The time that a witness goes by: one clock for its sessions, its log and its statements.
#pragma once

#include "lab/proof/witness.h"

namespace sni::witness {

/// The wall clock's time when this process asked first, and forward from there, whatever happens to
/// that clock: so what is said to be complete is.
proof::Moment now();

}  // namespace sni::witness
