#include "lab/gateways/forger.h"

#include <utility>

#include <fmt/format.h>

#include "lab/client/tls_client.h"
#include "lab/core/encoding.h"
#include "lab/session/session_facts.h"

namespace sni::gateways {

namespace {

constexpr std::string_view kAsks = "?nonce=";
constexpr std::size_t kNonceDigits = 2 * sizeof(proof::Nonce);

/// Where the nonce stands in a request for the proof.
std::optional<std::size_t> find_nonce(std::string_view request) {
    const std::string start = fmt::format("GET {}{}", proof::kPath, kAsks);
    if (!request.starts_with(start) || request.size() < start.size() + kNonceDigits) {
        return std::nullopt;
    }
    return start.size();
}

}  // namespace

std::optional<proof::Nonce> nonce_asked_for(std::string_view request) {
    const auto at = find_nonce(request);
    if (!at) return std::nullopt;
    return digest_from_hex(request.substr(*at, kNonceDigits));
}

std::string with_other_nonce(std::string request) {
    if (const auto at = find_nonce(request)) {
        request.replace(*at, kNonceDigits, std::string(kNonceDigits, '5'));
    }
    return request;
}

std::string genuine_envelope(const Endpoint& backend, const std::optional<std::string>& sni,
                             const proof::Nonce& nonce) {
    auto connection = client::TlsConnection::open({.to = backend, .sni = sni});
    if (!connection) return "";
    const std::string path = fmt::format("{}{}{}", proof::kPath, kAsks, to_hex(nonce));
    const auto answer = connection->get(path, sni.value_or("backend"));
    return answer ? answer->body : "";
}

std::string forged_envelope(const std::string& envelope, ssl_st* client,
                            const session::StreamRecord& record, const certs::Identity* signer) {
    auto genuine = proof::decode_envelope(envelope);
    if (!genuine) return envelope;
    auto statement = proof::decode(genuine->document);
    if (!statement) return envelope;
    statement->tls = session::session_facts(client);
    statement->exporter_sha256 = session::exporter_digest(client, statement->nonce);
    statement->streams = record.streams();
    statement->hellos = record.hello_facts();
    proof::Envelope forged{proof::encode(*statement), std::move(genuine->signature)};
    if (signer) forged.signature = signer->sign(as_bytes(proof::signed_bytes(forged.document)));
    return proof::encode(forged);
}

std::string answer_with(std::string_view body) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                       proof::kMediaType, body.size(), body);
}

}  // namespace sni::gateways
