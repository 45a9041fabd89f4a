#include "lab/proof/statement.h"

#include <fmt/format.h>

#include "lab/proof/statement_fields.h"

namespace sni {

template <>
struct JsonFields<proof::Statement> {
    static void visit(auto& field, auto& s) {
        field("nonce", s.nonce);
        field("time", s.time);
        field("backend", s.backend);
        field.or_word("tls", s.tls, "none");
        field("exporter_sha256", s.exporter_sha256);
        field("leaf_sha256", s.leaf_sha256);
        field("streams", s.streams);
        field("hellos", s.hellos);
        field("client_certificate_sha256", s.client_certificate_sha256);
        field("peer", s.peer);
        field("proxy_source", s.proxy_source);
        field("key_log", s.key_log);
        field.if_any("server_random", s.server_random);
    }
};

template <>
struct JsonFields<proof::Envelope> {
    static void visit(auto& field, auto& envelope) {
        field.bytes("document", envelope.document);
        field.bytes("signature", envelope.signature);
        field.if_any("identity", envelope.identity);
    }
};

namespace proof {

namespace {

/// Without TLS there is no exporter, no certificate, no ciphertext and no hello.
bool whole(const Statement& s) {
    return (!s.server_random || s.tls) && s.tls.has_value() == s.exporter_sha256.has_value() &&
           s.tls.has_value() == s.leaf_sha256.has_value() &&
           (s.tls.has_value() || (!s.streams && s.hellos.empty()));
}

}  // namespace

std::string canonical(const nlohmann::json& value) {
    return value.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

std::string encode(const Statement& statement) {
    return canonical(write_document(statement, kStatementSchema));
}

Result<Statement, StatementError> decode(std::string_view document) {
    auto statement = read_document<Statement>(document, kStatementSchema);
    if (!statement) return statement;
    // What we would not have written ourselves (other spacing, other order, upper-case hex) is not
    // a statement of ours.
    if (!whole(*statement) || encode(*statement) != document)
        return std::unexpected(StatementError::bad_value);
    return statement;
}

std::string encode_signed(const Envelope& envelope, std::string_view schema) {
    return canonical(write_document(envelope, schema)) + "\n";
}

Result<Envelope, StatementError> decode_signed(std::string_view text, std::string_view schema) {
    auto envelope = read_document<Envelope>(text, schema);
    if (envelope && encode_signed(*envelope, schema) != text)
        return std::unexpected(StatementError::bad_value);
    return envelope;
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

}  // namespace proof

}  // namespace sni
