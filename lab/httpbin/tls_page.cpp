#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/httpbin/data.h"
#include "lab/httpbin/handlers.h"
#include "lab/tls/hello_facts.h"

namespace sni::httpbin {

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

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

json session_document(const Exchange& exchange) {
    const Connection& connection = exchange.connection;
    const auto& facts = connection.tls;
    if (!facts) {
        return {{"tls", nullptr},
                {"backend", exchange.site.name},
                {"peer", to_string(connection.peer)},
                {"proxy_header", proxy_header(connection.proxy)}};
    }
    // TLS 1.3 always does what the extension does for 1.2, so there is nothing to say about it.
    const json extended =
        facts->version == "TLSv1.3" ? json(nullptr) : json(facts->extended_master_secret);
    const auto& client = connection.client_certificate;
    const Handshake& handshake = connection.handshake;
    const auto hellos = tls::describe_hellos(connection.first_flight.bytes());
    const tls::HelloFacts hello = hellos.empty() ? tls::HelloFacts{} : hellos.front();
    return {
        {"version", facts->version},
        {"cipher_suite", facts->cipher_suite},
        {"group", text_or_null(facts->group)},
        {"signature", text_or_null(handshake.signature)},
        {"sni", facts->sni ? json(*facts->sni) : json(nullptr)},
        {"alpn", text_or_null(facts->alpn)},
        {"alpn_offered", hello.alpn},
        {"extended_master_secret", extended},
        {"resumed", facts->resumed},
        {"early_data", handshake.early_data},
        {"session_id_bytes", hello.session_id_bytes},
        {"key_log", exchange.site.key_log},
        {"server_certificate", certificate(exchange.site.certificate)},
        {"client_certificate", client ? certificate(*client) : json(nullptr)},
        {"backend", exchange.site.name},
        {"peer", to_string(connection.peer)},
        {"proxy_header", proxy_header(connection.proxy)},
    };
}

/// Another client would get another one.
Response by_accept(Response response) {
    response.headers.push_back({"Vary", "Accept"});
    return response;
}

/// With a way to the rest of the site.
Response titled_page(std::string_view title, std::string_view content) {
    return page(title, fmt::format("<h1>{}</h1>\n{}<p><a href=\"/\">all endpoints</a></p>\n", title,
                                   content));
}

std::string shown(const json& value) {
    constexpr auto kReplace = json::error_handler_t::replace;
    const std::string text =
        value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, kReplace);
    return escape_markup(printable(text));
}

/// The document for programs, the same as a table for people.
Response page_or_json(const Exchange& exchange, std::string_view title, const json& document) {
    if (!wants_html(exchange.request)) return by_accept(json_response(document));
    std::string rows;
    for (const auto& [name, value] : document.items()) {
        if (value.is_object()) {
            for (const auto& [part, detail] : value.items()) {
                rows +=
                    fmt::format("<tr><td>{} {}</td><td>{}</td></tr>\n", name, part, shown(detail));
            }
        } else {
            rows += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", name,
                                value.is_null() ? "none" : shown(value));
        }
    }
    return by_accept(titled_page(title, "<table class=\"session\">\n" + rows + "</table>\n"));
}

}  // namespace

Response tls(const Exchange& exchange) {
    return page_or_json(exchange, "This TLS session, seen from its end",
                        session_document(exchange));
}

Response tls_client_certificate(const Exchange& exchange) {
    const auto& pem_of = exchange.connection.client_certificate_pem;
    const auto pem = pem_of ? pem_of() : std::nullopt;
    if (!pem) return error_response(404, "the client showed no certificate");
    constexpr std::string_view kPem = "application/x-pem-file";
    if (wants_html(exchange.request, kPem)) {
        return by_accept(titled_page("The certificate that your client showed",
                                     "<pre>" + escape_markup(*pem) + "</pre>\n"));
    }
    return by_accept({.headers = {{"Content-Type", std::string(kPem)}}, .body = *pem});
}

Response tls_exporter(const Exchange& exchange) {
    const auto& binding = exchange.connection.channel_binding_sha256;
    const auto digest = binding ? binding() : std::nullopt;
    const json document = {{"label", "EXPORTER-Channel-Binding"},
                           {"sha256", digest ? json(to_hex(*digest)) : json(nullptr)}};
    return page_or_json(exchange, "SHA-256 of this session's exporter", document);
}

}  // namespace sni::httpbin
