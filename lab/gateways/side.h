// One side of a gateway's connection: a socket, and the TLS session on it if there is one. For .cpp
// files of this folder only.
#pragma once

#include <span>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs/openssl.h"
#include "lab/net/descriptor.h"

namespace sni::gateways {

using SslPtr = certs::Owned<SSL, SSL_free>;
using ContextPtr = certs::Owned<SSL_CTX, SSL_CTX_free>;

/// Non-blocking. Without `ssl` bytes come and go as they are.
struct Side {
    net::Descriptor socket;
    SslPtr ssl;
};

/// Milliseconds that either side may be silent.
inline constexpr int kPatience = 10'000;

/// Waits for one side, and for the descriptor `stop`; false when there is nothing more to do.
bool wait_for(const Side& side, short events, int stop);

/// What OpenSSL waits for after `result`: POLLIN, POLLOUT, or 0 when the side is over.
short wanted(const Side& side, int result);

/// Repeats an OpenSSL call until it is through; false when the side is over.
template <class Call>
bool drive(const Side& side, int stop, Call call) {
    for (;;) {
        ERR_clear_error();
        const int result = call(side.ssl.get());
        if (result > 0) return true;
        if (!wait_for(side, wanted(side, result), stop)) return false;
    }
}

/// What is there to read now: its size; 0 when nothing is, -1 when the side is over.
int read_some(const Side& side, std::span<char> into);
/// All of it; false when the side is over.
bool write_all(const Side& side, std::string_view bytes, int stop);

}  // namespace sni::gateways
