// One TLS connection as an ordinary client makes it, with its session in our hands: facts,
// exporter, certificate. Judges nothing: the handshake is finished whatever the certificate says.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certs/issue.h"
#include "lab/client/offer.h"
#include "lab/core/cert_facts.h"
#include "lab/core/endpoint.h"
#include "lab/core/result.h"
#include "lab/http/response_reader.h"
#include "lab/net/dial.h"
#include "lab/net/timer.h"
#include "lab/proof/evidence.h"
#include "lab/proxy/header.h"
#include "lab/session/stream_record.h"

struct ssl_ctx_st;      // OpenSSL's SSL_CTX
struct ssl_session_st;  // OpenSSL's SSL_SESSION

namespace sni::client {

/// What a session can be resumed with: the ticket, and the secret that belongs to it.
using Ticket = std::shared_ptr<ssl_session_st>;

/// `to` is dialled as it stands; a DNS name is resolved because the user wrote it. `timeout` bounds
/// everything that happens on the connection, from the first SYN to the last answer.
struct Dial {
    Endpoint to;
    net::SourcePort from = net::SourcePort::any;
    std::optional<std::string> sni;
    std::chrono::milliseconds timeout{5000};
    Offer offer;
    /// Shown to whoever asks for one in the handshake; the hello is the same with and without.
    std::optional<certs::CertBundle> certificate;
    Ticket ticket;                ///< offered for resumption
    bool finishes_first = false;  ///< our end is closed behind a request, before the answer comes
    /// A header of the PROXY protocol before all else, which speaks for ourselves (LOCAL, UNKNOWN).
    std::optional<proxy::Version> proxy_protocol = {};
    /// SSLRequest first, as PostgreSQL's clients ask for TLS; what comes before its answer is
    /// counted to the handshake.
    bool behind_ssl_request = false;
    /// Has the last word about what is offered; empty: nobody has.
    std::function<void(ssl_ctx_st*)> prepare = {};
};

/// What is known of a connection, whatever became of its handshake.
struct Attempt {
    std::optional<Endpoint> address;        ///< that took the connection
    std::vector<proof::HelloFacts> hellos;  ///< as they were sent
    std::optional<std::string> ja4;         ///< of the first of them
    bool asked_for_certificate = false;     ///< the other side did
    std::string chain_pem;                  ///< as it was served, also where that came to nothing
};

/// The addresses of `name`, in the resolver's order; an address is its own only one.
Result<std::vector<Endpoint>, proof::Trouble> addresses_of(const Endpoint& name,
                                                           net::Clock::time_point deadline);

/// Names and values of a request's headers, as they are sent.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Those of a request to `host` that nobody wished anything else for.
Headers usual_headers(const std::string& host);

class TlsConnection {
  public:
    /// Connects and shakes hands. `attempt` is filled as far as it came.
    static Result<TlsConnection, proof::Trouble> open(const Dial& dial, Attempt* attempt = nullptr);
    ~TlsConnection();
    TlsConnection(TlsConnection&&) noexcept;
    TlsConnection& operator=(TlsConnection&&) = delete;

    proof::TlsFacts tls() const;
    CertFacts leaf() const;
    /// The certificates as they were sent, leaf first, as PEM.
    std::string chain_pem() const;
    /// Empty when the chain that was sent leads to a certificate in `ca_pem` (a self-signed leaf
    /// leads to itself), else OpenSSL's reason. Dates and names are judged elsewhere.
    std::string chain_error(const std::string& ca_pem) const;
    /// See session_facts.h.
    std::optional<Digest> exporter_sha256(const proof::Nonce& nonce) const;
    /// The other side wanted a client certificate.
    bool asked_for_certificate() const;
    /// The last one that came; with TLS 1.3 only once an answer was read. Nothing when none did.
    Ticket ticket() const;
    /// When it was begun to be made.
    net::Clock::time_point began() const;
    /// What passed the TLS engine so far.
    const session::StreamRecord& record() const;
    /// What had been sent when the last request was out, and not yet answered.
    const proof::StreamDigest& sent_with_request() const;

    /// One GET on this connection with the usual_headers(), refused where another protocol than
    /// HTTP/1.1 was agreed on. At most `body_limit` bytes of body are read.
    Result<http::ParsedResponse, proof::Trouble> get(const std::string& path,
                                                     const std::string& host,
                                                     std::size_t body_limit = 1u << 20,
                                                     proof::Stage stage = proof::Stage::request);
    /// The same with these headers alone, in this order. Of an answer that is not whole, what came
    /// from its head on is put into `begun`.
    Result<http::ParsedResponse, proof::Trouble> get(
        const std::string& path, const Headers& headers, std::size_t body_limit = 1u << 20,
        proof::Stage stage = proof::Stage::request,
        std::optional<http::ParsedResponse>* begun = nullptr);

    /// Reads on until `bytes` of ciphertext have come, for no longer than the connection may last.
    void receive_until(std::uint64_t bytes);

  private:
    class Impl;
    explicit TlsConnection(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::client
