#include <algorithm>

#include "certs/clock.h"
#include "lab/core/encoding.h"
#include "lab/http/query.h"
#include "lab/httpbin/handlers.h"
#include "lab/proof/statement.h"

namespace sni::httpbin {

namespace {

std::optional<proof::Nonce> parse_nonce(const std::string* text) {
    // digest_from_hex() would take colons too; a nonce has one spelling length.
    if (!text || text->size() != 2 * sizeof(proof::Nonce)) return std::nullopt;
    return digest_from_hex(*text);
}

}  // namespace

Response proof(const Exchange& exchange) {
    const Site& site = exchange.site;
    const Connection& connection = exchange.connection;
    if (!site.identity) return error_response(404, "this backend has no identity to sign with");
    const http::Fields args = http::parse_query(exchange.request.query);
    const auto nonce = parse_nonce(http::find_field(args, "nonce"));
    if (!nonce) return error_response(400, "nonce must be 64 hexadecimal digits");

    proof::Statement statement{
        .nonce = *nonce,
        .time = wall_clock(),
        .backend = site.name,
        .tls = connection.tls,
        .peer = to_string(connection.proxy ? connection.proxy->from : connection.peer),
        .key_log = site.key_log,
    };
    if (connection.proxy && connection.proxy->header.addresses) {
        statement.proxy_source = printable(to_string(connection.proxy->header.addresses->source));
    }
    if (statement.tls) {
        statement.exporter_sha256 = connection.exporter_sha256(*nonce);
        statement.server_random = connection.server_random;
        statement.leaf_sha256 = site.certificate.sha256;
        if (const auto& certificate = connection.client_certificate) {
            statement.client_certificate_sha256 = certificate->sha256;
        }
    }
    if (statement.tls && connection.record) {
        connection.record->keep();
        statement.streams = connection.record->streams();
        statement.hellos = connection.record->hello_facts();
    }
    const std::string document = proof::encode(statement);
    const proof::Envelope envelope{document,
                                   site.identity->sign(as_bytes(proof::signed_bytes(document))),
                                   site.identity->public_key().pem()};
    return {.headers = {{"Content-Type", std::string(proof::kMediaType)},
                        {"Cache-Control", "no-store"}},
            .body = proof::encode(envelope)};
}

}  // namespace sni::httpbin
