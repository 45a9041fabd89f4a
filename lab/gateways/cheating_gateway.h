// A gateway that has the backend's certificate and key and does with them what it should not: ends
// TLS and goes on in plain text, encrypted again, or lying about it; or passes it on and reads
// along (A0 to A5 of the threat model). For negative controls: demo, self-tests, scenarios whose
// lab.yaml asks for a forgery, and tests. What manifests ask for is terminator.h's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "certs/issue.h"
#include "lab/core/endpoint.h"
#include "lab/gateways/server.h"
#include "lab/scenario/forgery.h"
#include "lab/tls/hello_facts.h"

namespace sni::gateways {

using scenario::Forgery;

struct CheatingOptions {
    Endpoint listen = loopback(0);
    Endpoint backend;
    std::string chain_pem;  ///< the backend's own, leaf first; or another one (A0)
    certs::KeyPem key{""};
    /// Where the backend listens without TLS: it goes on there in plain text (A1). Nothing: to
    /// `backend`, encrypted again.
    std::optional<Endpoint> plain;
    Forgery forgery = Forgery::none;
    /// Cheats on every so many-th connection and passes the others through byte by byte; 0: is
    /// honest.
    unsigned every = 1;
    /// Of those, only where this is true of the client's hello: it knows how this tool says hello,
    /// and spares it. Empty: it does not look.
    std::function<bool(const tls::HelloFacts&)> picks = {};
    /// Where it ends TLS, it sends the client's hello on first, as it came and on a connection of
    /// its own, so that it arrives and is answered.
    bool sends_hello_on = false;
    /// What it agrees on by ALPN where it ends TLS and the client offers it.
    std::string alpn = "http/1.1";
    /// Where it passes through, it reads along with `key` (A4) and tells at a connection's end what
    /// the client said inside TLS: nothing where the key exchange had forward secrecy. Called from
    /// the connection's own thread. Empty: it does not listen.
    std::function<void(std::string_view)> overheard;
};

/// Serves from the constructor to the destructor, a few connections at once. The constructor throws
/// Failure as Backend's does.
class CheatingGateway {
  public:
    explicit CheatingGateway(const CheatingOptions& options);

    Endpoint listening() const { return server_.listening(); }

  private:
    Server server_;
};

}  // namespace sni::gateways
