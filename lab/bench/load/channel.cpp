#include "lab/bench/load/channel.h"

#include <cerrno>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "certs/openssl.h"

namespace sni::bench {

namespace {

Moved refused(int error, Io wait) {
    if (error == EAGAIN || error == EINTR) return {.io = wait};
    return {.io = Io::failed, .error = error};
}

/// Repeats what `call` (an SSL function) says about how it went.
template <class Call>
Moved tls_call(SSL* ssl, Call call) {
    ERR_clear_error();
    errno = 0;
    const int result = call();
    if (result > 0) return {.io = Io::moved, .bytes = static_cast<std::size_t>(result)};
    const int error = errno;
    switch (SSL_get_error(ssl, result)) {
        case SSL_ERROR_WANT_READ:
            return {.io = Io::wait_read};
        case SSL_ERROR_WANT_WRITE:
            return {.io = Io::wait_write};
        case SSL_ERROR_ZERO_RETURN:
            return {.io = Io::end};
        default:
            ERR_clear_error();
            return {.io = Io::failed, .error = error};
    }
}

}  // namespace

void FreeSsl::operator()(ssl_st* ssl) const {
    SSL_free(ssl);
}

Channel::Channel(net::Descriptor fd, ssl_ctx_st* context, const char* sni)
    : fd_(std::move(fd)), ssl_(certs::check(SSL_new(context), "set up a TLS session")) {
    certs::check(SSL_set_fd(ssl_.get(), fd_.fd()), "put TLS on a socket");
    if (sni) {
        certs::check(static_cast<int>(SSL_set_tlsext_host_name(ssl_.get(), sni)), "set SNI");
        SSL_set_connect_state(ssl_.get());
    } else {
        SSL_set_accept_state(ssl_.get());
    }
}

Moved Channel::handshake() {
    return tls_call(ssl_.get(), [this] { return SSL_do_handshake(ssl_.get()); });
}

Moved Channel::read(std::span<std::byte> into) {
    if (ssl_) {
        return tls_call(ssl_.get(), [&] {
            return SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
        });
    }
    const ssize_t got = ::recv(fd(), into.data(), into.size(), 0);
    if (got == 0) return {.io = Io::end};
    if (got < 0) return refused(errno, Io::wait_read);
    return {.io = Io::moved, .bytes = static_cast<std::size_t>(got)};
}

Moved Channel::write(Bytes from) {
    if (ssl_) {
        return tls_call(ssl_.get(), [&] {
            return SSL_write(ssl_.get(), from.data(), static_cast<int>(from.size()));
        });
    }
    const ssize_t put = ::send(fd(), from.data(), from.size(), MSG_NOSIGNAL);
    if (put < 0) return refused(errno, Io::wait_write);
    return {.io = Io::moved, .bytes = static_cast<std::size_t>(put)};
}

void Channel::finish() {
    if (ssl_) {
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
    ::shutdown(fd(), SHUT_WR);
}

}  // namespace sni::bench
