// Gathers the evidence of one probe. Judges nothing.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "certs/identity.h"
#include "certs/issue.h"
#include "lab/client/tls_client.h"
#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/proof/evidence.h"

namespace sni::client {

/// One probe: connect to `gateway`, ordinary hello for `sni`, GET `request`, then the proof on the
/// same connection.
struct Probe {
    Endpoint gateway;
    /// Of the gateway's addresses the one to ask; nothing: whichever takes the connection.
    std::optional<Endpoint> at = {};
    net::SourcePort from = net::SourcePort::any;
    std::optional<std::string> sni;
    std::string request = "/status/418";  ///< empty: the handshake is all
    std::string host;                     ///< Host header; empty: the SNI, else the gateway
    std::chrono::milliseconds timeout{5000};
    std::optional<std::string> ca_pem;  ///< --cacert
    Offer offer;
    std::optional<certs::CertBundle> certificate;  ///< for whoever asks for one
    bool ask_for_proof = true;                     ///< false: nobody is known who could sign one
    /// Whose page is asked for the proof, beside the connection; nothing: the service itself.
    std::optional<Endpoint> witness;
    std::function<void(ssl_ctx_st*)> prepare = {};  ///< as Dial has it
};

/// Drawn for one probe.
proof::Nonce fresh_nonce();

/// Never throws for anything the other side does; what is missing is missing in the evidence.
/// Throws only when OpenSSL itself cannot work.
proof::Evidence observe(const Probe& probe, const certs::IdentityPublicKey& identity);

/// Evidence out of a file: what was seen of certificate and statement, out of their bytes again.
/// The error is a sentence.
Result<proof::Evidence, std::string> read_again(proof::Evidence saved,
                                                const certs::IdentityPublicKey& identity);

/// Checks the signature first, and parses only what the identity signed.
proof::ProofAnswer read_proof(std::string_view envelope, const certs::IdentityPublicKey& identity);

}  // namespace sni::client
