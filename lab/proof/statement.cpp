#include "lab/proof/statement.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/cert_facts.h"
#include "lab/core/encoding.h"
#include "lab/core/strict_json.h"

namespace sni::proof {

namespace {

using nlohmann::json;

/// Takes the fields of one JSON object, each exactly once; remembers the first thing that was
/// wrong, so that a decoder reads straight on and asks once, at the end.
class Fields {
  public:
    explicit Fields(const json& value) : object_(value) {
        if (!value.is_object()) fail(StatementError::wrong_type);
    }

    const json& field(const char* name) {
        static const json kNull;
        if (!object_.is_object()) return kNull;
        const auto found = object_.find(name);
        if (found == object_.end()) {
            fail(StatementError::missing_field);
            return kNull;
        }
        ++taken_;
        return *found;
    }

    std::string text(const char* name) { return text_of(field(name)); }

    std::optional<std::string> optional_text(const char* name) {
        const json& value = field(name);
        if (value.is_null()) return std::nullopt;
        return text_of(value);
    }

    bool flag(const char* name) {
        const json& value = field(name);
        if (!value.is_boolean()) fail(StatementError::wrong_type);
        return value.is_boolean() && value.get<bool>();
    }

    std::int64_t number(const char* name) {
        const json& value = field(name);
        if (!value.is_number_integer()) fail(StatementError::wrong_type);
        return value.is_number_integer() ? value.get<std::int64_t>() : 0;
    }

    std::uint64_t count(const char* name) {
        const json& value = field(name);
        if (!value.is_number_unsigned()) fail(StatementError::wrong_type);
        return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
    }

    Digest digest(const char* name) { return digest_of(field(name)); }

    std::optional<Digest> optional_digest(const char* name) {
        const json& value = field(name);
        if (value.is_null()) return std::nullopt;
        return digest_of(value);
    }

    void fail(StatementError error) {
        if (!error_) error_ = error;
    }

    bool ok() const { return !error_; }

    std::optional<StatementError> finish() {
        if (!error_ && taken_ != object_.size()) error_ = StatementError::unknown_field;
        return error_;
    }

  private:
    std::string text_of(const json& value) {
        if (!value.is_string()) fail(StatementError::wrong_type);
        return value.is_string() ? value.get<std::string>() : std::string();
    }

    Digest digest_of(const json& value) {
        if (!value.is_string()) {
            fail(StatementError::wrong_type);
            return {};
        }
        const auto digest = digest_from_hex(value.get<std::string>());
        if (!digest) fail(StatementError::bad_value);
        return digest.value_or(Digest{});
    }

    const json& object_;
    std::size_t taken_ = 0;
    std::optional<StatementError> error_;
};

StatementError of(JsonError error) {
    return error == JsonError::duplicate_key ? StatementError::duplicate_key
                                             : StatementError::not_json;
}

json optional_hex(const std::optional<Digest>& digest) {
    return digest ? json(to_hex(*digest)) : json(nullptr);
}

json tls_json(const TlsFacts& tls) {
    return {
        {"version", tls.version}, {"cipher_suite", tls.cipher_suite},
        {"group", tls.group},     {"sni", tls.sni ? json(*tls.sni) : json(nullptr)},
        {"alpn", tls.alpn},       {"extended_master_secret", tls.extended_master_secret},
        {"resumed", tls.resumed},
    };
}

Result<TlsFacts, StatementError> decode_tls(const json& value) {
    Fields fields(value);
    TlsFacts tls{
        .version = fields.text("version"),
        .cipher_suite = fields.text("cipher_suite"),
        .group = fields.text("group"),
        .sni = fields.optional_text("sni"),
        .alpn = fields.text("alpn"),
        .extended_master_secret = fields.flag("extended_master_secret"),
        .resumed = fields.flag("resumed"),
    };
    if (const auto error = fields.finish()) return std::unexpected(*error);
    return tls;
}

json stream_json(const StreamDigest& stream) {
    return {{"bytes", stream.bytes}, {"sha256", to_hex(stream.sha256)}};
}

json streams_json(const std::optional<Streams>& streams) {
    if (!streams) return nullptr;
    return {{"received", stream_json(streams->received)}, {"sent", stream_json(streams->sent)}};
}

json hellos_json(const std::vector<HelloFacts>& hellos) {
    json list = json::array();
    for (const HelloFacts& hello : hellos) {
        list.push_back({{"sha256", to_hex(hello.sha256)},
                        {"bytes", hello.bytes},
                        {"records", hello.records},
                        {"shape", hello.shape}});
    }
    return list;
}

Result<StreamDigest, StatementError> decode_stream(const json& value) {
    Fields fields(value);
    const StreamDigest stream{.bytes = fields.count("bytes"), .sha256 = fields.digest("sha256")};
    if (const auto error = fields.finish()) return std::unexpected(*error);
    return stream;
}

Result<std::optional<Streams>, StatementError> decode_streams(const json& value) {
    if (value.is_null()) return std::nullopt;
    Fields fields(value);
    const auto received = decode_stream(fields.field("received"));
    const auto sent = decode_stream(fields.field("sent"));
    if (const auto error = fields.finish()) return std::unexpected(*error);
    if (!received) return std::unexpected(received.error());
    if (!sent) return std::unexpected(sent.error());
    return Streams{*received, *sent};
}

Result<std::vector<HelloFacts>, StatementError> decode_hellos(const json& value) {
    if (!value.is_array()) return std::unexpected(StatementError::wrong_type);
    std::vector<HelloFacts> hellos;
    for (const json& item : value) {
        Fields fields(item);
        hellos.push_back({.sha256 = fields.digest("sha256"),
                          .bytes = fields.count("bytes"),
                          .records = fields.count("records"),
                          .shape = fields.text("shape")});
        if (const auto error = fields.finish()) return std::unexpected(*error);
    }
    return hellos;
}

/// Bytes that are no UTF-8 (a client's ALPN token, say) would make the encoder throw; as JSON text
/// they become U+FFFD.
std::string dump(const json& value) {
    return value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
}

}  // namespace

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
    if (!parsed) return std::unexpected(of(parsed.error()));
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
    const json document = {
        {"schema", kEnvelopeSchema},
        {"document", to_base64(as_bytes(envelope.document))},
        {"signature", to_base64(envelope.signature)},
    };
    return document.dump() + "\n";
}

Result<Envelope, StatementError> decode_envelope(std::string_view text) {
    if (text.size() > kEnvelopeLimit) return std::unexpected(StatementError::bad_value);
    const auto parsed = parse_strict_json(text);
    if (!parsed) return std::unexpected(of(parsed.error()));
    Fields fields(*parsed);
    const std::string schema = fields.text("schema");
    const std::string document = fields.text("document");
    const std::string signature = fields.text("signature");
    if (const auto error = fields.finish()) return std::unexpected(*error);
    if (schema != kEnvelopeSchema) return std::unexpected(StatementError::unknown_schema);
    const auto bytes = from_base64(document);
    auto signed_by = from_base64(signature);
    if (!bytes || !signed_by) return std::unexpected(StatementError::bad_value);
    return Envelope{std::string(as_text(*bytes)), std::move(*signed_by)};
}

std::string signed_bytes(std::string_view document) {
    return fmt::format("sni-lab proof v1\n{}", document);
}

}  // namespace sni::proof
