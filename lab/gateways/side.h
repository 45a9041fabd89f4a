// One side of a gateway's connection: a socket, and the TLS session on it if there is one. For .cpp
// files of this folder only.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/net/descriptor.h"
#include "lab/session/tls_stream.h"

namespace sni::gateways {

using SslPtr = certs::Owned<SSL, SSL_free>;
using ContextPtr = certs::Owned<SSL_CTX, SSL_CTX_free>;

/// Non-blocking. Without `tls` bytes come and go as they are.
struct Side {
    /// In its accept or connect state.
    void put_on(SslPtr session);

    net::Descriptor socket;
    SslPtr ssl;
    std::optional<session::TlsStream> tls;  ///< over `ssl`
};

/// Milliseconds that either side may be silent.
inline constexpr int kPatience = 10'000;

/// Waits for one side, and for the descriptor `stop`; false when there is nothing more to do.
bool wait_for(const Side& side, short events, int stop);

/// Where there is TLS; false when the side is over.
bool shake_hands(Side& side, int stop);
/// What is there to read now: its size; 0 when nothing is, -1 when the side is over.
int read_some(Side& side, std::span<char> into);
/// All of it; false when the side is over.
bool write_all(Side& side, std::string_view bytes, int stop);

}  // namespace sni::gateways
