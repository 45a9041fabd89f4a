// Whom to ask where a client's bytes arrived: the ends of this process, or ends elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "lab/core/bytes.h"
#include "lab/core/result.h"
#include "lab/net/wakeup.h"
#include "lab/torture/arrival.h"
#include "lab/torture/judge.h"

namespace sni::torture {

/// How far the ends had counted their visits at some time: later ones have higher numbers.
struct Mark {
    proof::Nonce run{};
    std::uint64_t visits = 0;
};

/// Questions may be put from any thread. Errors are sentences: the ends do not say.
class Arrivals {
  public:
    virtual ~Arrivals() = default;

    /// For arrived(): before the bytes are sent, since the same may have been sent earlier.
    virtual Result<Mark, std::string> mark(const net::Wakeup& stop) = 0;

    /// Where a client's bytes, a hello with its own random first, arrived after that mark. Waits
    /// until that connection is over, so long at most. Nothing when none of them did.
    virtual Result<std::optional<Arrived>, std::string> arrived(Bytes sent, const Mark& since,
                                                                std::chrono::milliseconds patience,
                                                                const net::Wakeup& stop) = 0;

    /// From now on the target is as `meanwhile` has it. False when it takes no orders. Nothing else
    /// may be asked meanwhile. Throws Failure(Exit::machine) when it cannot listen again.
    virtual bool arrange(const Meanwhile& meanwhile) = 0;
};

/// What a visit is to whoever sent this.
Arrived compared(Bytes sent, const Visit& visit);
/// Why a statement about visits since `mark` says nothing about those that it does not name; empty:
/// it does.
std::string incomplete(const ArrivalStatement& said, const Mark& mark);

}  // namespace sni::torture
