// Plays one check of a scenario: makes the client that it describes, asks the gateway, and compares
// what came of it with what the scenario says must come of it. A scenario may expect TERMINATED.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "certs/identity.h"
#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "lab/play/records.h"
#include "lab/report/report.h"
#include "lab/scenario/checks.h"

namespace sni::play {

/// Where the checks of one scenario are played.
struct Stage {
    /// Who serves a Gateway port; nothing: nobody.
    std::function<std::optional<Endpoint>(std::uint16_t)> gate;
    certs::IdentityPublicKey identity;  ///< of the backends
    /// The certificate that a name must be answered with; nothing: nobody knows.
    std::function<std::optional<Digest>(const std::optional<std::string>&)> leaf_for;
    /// The PEM that `trust` of a check stands for; nothing: there is no such thing here.
    std::function<std::optional<std::string>(const std::string&)> trust;
    /// Why a step could not be done; empty: it was. No function: this gateway is not ours to
    /// change.
    std::function<std::string(const scenario::CheckStep&)> step;
    const certs::CertBundle* client_certificate = nullptr;
    Records* records = nullptr;  ///< nothing: this gateway tells nobody what it does
    /// A lab of our own. Somebody else's gateway is judged by what a gateway must do, not by our
    /// router's words, and what a check needs and nobody gave leaves it undecided.
    bool ours = true;
    std::chrono::sys_seconds now;
};

/// `unmet` says what is not as expected, a sentence each. `undecided`: evidence is missing, so that
/// nobody can tell.
struct Played {
    proof::Check check;
    proof::Verdict expected = proof::Verdict::proven;
    std::vector<std::string> unmet;
    bool undecided = false;

    bool met() const { return unmet.empty() && !undecided; }
};

/// Throws Failure when the machine refuses, and for a check that this stage cannot play at all.
Played play(const scenario::Check& check, const Stage& stage);

}  // namespace sni::play
