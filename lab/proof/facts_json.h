// The parts that a statement and a saved proof have in common, as JSON. Strict both ways. For the
// .cpp files of this folder and of report/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lab/core/result.h"
#include "lab/proof/statement.h"

namespace sni::proof {

nlohmann::json optional_hex(const std::optional<Digest>& digest);
nlohmann::json tls_json(const TlsFacts& tls);
nlohmann::json stream_json(const StreamDigest& stream);
nlohmann::json streams_json(const std::optional<Streams>& streams);
nlohmann::json hellos_json(const std::vector<HelloFacts>& hellos);

Result<TlsFacts, StatementError> decode_tls(const nlohmann::json& value);
Result<StreamDigest, StatementError> decode_stream(const nlohmann::json& value);
Result<std::optional<Streams>, StatementError> decode_streams(const nlohmann::json& value);
Result<std::vector<HelloFacts>, StatementError> decode_hellos(const nlohmann::json& value);

/// A document and its signature, both as bytes: how statements and saved proofs travel.
std::string encode_signed(const Envelope& envelope, std::string_view schema);
Result<Envelope, StatementError> decode_signed(std::string_view text, std::string_view schema);

/// Without spaces, ASCII only. Bytes that are no UTF-8 (a client's ALPN token, say) would make the
/// encoder throw; as JSON text they become U+FFFD.
std::string dump(const nlohmann::json& value);

}  // namespace sni::proof
