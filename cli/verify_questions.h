// What verify asks, out of its flags and what the lab on record expects. For verify*.cpp only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "certs/identity.h"
#include "certs/issue.h"
#include "cli/lab_record.h"
#include "cli/verify.h"
#include "lab/client/observe.h"
#include "lab/core/bytes.h"
#include "lab/core/endpoint.h"
#include "lab/proof/evidence.h"
#include "lab/report/report.h"

namespace sni::cli {

/// One question to one gateway: what to send, what to expect, and what the check calls itself.
struct Question {
    std::string name;
    client::Probe probe;
    proof::Expectation expectation;
    proof::Verdict verdict = proof::Verdict::proven;
    /// Of the scenario; nothing: the flags ask something else.
    std::optional<scenario::Check> check;
    /// Why there is nobody to ask: found out beforehand.
    std::optional<proof::Trouble> trouble;
    std::string note;     ///< of the address, for the report; empty: nothing to say
    std::string unasked;  ///< nothing is asked, and so nothing shown: why; else empty
};

/// What the flags add to every question.
struct Flags {
    client::Offer offer;
    std::optional<std::string> ca_pem;
    std::optional<Digest> pin;
    std::optional<certs::IdentityPublicKey> identity;
    bool asks_by_name = false;       ///< --sni or --no-sni
    std::optional<std::string> sni;  ///< in lower case
    /// --client-cert, or made for this run by --client-ca
    std::optional<certs::CertBundle> client_certificate;
    std::optional<Endpoint> backend_admin;
    std::optional<Endpoint> ticket_swap;
    std::optional<Endpoint> witness;
};

/// Throws Failure(Exit::usage) for what cannot be used.
Flags read_flags(const VerifyOptions& options);

/// The lab's own checks, or the one name that the flags ask for.
std::vector<Question> questions_for(const LabRecord& record, const VerifyOptions& options,
                                    const Flags& flags);

/// --gateway HOST:PORT with --sni NAME or --no-sni: a question for each address of HOST, 64 at
/// most, and one that is not asked for the rest. localhost is one whatever its addresses are.
std::vector<Question> gateway_questions(const VerifyOptions& options, const Flags& flags);

}  // namespace sni::cli
