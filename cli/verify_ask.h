// Puts verify's questions and gathers what came of them. For verify*.cpp only.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "certs/identity.h"
#include "cli/verify.h"
#include "cli/verify_questions.h"
#include "lab/core/diagnostic.h"
#include "lab/proof/saved.h"
#include "lab/report/report.h"

namespace sni::cli {

/// What came of the questions, and what it came from.
struct Answers {
    report::Report report;
    std::vector<proof::SavedProbe> probes;
    std::vector<Diagnostic> warnings = {};  ///< of the manifests that were read for it
};

/// `identity_from` says where the identity was found, when --identity did not name it.
Answers ask(std::vector<Question> questions, const certs::IdentityPublicKey& identity,
            report::LabKind kind, std::string scenario, const VerifyOptions& options,
            const Flags& flags, const std::string& identity_from = {});

/// A lab that should be there and is not: an answer of its own, never a reason to look at another
/// lab.
Answers nobody(std::string_view code, std::string text, std::string hint, std::string scenario);

}  // namespace sni::cli
