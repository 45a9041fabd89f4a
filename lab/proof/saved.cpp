#include "lab/proof/saved.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/proof/facts_json.h"
#include "lab/proof/fields.h"

namespace sni::proof {

namespace {

using nlohmann::json;

constexpr std::array kStages = {Stage::connect, Stage::handshake, Stage::request, Stage::proof};
constexpr std::array kBreaks = {Break::refused, Break::unreachable, Break::timed_out,
                                Break::reset,   Break::closed,      Break::alert,
                                Break::not_tls, Break::tls_error,   Break::bad_http};

constexpr std::array kCanaryKinds = {CanaryKind::alpn, CanaryKind::client_certificate};

using report::Verdict;
constexpr std::array kVerdicts = {
    Verdict::proven,     Verdict::terminated,  Verdict::report_altered, Verdict::unexpected_answer,
    Verdict::not_routed, Verdict::certificate, Verdict::inconclusive,   Verdict::readable};

/// Peer bytes that must come back as they were, whatever they are.
json bytes_json(std::string_view bytes) {
    return to_base64(as_bytes(bytes));
}

json optional_bytes(const std::optional<std::string>& bytes) {
    return bytes ? bytes_json(*bytes) : json(nullptr);
}

template <class T>
json optional_number(const std::optional<T>& number) {
    return number ? json(*number) : json(nullptr);
}

std::string bytes_of(Fields& fields, const char* name) {
    const auto bytes = from_base64(fields.text(name));
    if (!bytes) fields.fail(StatementError::bad_value);
    return bytes ? std::string(as_text(*bytes)) : std::string();
}

std::optional<std::string> optional_bytes_of(Fields& fields, const char* name) {
    const auto text = fields.optional_text(name);
    if (!text) return std::nullopt;
    const auto bytes = from_base64(*text);
    if (!bytes) fields.fail(StatementError::bad_value);
    return bytes ? std::string(as_text(*bytes)) : std::string();
}

/// The enumerator whose word is in the field.
template <class Enum, std::size_t count>
Enum word_of(Fields& fields, const char* name, const std::array<Enum, count>& words) {
    const std::string text = fields.text(name);
    for (const Enum word : words) {
        if (to_string(word) == text) return word;
    }
    fields.fail(StatementError::bad_value);
    return words.front();
}

/// A part with a decoder of its own; its error becomes the whole's.
template <class T>
T part_of(Fields& fields, Result<T, StatementError> part) {
    if (part) return std::move(*part);
    fields.fail(part.error());
    return {};
}

json trouble_json(const std::optional<Trouble>& trouble) {
    if (!trouble) return nullptr;
    return {{"stage", to_string(trouble->stage)},
            {"how", to_string(trouble->how)},
            {"alert", optional_number(trouble->alert)},
            {"detail", bytes_json(trouble->detail)}};
}

std::optional<Trouble> decode_trouble(Fields& outer, const json& value) {
    if (value.is_null()) return std::nullopt;
    Fields fields(value);
    Trouble trouble{.stage = word_of(fields, "stage", kStages),
                    .how = word_of(fields, "how", kBreaks)};
    if (!fields.field("alert").is_null()) {
        trouble.alert = static_cast<std::uint8_t>(fields.again("alert"));
    }
    trouble.detail = bytes_of(fields, "detail");
    if (const auto error = fields.finish()) outer.fail(*error);
    return trouble;
}

json client_streams_json(const std::optional<ClientStreams>& streams) {
    if (!streams) return nullptr;
    return {{"sent", stream_json(streams->sent)},
            {"answer_end", streams->answer_end},
            {"received", streams->received ? stream_json(*streams->received) : json(nullptr)}};
}

std::optional<ClientStreams> decode_client_streams(Fields& outer, const json& value) {
    if (value.is_null()) return std::nullopt;
    Fields fields(value);
    ClientStreams streams{.sent = part_of(fields, decode_stream(fields.field("sent"))),
                          .answer_end = fields.count("answer_end")};
    const json& received = fields.field("received");
    if (!received.is_null()) streams.received = part_of(fields, decode_stream(received));
    if (const auto error = fields.finish()) outer.fail(*error);
    return streams;
}

json sessions_json(const std::optional<SessionLookup>& sessions) {
    if (!sessions) return nullptr;
    return {{"listed", sessions->listed},
            {"outcome", optional_bytes(sessions->outcome)},
            {"error", bytes_json(sessions->error)}};
}

std::optional<SessionLookup> decode_sessions(Fields& outer, const json& value) {
    if (value.is_null()) return std::nullopt;
    Fields fields(value);
    SessionLookup lookup{.listed = fields.count("listed"),
                         .outcome = optional_bytes_of(fields, "outcome"),
                         .error = bytes_of(fields, "error")};
    if (const auto error = fields.finish()) outer.fail(*error);
    return lookup;
}

json ticket_json(const std::optional<TicketSwap>& swap) {
    if (!swap) return nullptr;
    return {{"direct", swap->direct},
            {"taken_directly", swap->taken_directly},
            {"offered", swap->offered},
            {"taken", swap->taken},
            {"error", bytes_json(swap->error)}};
}

std::optional<TicketSwap> decode_ticket(Fields& outer, const json& value) {
    if (value.is_null()) return std::nullopt;
    Fields fields(value);
    TicketSwap swap{.direct = fields.text("direct"),
                    .taken_directly = fields.flag("taken_directly"),
                    .offered = fields.count("offered"),
                    .taken = fields.count("taken"),
                    .error = bytes_of(fields, "error")};
    if (const auto error = fields.finish()) outer.fail(*error);
    return swap;
}

json evidence_json(const Evidence& e) {
    return {
        {"gateway", sni::to_string(e.gateway)},
        {"sni", e.sni ? json(*e.sni) : json(nullptr)},
        {"request", e.request},
        {"trouble", trouble_json(e.trouble)},
        {"tls", e.tls ? tls_json(*e.tls) : json(nullptr)},
        {"chain", e.chain_pem},
        {"chain_error", optional_bytes(e.chain_error)},
        {"status", optional_number(e.status)},
        {"reason", bytes_json(e.reason)},
        {"server", bytes_json(e.server)},
        {"nonce", to_hex(e.nonce)},
        {"exporter_sha256", optional_hex(e.exporter_sha256)},
        {"streams", client_streams_json(e.streams)},
        {"hellos", hellos_json(e.hellos)},
        {"envelope", optional_bytes(e.envelope)},
        {"no_envelope", bytes_json(e.no_envelope)},
        {"asked_at", e.asked_at ? json(e.asked_at->time_since_epoch().count()) : json(nullptr)},
        {"client_certificate_asked", e.client_certificate_asked},
        {"sessions", sessions_json(e.sessions)},
        {"ticket", ticket_json(e.ticket)},
        {"took_ms", e.took.count()},
    };
}

Result<Evidence, StatementError> decode_evidence(const json& value) {
    Fields fields(value);
    Evidence e;
    const auto gateway = parse_endpoint(fields.text("gateway"));
    if (gateway) e.gateway = *gateway;
    e.sni = fields.optional_text("sni");
    e.request = fields.text("request");
    e.trouble = decode_trouble(fields, fields.field("trouble"));
    const json& tls = fields.field("tls");
    if (!tls.is_null()) e.tls = part_of(fields, decode_tls(tls));
    e.chain_pem = fields.text("chain");
    e.chain_error = optional_bytes_of(fields, "chain_error");
    if (!fields.field("status").is_null()) e.status = static_cast<int>(fields.again("status"));
    e.reason = bytes_of(fields, "reason");
    e.server = bytes_of(fields, "server");
    e.nonce = fields.digest("nonce");
    e.exporter_sha256 = fields.optional_digest("exporter_sha256");
    e.streams = decode_client_streams(fields, fields.field("streams"));
    e.hellos = part_of(fields, decode_hellos(fields.field("hellos")));
    e.envelope = optional_bytes_of(fields, "envelope");
    e.no_envelope = bytes_of(fields, "no_envelope");
    if (!fields.field("asked_at").is_null()) {
        e.asked_at = std::chrono::sys_seconds(std::chrono::seconds(fields.again("asked_at")));
    }
    e.client_certificate_asked = fields.flag("client_certificate_asked");
    e.sessions = decode_sessions(fields, fields.field("sessions"));
    e.ticket = decode_ticket(fields, fields.field("ticket"));
    e.took = std::chrono::milliseconds(fields.number("took_ms"));
    if (const auto error = fields.finish()) return std::unexpected(*error);
    if (!gateway) return std::unexpected(StatementError::bad_value);
    return e;
}

json probe_json(const SavedProbe& probe) {
    const Expectation& x = probe.expectation;
    json canaries = json::array();
    for (const Canary& canary : probe.canaries) {
        canaries.push_back({{"kind", to_string(canary.kind)},
                            {"token", canary.token},
                            {"evidence", evidence_json(canary.evidence)}});
    }
    return {
        {"name", probe.name},
        {"evidence", evidence_json(probe.evidence)},
        {"canaries", std::move(canaries)},
        {"expected",
         {{"verdict", report::to_string(probe.expected)},
          {"leaf_sha256", optional_hex(x.leaf_sha256)},
          {"pin", optional_hex(x.pin)},
          {"status", optional_number(x.status)},
          {"backend", x.backend ? json(*x.backend) : json(nullptr)}}},
    };
}

Expectation decode_expectation(Fields& outer, const json& value, Verdict& expected) {
    Fields fields(value);
    expected = word_of(fields, "verdict", kVerdicts);
    Expectation expectation{.leaf_sha256 = fields.optional_digest("leaf_sha256"),
                            .pin = fields.optional_digest("pin")};
    if (!fields.field("status").is_null()) {
        expectation.status = static_cast<int>(fields.again("status"));
    }
    expectation.backend = fields.optional_text("backend");
    if (const auto error = fields.finish()) outer.fail(*error);
    return expectation;
}

Result<Canary, StatementError> decode_canary(const json& value) {
    Fields fields(value);
    Canary canary{.kind = word_of(fields, "kind", kCanaryKinds),
                  .token = fields.text("token"),
                  .evidence = part_of(fields, decode_evidence(fields.field("evidence")))};
    if (const auto error = fields.finish()) return std::unexpected(*error);
    return canary;
}

Result<SavedProbe, StatementError> decode_probe(const json& value) {
    Fields fields(value);
    SavedProbe probe{.name = fields.text("name"),
                     .evidence = part_of(fields, decode_evidence(fields.field("evidence")))};
    const json& canaries = fields.field("canaries");
    if (!canaries.is_array()) fields.fail(StatementError::wrong_type);
    for (const json& canary : canaries) {
        probe.canaries.push_back(part_of(fields, decode_canary(canary)));
    }
    probe.expectation = decode_expectation(fields, fields.field("expected"), probe.expected);
    if (const auto error = fields.finish()) return std::unexpected(*error);
    return probe;
}

}  // namespace

std::string encode(const SavedProof& proof) {
    json probes = json::array();
    for (const SavedProbe& probe : proof.probes) {
        probes.push_back(probe_json(probe));
    }
    return dump({{"schema", kSavedSchema},
                 {"time", proof.time.time_since_epoch().count()},
                 {"version", proof.version},
                 {"scenario", proof.scenario},
                 {"probes", std::move(probes)}});
}

Result<SavedProof, StatementError> decode_saved(std::string_view document) {
    const auto parsed = parse_strict_json(document);
    if (!parsed) return std::unexpected(statement_error(parsed.error()));
    Fields fields(*parsed);
    const std::string schema = fields.text("schema");
    if (fields.ok() && schema != kSavedSchema) {
        return std::unexpected(StatementError::unknown_schema);
    }
    SavedProof proof;
    proof.time = std::chrono::sys_seconds(std::chrono::seconds(fields.number("time")));
    proof.version = fields.text("version");
    proof.scenario = fields.text("scenario");
    const json& probes = fields.field("probes");
    if (const auto error = fields.finish()) return std::unexpected(*error);
    if (!probes.is_array()) return std::unexpected(StatementError::wrong_type);
    for (const json& value : probes) {
        auto probe = decode_probe(value);
        if (!probe) return std::unexpected(probe.error());
        probe->expectation.now = proof.time;
        proof.probes.push_back(std::move(*probe));
    }
    if (encode(proof) != document) return std::unexpected(StatementError::bad_value);
    return proof;
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

}  // namespace sni::proof
