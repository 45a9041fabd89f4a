#include "lab/proof/statement.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/cert_facts.h"
#include "lab/core/encoding.h"
#include "lab/core/strict_json.h"
#include "lab/proof/facts_json.h"
#include "lab/proof/fields.h"

namespace sni::proof {

using nlohmann::json;

std::string encode(const Statement& s) {
    const json document = {
        {"schema", kStatementSchema},
        {"nonce", to_hex(s.nonce)},
        {"time", s.time.time_since_epoch().count()},
        {"backend", s.backend},
        {"tls", s.tls ? tls_json(*s.tls) : json("none")},
        {"exporter_sha256", optional_hex(s.exporter_sha256)},
        {"leaf_sha256", optional_hex(s.leaf_sha256)},
        {"streams", streams_json(s.streams)},
        {"hellos", hellos_json(s.hellos)},
        {"client_certificate_sha256", optional_hex(s.client_certificate_sha256)},
        {"peer", s.peer},
        {"proxy_source", s.proxy_source ? json(*s.proxy_source) : json(nullptr)},
        {"key_log", s.key_log},
    };
    return dump(document);
}

std::string_view to_string(StatementError error) {
    switch (error) {
        case StatementError::not_json:
            return "not_json";
        case StatementError::unknown_schema:
            return "unknown_schema";
        case StatementError::missing_field:
            return "missing_field";
        case StatementError::wrong_type:
            return "wrong_type";
        case StatementError::unknown_field:
            return "unknown_field";
        case StatementError::duplicate_key:
            return "duplicate_key";
        case StatementError::bad_value:
            break;
    }
    return "bad_value";
}

Result<Statement, StatementError> decode(std::string_view document) {
    const auto parsed = parse_strict_json(document);
    if (!parsed) return std::unexpected(statement_error(parsed.error()));
    Fields fields(*parsed);
    const std::string schema = fields.text("schema");
    if (fields.ok() && schema != kStatementSchema) {
        return std::unexpected(StatementError::unknown_schema);
    }
    Statement s;
    s.nonce = fields.digest("nonce");
    s.time = std::chrono::sys_seconds(std::chrono::seconds(fields.number("time")));
    s.backend = fields.text("backend");
    const json& tls = fields.field("tls");
    s.exporter_sha256 = fields.optional_digest("exporter_sha256");
    s.leaf_sha256 = fields.optional_digest("leaf_sha256");
    const json& streams = fields.field("streams");
    const json& hellos = fields.field("hellos");
    s.client_certificate_sha256 = fields.optional_digest("client_certificate_sha256");
    s.proxy_source = fields.optional_text("proxy_source");
    s.peer = fields.text("peer");
    s.key_log = fields.flag("key_log");
    if (const auto error = fields.finish()) return std::unexpected(*error);
    if (tls != "none") {
        auto facts = decode_tls(tls);
        if (!facts) return std::unexpected(facts.error());
        s.tls = std::move(*facts);
    }
    const auto digests = decode_streams(streams);
    if (!digests) return std::unexpected(digests.error());
    s.streams = *digests;
    auto seen = decode_hellos(hellos);
    if (!seen) return std::unexpected(seen.error());
    s.hellos = std::move(*seen);
    // What we would not have written ourselves (other spacing, other order, upper-case hex, an
    // exporter without TLS) is not a statement of ours.
    const bool whole = s.tls.has_value() == s.exporter_sha256.has_value() &&
                       s.tls.has_value() == s.leaf_sha256.has_value() &&
                       (s.tls.has_value() || (!s.streams && s.hellos.empty()));
    if (!whole || encode(s) != document) return std::unexpected(StatementError::bad_value);
    return s;
}

std::string encode(const Envelope& envelope) {
    return encode_signed(envelope, kEnvelopeSchema);
}

Result<Envelope, StatementError> decode_envelope(std::string_view text) {
    if (text.size() > kEnvelopeLimit) return std::unexpected(StatementError::bad_value);
    return decode_signed(text, kEnvelopeSchema);
}

std::string signed_bytes(std::string_view document) {
    return fmt::format("sni-lab proof v1\n{}", document);
}

}  // namespace sni::proof
