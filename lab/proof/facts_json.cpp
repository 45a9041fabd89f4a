#include "lab/proof/facts_json.h"

#include <utility>

#include "lab/proof/fields.h"

namespace sni::proof {

using nlohmann::json;

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

std::string encode_signed(const Envelope& envelope, std::string_view schema) {
    const json document = {
        {"schema", schema},
        {"document", to_base64(as_bytes(envelope.document))},
        {"signature", to_base64(envelope.signature)},
    };
    return document.dump() + "\n";
}

Result<Envelope, StatementError> decode_signed(std::string_view text, std::string_view schema) {
    const auto parsed = parse_strict_json(text);
    if (!parsed) return std::unexpected(statement_error(parsed.error()));
    Fields fields(*parsed);
    const std::string found = fields.text("schema");
    const std::string document = fields.text("document");
    const std::string signature = fields.text("signature");
    if (const auto error = fields.finish()) return std::unexpected(*error);
    if (found != schema) return std::unexpected(StatementError::unknown_schema);
    const auto bytes = from_base64(document);
    auto signed_by = from_base64(signature);
    if (!bytes || !signed_by) return std::unexpected(StatementError::bad_value);
    Envelope envelope{std::string(as_text(*bytes)), std::move(*signed_by)};
    if (encode_signed(envelope, schema) != text) return std::unexpected(StatementError::bad_value);
    return envelope;
}

std::string dump(const json& value) {
    return value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
}

}  // namespace sni::proof
