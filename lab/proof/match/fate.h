// What became of a client's connection on its way, by what two witnesses saw of it. Finding the two
// is match.h's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lab/proof/verdict.h"
#include "lab/proof/witness.h"

namespace sni::proof {

/// Of a connection that a witness carried what it takes to find it again at another one.
struct Carried {
    std::string sni;  ///< empty: none was sent
    std::string ja4;
    std::string peer;
    Moment began;
    std::optional<Moment> ended;
    Digest hello{};  ///< of its first one; a second one is among the bytes
    std::optional<WitnessedServer> server;
    std::uint64_t before_tls = 0;  ///< bytes of both directions
    WitnessedStream up;
    WitnessedStream down;
    std::string readable;   ///< see readable_because(); empty: nobody could
    bool given_up = false;  ///< by the client, before anything came back
};

/// Of a session of either side what is compared.
Carried carried(WitnessedSession session);

/// What became of a client's connection on its way.
enum class Fate {
    passed,       ///< every byte is the same at both ends
    readable,     ///< as passed, but who holds the service's keys could read it unseen
    cut,          ///< one session, and what one end has of it is the begin of the other's
    altered,      ///< one session, and yet other bytes arrived
    reencrypted,  ///< it ended on its way, and another one for that name began
    elsewhere,    ///< the service saw neither it nor another one for that name
    incomplete,   ///< the records do not tell
};
std::string_view to_string(Fate fate);
/// What it amounts to in a report, and with that the exit code.
Verdict verdict_of(Fate fate);

/// What became of `here`, with whose hello `there` began; and why, a clause.
std::pair<Fate, std::string> fate_of(const Carried& here, const Carried& there);

}  // namespace sni::proof
