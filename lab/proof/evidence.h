// Everything a client saw of one probe, as values. Gathered by lab/client/observe, judged by
// judge/judge.h; nothing in here is a conclusion, except where OpenSSL had to draw it (signature,
// chain).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lab/core/cert_facts.h"
#include "lab/core/endpoint.h"
#include "lab/proof/statement.h"
#include "lab/proof/witness.h"

namespace sni::proof {

/// How far a probe came before it broke off.
enum class Stage { connect, handshake, request, proof };
std::string_view to_string(Stage stage);

/// What ended it there.
enum class Break {
    refused,      ///< nothing listens
    unreachable,  ///< no route, no permission
    timed_out,
    reset,      ///< RST
    closed,     ///< FIN where bytes were due
    alert,      ///< a TLS alert; see Trouble::alert
    not_tls,    ///< bytes that are no TLS record
    tls_error,  ///< OpenSSL refused what it got; see Trouble::detail
    bad_http,   ///< an answer that is no HTTP/1.1, or breaks its rules
    too_long,   ///< an answer of which more came than a probe reads
};
std::string_view to_string(Break how);

struct Trouble {
    Stage stage = Stage::connect;
    Break how = Break::refused;
    std::optional<std::uint8_t> alert;  ///< AlertDescription (RFC 8446 §6)
    std::string detail;  ///< what the system or OpenSSL called it; may hold the peer's text
    /// Status and reason of an answer that had begun and is not whole.
    std::optional<std::string> begun = {};
    bool operator==(const Trouble&) const = default;
};

/// The proof request's answer, as far as it could be read. The signature is checked before the
/// document is parsed.
struct NoStatement {
    std::string why;  ///< "the answer was 404 Not Found"
    bool operator==(const NoStatement&) const = default;
};
struct BadEnvelope {
    StatementError error;
    bool operator==(const BadEnvelope&) const = default;
};
struct BadSignature {
    bool operator==(const BadSignature&) const = default;
};
struct BadDocument {  ///< signed by the expected identity, yet not a statement of a version we know
    StatementError error;
    bool operator==(const BadDocument&) const = default;
};
/// Signed by another identity than the expected one, whose key came with it.
struct OtherIdentity {
    std::string pem;     ///< of its public key
    std::string key_id;  ///< and what that is called in reports
    Statement statement;
    bool operator==(const OtherIdentity&) const = default;
};
using ProofAnswer = std::variant<NoStatement, BadEnvelope, BadSignature, BadDocument, Statement,
                                 OtherIdentity, WitnessStatement>;

/// Whoever signed it; nothing when there is none.
const Statement* statement_in(const ProofAnswer& answer);

/// The ciphertext as this client's own engine sent and got it.
struct ClientStreams {
    StreamDigest sent;  ///< up to and with the request for the proof
    /// How many bytes had come when the answer before that request was whole.
    std::uint64_t answer_end = 0;
    /// Of as many bytes as the backend says it had sent; nothing when fewer came, or when it does
    /// not say. Of a witness's, where fewer came, as many as the last of its checkpoints that came.
    std::optional<StreamDigest> received;
    bool operator==(const ClientStreams&) const = default;
};

/// What the backend's operator is told of its sessions, asked for where no statement came.
struct SessionLookup {
    std::uint64_t listed = 0;
    /// All since this probe began are listed, as far as the backend says. A file from before it
    /// could say so has nothing here.
    std::optional<bool> complete;
    std::optional<std::string> outcome;  ///< of the session with our hello; nothing: there is none
    std::string error;                   ///< why the list could not be read; empty when it was
    bool operator==(const SessionLookup&) const = default;
};

/// Tickets that were earned on a direct path to the backend and offered through the gateway.
struct TicketSwap {
    std::string direct;           ///< its address
    bool taken_directly = false;  ///< the control: the direct path takes its own ticket
    std::uint64_t offered = 0;    ///< through the gateway, each ticket once
    std::uint64_t taken = 0;
    std::string error;  ///< why less was seen than should have been; may hold the peer's text
    bool operator==(const TicketSwap&) const = default;
};

/// A witness that was asked beside the connection, in the place of the service itself.
struct WitnessAsked {
    Endpoint address;  ///< of its operators' page
    WitnessQuestion question;
    bool operator==(const WitnessAsked&) const = default;
};

/// One probe: a TCP connection, a handshake, the real request and then the proof on the same
/// connection. What comes after `trouble` is missing.
struct Evidence {
    Endpoint gateway;
    /// Of the gateway's addresses the one that took the connection, or that alone was asked;
    /// nothing: none did.
    std::optional<Endpoint> address;
    std::optional<std::string> sni;
    std::string request;  ///< empty: none was made, a handshake was all
    std::optional<Trouble> trouble;

    std::optional<TlsFacts> tls;  ///< as the client's own engine saw it
    std::string chain_pem;        ///< as it was served
    std::optional<CertFacts> leaf;
    /// OpenSSL's sentence when the chain does not lead to the expected anchor; empty when it does;
    /// nothing when no anchor was given.
    std::optional<std::string> chain_error;

    std::optional<int> status;
    std::string reason;
    std::string server;                  ///< the Server header
    std::optional<std::string> alt_svc;  ///< the Alt-Svc header (RFC 7838)

    Nonce nonce{};
    std::optional<Digest> exporter_sha256;
    std::optional<ClientStreams> streams;
    std::vector<HelloFacts> hellos;  ///< as this client sent them
    std::optional<std::string> ja4;  ///< of the first one
    /// SHA-256 of the ServerHello that was taken, beside a witness; nothing: it was not looked for.
    std::optional<Digest> server_hello_sha256;
    std::optional<WitnessAsked> witness;
    /// The body that came back for the proof, byte for byte; else why there is none.
    std::optional<std::string> envelope;
    std::string no_envelope;
    std::optional<ProofAnswer> proof;
    /// The identity that is expected to sign, or another one that did, is the key of a certificate
    /// that was served.
    bool identity_served = false;
    /// By this client's clock, when it asked for the proof.
    std::optional<std::chrono::sys_seconds> asked_at;
    bool client_certificate_asked = false;  ///< by the other side, in the handshake
    /// Of the certificate that whoever asks is shown, beside a witness.
    std::optional<Digest> client_certificate_sha256;
    std::optional<SessionLookup> sessions;  ///< of the backend's --admin, where no statement came
    std::optional<TicketSwap> ticket;       ///< --ticket-swap
    std::chrono::milliseconds took{0};
    bool operator==(const Evidence&) const = default;
};

/// What the asker knows beforehand.
struct Expectation {
    std::string identity_key_id;        ///< for messages; the key itself did its work in observe
    std::optional<Digest> leaf_sha256;  ///< the lab's own certificate
    std::optional<Digest> pin;  ///< --pin: of the certificate or of its SubjectPublicKeyInfo
    std::optional<int> status;
    std::optional<std::string> backend;  ///< the name that must sign
    std::chrono::sys_seconds now;
    /// Whom the certificate must answer for where no SNI was sent: a URL's host (RFC 9110 §4.3.4).
    std::optional<std::string> host;
    std::string renewal;  ///< a command that makes the certificate anew; empty: nobody knows
    bool operator==(const Expectation&) const = default;
};

}  // namespace sni::proof
