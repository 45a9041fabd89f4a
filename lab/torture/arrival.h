// What the ends state about a client's bytes when they are elsewhere: a question with a nonce, and
// a signed answer. Signing and checking signatures is done outside, with arrival_bytes(). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/bytes.h"
#include "lab/core/result.h"
#include "lab/proof/statement.h"
#include "lab/torture/judge.h"

namespace sni::torture {

inline constexpr std::string_view kArrivalSchema = "sni-lab/arrival/1";
/// Where `torture serve` answers.
inline constexpr std::string_view kArrivalPath = "/arrival";

/// A client's bytes are known by how they begin: its hello's random is within, and nobody else has
/// it. Nothing when they are too few for that.
inline constexpr std::size_t kUnmistakable = 64;
std::optional<Bytes> beginning(Bytes sent);

struct ArrivalQuestion {
    proof::Nonce nonce{};
    Digest begin_sha256{};                ///< of beginning()
    std::chrono::milliseconds within{0};  ///< so long ago, at most, its connection began
    bool operator==(const ArrivalQuestion&) const = default;
};

/// The path and query that put it; and what such a query asks. The error is a sentence.
std::string to_target(const ArrivalQuestion& question);
Result<ArrivalQuestion, std::string> parse_arrival_query(std::string_view query);

struct ArrivalStatement {
    ArrivalQuestion question;
    std::optional<Arrived> arrived;  ///< nothing: neither end got it
    bool operator==(const ArrivalStatement&) const = default;
};

/// The document that is signed, canonical JSON; and the strict reader of it.
std::string encode(const ArrivalStatement& statement);
Result<ArrivalStatement, proof::StatementError> decode_arrival(std::string_view document);
/// "sni-lab torture v1\n" and the document.
std::string arrival_bytes(std::string_view document);

}  // namespace sni::torture
