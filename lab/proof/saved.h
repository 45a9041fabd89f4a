// A proof as a file: what was seen, what was signed, and what was expected, so that somebody else
// can judge it again from the bytes. Signed as a whole by the verifier, since whoever holds the
// file could else rewrite the client's half. Signing and checking is done outside, with the bytes
// that saved_bytes() returns.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/result.h"
#include "lab/proof/canary.h"
#include "lab/proof/check.h"
#include "lab/proof/evidence.h"
#include "lab/proof/expected_lines.h"
#include "lab/proof/statement.h"

namespace sni::proof {

inline constexpr std::string_view kSavedSchema = "sni-lab/saved-proof/1";
inline constexpr std::string_view kSavedFileSchema = "sni-lab/saved-proof-file/1";

/// One probe. Of its evidence `leaf` and `proof` are not saved: they come out of `chain_pem` and
/// `envelope` again.
struct SavedProbe {
    std::string name;  ///< of the check; samples of one check share it
    Evidence evidence;
    Expectation expectation;  ///< without `now`, which is SavedProof::time
    Verdict expected = Verdict::proven;
    /// What was expected beside it; nothing: nothing was, where it is PROVEN; else a file from
    /// before this was kept.
    std::optional<ExpectedLines> lines = {};
    std::vector<Canary> canaries;  ///< that were sent beside it
    bool operator==(const SavedProbe&) const = default;
};

struct SavedProof {
    std::chrono::sys_seconds time;  ///< by the verifier's clock
    std::string version;            ///< of sni-lab and OpenSSL
    std::string scenario;           ///< empty for a gateway
    /// What was looked at, in a report's word: "own" is a lab that verify started for itself. Files
    /// from before it was kept have none.
    std::optional<std::string> lab = {};
    std::vector<SavedProbe> probes;
    bool operator==(const SavedProof&) const = default;
};

/// Canonical JSON, as a statement's.
std::string encode(const SavedProof& proof);
/// Strict, as a statement's.
Result<SavedProof, StatementError> decode_saved(std::string_view document);

/// The file: the document's exact bytes and the verifier's signature over saved_bytes().
std::string encode_saved_file(const Envelope& signed_document);
Result<Envelope, StatementError> decode_saved_file(std::string_view text);
/// "sni-lab saved proof v1\n" and the document.
std::string saved_bytes(std::string_view document);

}  // namespace sni::proof
