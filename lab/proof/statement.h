// What a backend states about one TLS connection, and the envelope it travels in.
// Signing and checking signatures is done outside, with the bytes that signed_bytes() returns.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/bytes.h"
#include "lab/core/document_error.h"
#include "lab/core/result.h"

namespace sni::proof {

/// Where the backend answers: GET kPath?nonce=<64 hex digits>.
inline constexpr std::string_view kPath = "/.well-known/sni-lab/proof";
/// Exporter label (RFC 5705 §4 reserves EXPERIMENTAL for private use). Context: the nonce's 32
/// bytes; 32 bytes out.
inline constexpr std::string_view kExporterLabel = "EXPERIMENTAL-sni-lab-proof";
inline constexpr std::string_view kStatementSchema = "sni-lab/proof/1";
inline constexpr std::string_view kEnvelopeSchema = "sni-lab/proof-envelope/1";
inline constexpr std::string_view kMediaType = "application/json";
/// No envelope is larger; a client stops reading there.
inline constexpr std::size_t kEnvelopeLimit = 64u << 10;

using Nonce = std::array<std::byte, 32>;

/// The TLS session as its own end saw it. Names are OpenSSL's: "TLSv1.3", "TLS_AES_256_GCM_SHA384",
/// "x25519".
struct TlsFacts {
    std::string version;
    std::string cipher_suite;
    std::string group;  ///< empty when the key exchange used none (static RSA)
    std::optional<std::string> sni;
    std::string alpn;  ///< empty when none was chosen
    bool extended_master_secret =
        false;  ///< TLS 1.2 and older; false on 1.3, where it has no meaning
    bool resumed = false;
    bool operator==(const TlsFacts&) const = default;
};

/// One direction of a connection's ciphertext from its first byte on, as it passes the TLS engine's
/// own byte boundary: no PROXY header, no bytes that lie in the kernel.
struct StreamDigest {
    std::uint64_t bytes = 0;
    Digest sha256{};
    bool operator==(const StreamDigest&) const = default;
};

/// The backend's, at the moment it has read the request for the proof and answered nothing yet: so
/// `received` ends with that request, and `sent` with the answer before it.
struct Streams {
    StreamDigest received;
    StreamDigest sent;
    bool operator==(const Streams&) const = default;
};

/// A ClientHello as it came over the wire: the handshake message with its header, without the
/// records around it.
struct HelloFacts {
    Digest sha256{};
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::string shape;  ///< see tls::hello_shape()
    bool operator==(const HelloFacts&) const = default;
};

/// `tls` is nothing when the request came in without TLS: then exporter, leaf and streams are
/// nothing too, and there is no hello.
struct Statement {
    Nonce nonce{};
    std::chrono::sys_seconds time;
    std::string backend;  ///< the name it was started with
    std::optional<TlsFacts> tls;
    std::optional<Digest>
        exporter_sha256;  ///< SHA-256 of the exporter; the exporter itself never leaves the process
    /// Of its ServerHello, below TLS 1.3: what a client's key log lacks to derive the exporter
    /// (RFC 5705 §4). Public, and left out elsewhere and by backends from before it.
    std::optional<Digest> server_random;
    std::optional<Digest> leaf_sha256;  ///< certificate the backend served
    /// Nothing, too, when the proof was asked for so late that the backend had stopped digesting.
    std::optional<Streams> streams;
    std::vector<HelloFacts> hellos;  ///< two after a HelloRetryRequest
    std::optional<Digest> client_certificate_sha256;
    std::string peer;                         ///< TCP peer as the backend saw it, "127.0.0.1:50312"
    std::optional<std::string> proxy_source;  ///< the client's address as a PROXY header told it
    bool key_log = false;                     ///< the backend writes its TLS secrets to a file
    bool operator==(const Statement&) const = default;
};

/// The document that is signed: canonical JSON (sorted keys, no spaces). Equal statements give
/// equal bytes.
std::string encode(const Statement& statement);

using StatementError = DocumentError;

/// Strict: unknown and doubled fields are errors, as is everything encode() would not write.
Result<Statement, StatementError> decode(std::string_view document);

/// Document and signature as they travel; the document is kept as bytes and not parsed.
struct Envelope {
    std::string document;
    std::vector<std::byte> signature;
    /// The signer's public key, SPKI as PEM, for whoever expected another: it only says whose the
    /// signature is, and nobody believes it. Nothing in envelopes from before it, and in files.
    std::optional<std::string> identity;
    bool operator==(const Envelope&) const = default;
};
std::string encode(const Envelope& envelope);
/// Strict as decode(). Says nothing about the signature.
Result<Envelope, StatementError> decode_envelope(std::string_view text);

/// The exact bytes that the identity signs: "sni-lab proof v1\n" and the document.
std::string signed_bytes(std::string_view document);

}  // namespace sni::proof
