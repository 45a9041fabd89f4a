// A session's line of a witness's log, read as fast as a day's logs want it.
#pragma once

#include <optional>
#include <string_view>

#include "lab/proof/match/json_tape.h"
#include "lab/proof/witness.h"

namespace sni::proof {

/// What encode() made of a session, whatever the order of its fields. Nothing for every other line,
/// though another spelling may be right as well: JsonCodec<WitnessedSession> decides, and reads the
/// same out of whatever is read here. `tape` is memory that is used again.
std::optional<WitnessedSession> read_plain_line(std::string_view line, JsonTape& tape);

}  // namespace sni::proof
