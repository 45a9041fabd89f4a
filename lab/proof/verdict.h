// What an answer can be: the verdicts, with their words and exit codes, each in one row of one
// table.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lab/core/diagnostic.h"

namespace sni::proof {

/// The answer to "does TLS end at my backend, and nowhere before it?"
enum class Verdict {
    proven,          ///< yes
    terminated,      ///< the two ends are in different TLS sessions, or the backend has none
    altered,         ///< one session from end to end, and yet its records are not those that left
    report_altered,  ///< a statement came back that the expected identity did not sign for this
                     ///< nonce
    unexpected_answer,  ///< the request or the refusal was not what the check expects
    not_routed,         ///< refused, reset, timed out, backend down, another backend
    certificate,        ///< name, dates, chain or pin
    inconclusive,       ///< evidence is missing
    readable,           ///< passed through, but without forward secrecy or with a key log
};
/// As JSON has it: "not_routed".
std::string_view to_string(Verdict verdict);
/// As files that people write have it: "not-routed".
std::string spelled(Verdict verdict);
/// The verdict that is spelled so; nothing: there is none.
std::optional<Verdict> parse_verdict(std::string_view spelling);
/// "PASSTHROUGH PROVEN" and so on: the headline.
std::string_view headline(Verdict verdict);
Exit exit_of(Verdict verdict);
/// The one that decides when both hold.
Verdict worse(Verdict a, Verdict b);

}  // namespace sni::proof
