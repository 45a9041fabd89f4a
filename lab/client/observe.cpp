#include "lab/client/observe.h"

#include <utility>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "certs/clock.h"
#include "certs/inspect.h"
#include "certs/openssl.h"
#include "lab/client/tls_client.h"
#include "lab/client/witness.h"
#include "lab/core/encoding.h"

namespace sni::client {

namespace {

using proof::Evidence;
using proof::ProofAnswer;
using proof::Stage;

constexpr std::size_t kBodyLimit = 1u << 20;

/// Who ends TLS with the signer's own key could have signed anything.
bool signer_is_served(const Evidence& e, const certs::IdentityPublicKey& expected) {
    const auto* other = e.proof ? std::get_if<proof::OtherIdentity>(&*e.proof) : nullptr;
    const auto signer = other ? certs::IdentityPublicKey::parse(other->pem) : expected;
    return !signer || signer->is_key_in(e.chain_pem);
}

/// The answer's body, or why there is none that could be a statement.
Result<std::string, std::string> ask_for_proof(TlsConnection& connection, const std::string& host,
                                               const proof::Nonce& nonce) {
    const std::string path = fmt::format("{}?nonce={}", proof::kPath, to_hex(nonce));
    auto answer = connection.get(path, host, proof::kEnvelopeLimit, Stage::proof);
    if (!answer) {
        const proof::Trouble& trouble = answer.error();
        return std::unexpected(fmt::format("the connection broke off ({}{}{})",
                                           to_string(trouble.how),
                                           trouble.detail.empty() ? "" : ": ", trouble.detail));
    }
    if (answer->status != 200) {
        return std::unexpected(fmt::format("the answer was {} {}", answer->status, answer->reason));
    }
    const std::string encoding = answer->header("content-encoding").value_or("identity");
    if (encoding != "identity") {
        return std::unexpected(fmt::format("the answer was compressed ({})", encoding));
    }
    return std::move(answer->body);
}

/// As many bytes as went there, or where fewer came as far as a checkpoint goes.
std::optional<proof::StreamDigest> received_of(const proof::WitnessedStream& there,
                                               const session::StreamRecord& record) {
    auto received = record.received_up_to(there.all.bytes);
    for (std::size_t count = there.checkpoints.size(); !received && count > 0; --count) {
        received = record.received_up_to(proof::WitnessedStream::kFirstCheckpoint << (count - 1));
    }
    return received;
}

/// What the witness says of this connection, in the place of the service itself.
void hear_witness(Evidence& e, TlsConnection& connection, const Endpoint& witness,
                  net::Clock::time_point deadline, const certs::IdentityPublicKey& identity) {
    const session::StreamRecord& record = connection.record();
    e.server_hello_sha256 = record.server_hello();
    e.asked_at = wall_clock();
    proof::ClientStreams streams{.sent = record.sent().value_or(proof::StreamDigest{}),
                                 .answer_end = record.received_bytes()};
    WitnessReply reply =
        ask_witness(witness,
                    {.hello_sha256 = e.hellos.empty() ? Digest{} : e.hellos.front().sha256,
                     .sni = e.sni,
                     .sent = streams.sent.bytes,
                     .began = connection.began()},
                    identity, deadline);
    if (const proof::WitnessedSession* there = reply.session()) {
        connection.receive_until(there->down.all.bytes);
        streams.received = received_of(there->down, record);
    }
    e.nonce = reply.question.nonce;
    e.witness = {.address = witness, .question = std::move(reply.question)};
    e.streams = streams;
    e.envelope = std::move(reply.envelope);
    e.no_envelope = std::move(reply.no_envelope);
    e.proof = std::move(reply.answer);
}

/// The handshake, and what is known by it: the connection, unless there is none.
std::optional<TlsConnection> connect_into(Evidence& e, const Probe& probe,
                                          const certs::IdentityPublicKey& identity) {
    Attempt attempt;
    auto connection = TlsConnection::open({.to = probe.at.value_or(probe.gateway),
                                           .from = probe.from,
                                           .sni = probe.sni,
                                           .timeout = probe.timeout,
                                           .offer = probe.offer,
                                           .certificate = probe.certificate,
                                           .prepare = probe.prepare},
                                          &attempt);
    e.address = probe.at ? probe.at : attempt.address;
    e.hellos = std::move(attempt.hellos);
    e.ja4 = std::move(attempt.ja4);
    e.client_certificate_asked = attempt.asked_for_certificate;
    if (probe.witness && probe.certificate) {
        e.client_certificate_sha256 = certs::inspect(probe.certificate->cert_pem)->front().sha256;
    }
    if (!connection) {
        e.trouble = connection.error();
        return std::nullopt;
    }
    e.tls = connection->tls();
    e.chain_pem = connection->chain_pem();
    e.identity_served = identity.is_key_in(e.chain_pem);
    e.leaf = connection->leaf();
    if (probe.ca_pem) e.chain_error = connection->chain_error(*probe.ca_pem);
    return std::move(*connection);
}

/// The request of `e` and its answer; false when none came. Where a witness tells every byte that
/// was sent, an end of the connection needs no close_notify to be the end of its answer.
bool request_into(Evidence& e, TlsConnection& connection, const std::string& host,
                  bool beside_witness) {
    std::optional<http::ParsedResponse> begun;
    auto answer =
        connection.get(e.request, usual_headers(host), kBodyLimit, Stage::request, &begun);
    if (!answer && beside_witness && begun && begun->until_end &&
        answer.error().how == proof::Break::closed)
        answer = std::move(*begun);
    e.client_certificate_asked = connection.asked_for_certificate();
    if (!answer) {
        e.trouble = answer.error();
        return false;
    }
    e.status = answer->status;
    e.reason = answer->reason;
    e.server = answer->header("server").value_or("");
    e.alt_svc = answer->header("alt-svc");
    return true;
}

void leave_without_statement(Evidence& e, std::string why) {
    e.no_envelope = std::move(why);
    e.proof = proof::NoStatement{e.no_envelope};
}

/// The service's own statement of this connection.
void hear_service(Evidence& e, TlsConnection& connection, const std::string& host, bool ask,
                  const certs::IdentityPublicKey& identity) {
    e.nonce = fresh_nonce();
    e.exporter_sha256 = connection.exporter_sha256(e.nonce);
    if (!ask) {
        return leave_without_statement(
            e, "no identity is known that could sign one, so none was asked for");
    }
    const std::uint64_t answer_end = connection.record().received_bytes();
    e.asked_at = wall_clock();
    auto envelope = ask_for_proof(connection, host, e.nonce);
    e.streams = {.sent = connection.sent_with_request(), .answer_end = answer_end};
    if (!envelope) return leave_without_statement(e, std::move(envelope.error()));
    e.proof = read_proof(*envelope, identity);
    e.identity_served = signer_is_served(e, identity);
    e.envelope = std::move(*envelope);
    const proof::Statement* said = proof::statement_in(*e.proof);
    if (said && said->streams) {
        e.streams->received = connection.record().received_up_to(said->streams->sent.bytes);
    }
}

/// Fills `e` in step by step; whoever breaks off leaves the rest missing.
void probe_into(Evidence& e, const Probe& probe, const certs::IdentityPublicKey& identity) {
    auto connection = connect_into(e, probe, identity);
    if (!connection) return;
    const std::string alpn = connection->tls().alpn;
    if (probe.ask_for_proof && !speaks_http_1(alpn)) {
        if (!probe.witness)
            return leave_without_statement(e, alpn + " was chosen by ALPN, so nothing was asked");
        e.request.clear();  // the handshake is proof enough
    }
    const std::string host =
        !probe.host.empty() ? probe.host : probe.sni.value_or(to_string(probe.gateway));
    const bool answered =
        e.request.empty() || request_into(e, *connection, host, probe.witness.has_value());
    if (probe.witness) {
        const auto deadline = connection->began() + probe.timeout;
        hear_witness(e, *connection, *probe.witness, deadline, identity);
    } else if (answered) {
        hear_service(e, *connection, host, probe.ask_for_proof, identity);
    }
}

}  // namespace

proof::Nonce fresh_nonce() {
    proof::Nonce nonce{};
    certs::check(
        RAND_bytes(reinterpret_cast<unsigned char*>(nonce.data()), static_cast<int>(nonce.size())),
        "draw random bytes");
    return nonce;
}

Evidence observe(const Probe& probe, const certs::IdentityPublicKey& identity) {
    const auto start = std::chrono::steady_clock::now();
    Evidence e{.gateway = probe.gateway, .sni = probe.sni, .request = probe.request};
    probe_into(e, probe, identity);
    e.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    return e;
}

Result<Evidence, std::string> read_again(Evidence e, const certs::IdentityPublicKey& identity) {
    e.leaf = std::nullopt;
    e.proof = std::nullopt;
    if (!e.chain_pem.empty()) {
        const auto chain = certs::inspect(e.chain_pem);
        if (!chain) return std::unexpected(chain.error());
        e.leaf = chain->front();
    }
    if (e.envelope) {
        e.proof =
            e.witness ? read_witness(*e.envelope, identity) : read_proof(*e.envelope, identity);
    } else if (!e.no_envelope.empty()) {
        e.proof = proof::NoStatement{e.no_envelope};
    }
    e.identity_served = signer_is_served(e, identity);
    return e;
}

ProofAnswer read_proof(std::string_view text, const certs::IdentityPublicKey& identity) {
    const auto envelope = proof::decode_envelope(text);
    if (!envelope) return proof::BadEnvelope{envelope.error()};
    const std::string message = proof::signed_bytes(envelope->document);
    if (identity.verify(as_bytes(message), envelope->signature)) {
        const bool own = envelope->identity.value_or(identity.pem()) == identity.pem();
        if (!own) return proof::BadEnvelope{proof::StatementError::bad_value};
        const auto statement = proof::decode(envelope->document);
        if (!statement) return proof::BadDocument{statement.error()};
        return *statement;
    }
    const auto other = certs::IdentityPublicKey::parse(envelope->identity.value_or(""));
    if (!other || !other->verify(as_bytes(message), envelope->signature))
        return proof::BadSignature{};
    auto statement = proof::decode(envelope->document);
    if (!statement) return proof::BadSignature{};
    return proof::OtherIdentity{other->pem(), other->key_id(), std::move(*statement)};
}

}  // namespace sni::client
