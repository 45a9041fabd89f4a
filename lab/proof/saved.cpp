#include "lab/proof/saved.h"

#include <array>

#include <fmt/format.h>

#include "lab/proof/witness_fields.h"

namespace sni {

template <>
struct JsonWords<proof::Stage> {
    using enum proof::Stage;
    static constexpr std::array all = {connect, handshake, request, proof};
};

template <>
struct JsonWords<proof::Break> {
    using enum proof::Break;
    static constexpr std::array all = {refused, unreachable, timed_out, reset,    closed,
                                       alert,   not_tls,     tls_error, bad_http, too_long};
};

template <>
struct JsonWords<proof::CanaryKind> {
    using enum proof::CanaryKind;
    static constexpr std::array all = {alpn, client_certificate};
};

// Whatever may hold a peer's bytes must come back as it was: `bytes`, below.

template <>
struct JsonFields<proof::Trouble> {
    static void visit(auto& field, auto& trouble) {
        field("stage", trouble.stage);
        field("how", trouble.how);
        field("alert", trouble.alert);
        field.bytes("detail", trouble.detail);
        field.bytes_if_any("begun", trouble.begun);
    }
};

template <>
struct JsonFields<proof::ClientStreams> {
    static void visit(auto& field, auto& streams) {
        field("sent", streams.sent);
        field("answer_end", streams.answer_end);
        field("received", streams.received);
    }
};

template <>
struct JsonFields<proof::SessionLookup> {
    static void visit(auto& field, auto& lookup) {
        field("listed", lookup.listed);
        field.if_any("complete", lookup.complete);
        field.bytes("outcome", lookup.outcome);
        field.bytes("error", lookup.error);
    }
};

template <>
struct JsonFields<proof::TicketSwap> {
    static void visit(auto& field, auto& swap) {
        field("direct", swap.direct);
        field("taken_directly", swap.taken_directly);
        field("offered", swap.offered);
        field("taken", swap.taken);
        field.bytes("error", swap.error);
    }
};

template <>
struct JsonFields<proof::WitnessAsked> {
    static void visit(auto& field, auto& asked) {
        field("address", asked.address);
        field("question", asked.question);
    }
};

template <>
struct JsonFields<proof::Evidence> {
    static void visit(auto& field, auto& e) {
        field("gateway", e.gateway);
        field.if_any("address", e.address);
        field("sni", e.sni);
        field("request", e.request);
        field("trouble", e.trouble);
        field("tls", e.tls);
        field("chain", e.chain_pem);
        field.bytes("chain_error", e.chain_error);
        field("status", e.status);
        field.bytes("reason", e.reason);
        field.bytes("server", e.server);
        field.bytes_if_any("alt_svc", e.alt_svc);
        field("nonce", e.nonce);
        field("exporter_sha256", e.exporter_sha256);
        field("streams", e.streams);
        field("hellos", e.hellos);
        field.if_any("ja4", e.ja4);
        field.if_any("server_hello_sha256", e.server_hello_sha256);
        field.if_any("witness", e.witness);
        field.bytes("envelope", e.envelope);
        field.bytes("no_envelope", e.no_envelope);
        field("asked_at", e.asked_at);
        field("client_certificate_asked", e.client_certificate_asked);
        field.if_any("client_certificate_sha256", e.client_certificate_sha256);
        field("sessions", e.sessions);
        field("ticket", e.ticket);
        field("took_ms", e.took);
    }
};

template <>
struct JsonFields<proof::Canary> {
    static void visit(auto& field, auto& canary) {
        field("kind", canary.kind);
        field("token", canary.token);
        field("evidence", canary.evidence);
    }
};

template <>
struct JsonFields<proof::ExpectedLines> {
    static void visit(auto& field, auto& lines) {
        field("passes", lines.passes);
        field("fails", lines.fails);
        field("code", lines.code);
        field("says", lines.says);
        field("refusal", lines.refusal);
    }
};

template <>
struct JsonFields<proof::SavedProbe> {
    static void visit(auto& field, auto& probe) {
        field("name", probe.name);
        field("evidence", probe.evidence);
        field("canaries", probe.canaries);
        field.within("expected", [&](auto& expected) {
            expected("verdict", probe.expected);
            expected("leaf_sha256", probe.expectation.leaf_sha256);
            expected("pin", probe.expectation.pin);
            expected("status", probe.expectation.status);
            expected("backend", probe.expectation.backend);
            expected.if_any("lines", probe.lines);
        });
    }
};

template <>
struct JsonFields<proof::SavedProof> {
    static void visit(auto& field, auto& saved) {
        field("time", saved.time);
        field("version", saved.version);
        field("scenario", saved.scenario);
        field.if_any("lab", saved.lab);
        field("probes", saved.probes);
    }
};

namespace proof {

std::string encode(const SavedProof& proof) {
    return canonical(write_document(proof, kSavedSchema));
}

Result<SavedProof, StatementError> decode_saved(std::string_view document) {
    auto saved = read_document<SavedProof>(document, kSavedSchema);
    if (!saved) return saved;
    for (SavedProbe& probe : saved->probes) {
        probe.expectation.now = saved->time;
    }
    if (encode(*saved) != document) return std::unexpected(StatementError::bad_value);
    return saved;
}

std::string encode_saved_file(const Envelope& signed_document) {
    return encode_signed(signed_document, kSavedFileSchema);
}

Result<Envelope, StatementError> decode_saved_file(std::string_view text) {
    return decode_signed(text, kSavedFileSchema);
}

std::string saved_bytes(std::string_view document) {
    return fmt::format("sni-lab saved proof v1\n{}", document);
}

}  // namespace proof

}  // namespace sni
