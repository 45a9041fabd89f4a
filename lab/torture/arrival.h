// What the ends state about a client's bytes when they are elsewhere: a question with a nonce, and
// a signed answer. Signing and checking signatures is done outside, with arrival_bytes(). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/bytes.h"
#include "lab/core/result.h"
#include "lab/proof/statement.h"
#include "lab/torture/judge.h"

namespace sni::torture {

inline constexpr std::string_view kArrivalSchema = "sni-lab/arrival/2";
/// Where `torture serve` answers.
inline constexpr std::string_view kArrivalPath = "/arrival";

/// The first kUnmistakable of a client's bytes; nothing when they are fewer.
std::optional<Bytes> beginning(Bytes sent);

struct ArrivalQuestion {
    proof::Nonce nonce{};
    /// Of beginning(); nothing: only how far the ends have counted.
    std::optional<Digest> begin_sha256;
    std::uint64_t after = 0;  ///< of the visits with a higher number
    bool operator==(const ArrivalQuestion&) const = default;
};

/// The path and query that put it; and what such a query asks. The error is a sentence.
std::string to_target(const ArrivalQuestion& question);
Result<ArrivalQuestion, std::string> parse_arrival_query(std::string_view query);

/// One connection to an end.
struct Visit {
    std::uint64_t number = 0;      ///< in the order in which they began, from 1 on
    bool target = false;           ///< else to the decoy
    bool ended = false;            ///< nothing more will come
    proof::StreamDigest received;  ///< all that came so far
    bool operator==(const Visit&) const = default;
};

/// Visits are numbered and not timed: whoever asks need not share a clock with the ends, and a page
/// that answers slowly says the same.
struct ArrivalStatement {
    ArrivalQuestion question;
    proof::Nonce run{};        ///< of these ends; others, which count anew, have another one
    std::uint64_t visits = 0;  ///< so many have begun
    /// All visits with a higher number are remembered; of the others some are forgotten.
    std::uint64_t complete_after = 0;
    std::optional<Visit> visit;  ///< the first that fits; nothing: neither end got it
    bool operator==(const ArrivalStatement&) const = default;
};

/// The document that is signed, canonical JSON; and the strict reader of it.
std::string encode(const ArrivalStatement& statement);
Result<ArrivalStatement, proof::StatementError> decode_arrival(std::string_view document);
/// "sni-lab torture v1\n" and the document.
std::string arrival_bytes(std::string_view document);

}  // namespace sni::torture
