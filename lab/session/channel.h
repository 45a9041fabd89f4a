// One end of a connection as a stream that never waits: plain, or with TLS from some point on.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/net/plain_stream.h"
#include "lab/session/tls_stream.h"

namespace sni::session {

using ContextPtr = certs::Owned<SSL_CTX, SSL_CTX_free>;
using SslPtr = certs::Owned<SSL, SSL_free>;

class Channel {
  public:
    Channel() = default;
    explicit Channel(net::PlainStream socket) : socket_(std::move(socket)) {}

    /// From here on what is read and written goes through a session of `context`, which is for its
    /// owner to set up before the handshake: it has to know which end it is. Throws
    /// Failure(Exit::machine).
    SSL* start_tls(SSL_CTX* context);
    /// Null without TLS.
    SSL* ssl() const { return ssl_.get(); }

    /// Done at once without TLS.
    net::Io handshake();
    /// Done with at least one byte: `got` counts then. Ended with the peer's close_notify, or FIN
    /// where there is no TLS.
    net::Io read(std::span<char> into, std::size_t& got);
    /// Done when at least a part of `from` was taken: `taken` counts then.
    net::Io write(std::string_view from, std::size_t& taken);
    /// No more will be written: close_notify, then FIN. Reading goes on, and it is done, unless the
    /// peer's close_notify had come, or none may be sent; want_write when there is no room for it
    /// yet.
    net::Io finish();
    /// From here on closing it is a reset.
    void reset_on_close() { socket_.reset_on_close(); }

    /// Why the last call failed that did.
    const TlsFailure& failure() const { return tls_ ? tls_->failure() : failure_; }
    int fd() const { return socket_.fd(); }
    explicit operator bool() const { return static_cast<bool>(socket_); }

  private:
    net::Io noted(net::Io io);

    net::PlainStream socket_;
    SslPtr ssl_;
    std::optional<TlsStream> tls_;  // over ssl_
    TlsFailure failure_;            // without TLS
};

}  // namespace sni::session
