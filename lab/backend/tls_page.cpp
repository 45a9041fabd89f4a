#include "lab/backend/handlers.h"
#include "lab/core/encoding.h"

namespace sni::backend {

using nlohmann::json;

namespace {

json certificate(const CertFacts& facts) {
    return {{"subject", facts.subject},
            {"issuer", facts.issuer},
            {"sha256", to_fingerprint(facts.sha256)}};
}

/// Who said so, and what.
json proxy_header(const std::optional<ProxyClaim>& proxy) {
    if (!proxy) return nullptr;
    const proxy::Header& header = proxy->header;
    json document = {
        {"from", to_string(proxy->from)}, {"version", header.version == proxy::Version::v1 ? 1 : 2},
        {"local", header.local},          {"source", nullptr},
        {"destination", nullptr},         {"tlvs", json::array()}};
    if (header.addresses) {
        document["source"] = printable(to_string(header.addresses->source));
        document["destination"] = printable(to_string(header.addresses->destination));
    }
    for (const proxy::Tlv& tlv : header.tlvs) {
        document["tlvs"].push_back({{"type", tlv.type}, {"value", to_hex(tlv.value)}});
    }
    return document;
}

}  // namespace

Response tls(const Exchange& exchange) {
    const Connection& connection = exchange.connection;
    const auto& facts = connection.tls;
    if (!facts) return json_response({{"tls", nullptr}, {"peer", to_string(connection.peer)}});
    const auto text_or_null = [](const std::string& text) {
        return text.empty() ? json(nullptr) : json(text);
    };
    // TLS 1.3 always does what the extension does for 1.2, so there is nothing to say about it.
    const json extended =
        facts->version == "TLSv1.3" ? json(nullptr) : json(facts->extended_master_secret);
    const auto& client = connection.client_certificate;
    return json_response({
        {"version", facts->version},
        {"cipher_suite", facts->cipher_suite},
        {"group", text_or_null(facts->group)},
        {"sni", facts->sni ? json(*facts->sni) : json(nullptr)},
        {"alpn", text_or_null(facts->alpn)},
        {"extended_master_secret", extended},
        {"resumed", facts->resumed},
        {"server_certificate", certificate(exchange.site.certificate)},
        {"client_certificate", client ? certificate(*client) : json(nullptr)},
        {"backend", exchange.site.name},
        {"peer", to_string(connection.peer)},
        {"proxy_header", proxy_header(connection.proxy)},
    });
}

}  // namespace sni::backend
