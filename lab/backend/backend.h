// The TLS backend: httpbin's endpoints behind our own TLS accept, and the signed statement about
// its session. Routing, certificates' origin and judging are other folders' business.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/identity.h"
#include "certs/issue.h"
#include "lab/backend/snapshot.h"
#include "lab/core/cidr.h"
#include "lab/core/endpoint.h"
#include "lab/http/message.h"

namespace sni::backend {

enum class ClientCert { off, optional, required };
enum class TlsVersion { v1_2, v1_3 };

/// Deadlines are absolute: trickling bytes moves none of them. Sizes of the head are fixed, in
/// request_head.h.
struct Limits {
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds head{10'000};  ///< from a request's first byte to its blank line
    std::chrono::milliseconds body{60'000};
    std::chrono::milliseconds idle{60'000};         ///< keep-alive between requests
    std::chrono::milliseconds write_stall{30'000};  ///< a client that takes no byte of its answer
    std::size_t body_bytes = 16u << 20;             ///< above: 413
    /// Bodies that are still arriving and answers that are not taken yet, of all connections; who
    /// comes on top of them gets 503.
    std::size_t held_bytes = 256u << 20;
    /// Memory of ClientHellos that are not whole, and of long ones until their handshake is done,
    /// of all connections; beyond it the oldest has to go.
    std::size_t hello_bytes = 16u << 20;
    std::size_t connections = 4096;  ///< at the limit the one that was idle longest makes room
};

struct Options {
    Endpoint listen = loopback(0);
    std::string name = "backend";  ///< signed into every statement
    std::string chain_pem;         ///< leaf first
    certs::KeyPem key{""};
    std::optional<std::string> client_ca_pem;
    ClientCert client_cert = ClientCert::off;
    TlsVersion min_tls = TlsVersion::v1_2;
    TlsVersion max_tls = TlsVersion::v1_3;
    /// OpenSSL's names, separated by colons, commas or spaces: those that start with TLS_ are for
    /// TLS 1.3, the others for 1.2; a version that none is for keeps OpenSSL's own.
    std::string ciphers;
    /// What is chosen by ALPN, the first that the client offers; h2 and h3 are none that we could
    /// speak.
    std::vector<std::string> alpn = {"http/1.1"};
    /// Called with each line that Wireshark needs to read along, from any worker thread. Empty:
    /// off.
    std::function<void(std::string_view)> key_log;
    /// The same endpoints without TLS, for gateways that terminate it.
    std::optional<Endpoint> plain;
    std::optional<http::Fault> fault;         ///< what becomes of every connection
    std::chrono::milliseconds slow{0};        ///< before every answer
    std::optional<certs::Identity> identity;  ///< nothing: the proof endpoint answers 404
    /// Called with one line of JSON for each request, from any worker thread; empty: no access log.
    std::function<void(std::string_view)> access_log;
    Limits limits;
    unsigned threads = 0;  ///< that answer; 0: one for each core, and two at least
    /// Peers that are proxies: they must begin with a PROXY header, in front of TLS, and are
    /// believed. From everybody else one is no TLS.
    std::vector<Cidr> accept_proxy;
};

/// One listening backend. The constructor binds and starts to serve; it throws Failure: usage for a
/// certificate or key that cannot be used, machine for a port in use or forbidden. The destructor
/// stops it.
class Backend {
  public:
    explicit Backend(Options options);
    ~Backend();
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    /// With the real port, when 0 was asked for.
    Endpoint listening() const;
    /// Where it answers without TLS; nothing when nobody asked for that.
    std::optional<Endpoint> listening_plain() const;
    const std::string& name() const;
    /// Counted as it goes, so not all of one moment.
    Snapshot snapshot() const;
    /// The latest TLS sessions, and no more than a few hundred.
    SeenSessions seen_sessions() const;
    std::vector<SeenSession> sessions() const { return seen_sessions().sessions; }
    /// False when one of its threads does not come round for so long.
    bool responds(std::chrono::milliseconds within) const;
    /// Serves new connections with this certificate; those that are there keep theirs. Throws
    /// Failure(Exit::usage) as the constructor does, and then everything stays as it is. Tickets
    /// from before resume nothing: they belong to the other certificate.
    void reload(std::string chain_pem, certs::KeyPem key);
    /// Closes the listener and idle connections at once, lets requests that have begun to arrive
    /// finish for `grace`, their answers saying that the connection ends.
    /// Idempotent; a second call from another thread with less grace cuts the first one short.
    void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(1000));

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sni::backend
