// A record that stands on both sides agrees with itself, whatever it is called there.
#pragma once

#include "lab/proof/match/record.h"

namespace sni::proof {

/// One run of one witness wrote some of both: they say so, and have a connection in common. Two
/// witnesses of one name that began in the same millisecond have none, since each has its own peer.
/// False as well where a record does not say which run wrote it.
bool is_twin(const WitnessRecord& one, const WitnessRecord& other);

}  // namespace sni::proof
