#include "lab/bench/load/channel.h"

#include <cerrno>

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "certs/openssl.h"

namespace sni::bench {

namespace {

Moved refused(int error, Io wait) {
    if (error == EAGAIN || error == EINTR) return {.io = wait};
    return {.io = Io::failed, .error = error};
}

/// What became of a call on `tls`, which moved so many bytes if it is done.
Moved outcome(const session::TlsStream& tls, session::TlsStream::Io io, std::size_t bytes) {
    switch (io) {
        case session::TlsStream::Io::done:
            return {.io = Io::moved, .bytes = bytes};
        case session::TlsStream::Io::want_read:
            return {.io = Io::wait_read};
        case session::TlsStream::Io::want_write:
            return {.io = Io::wait_write};
        case session::TlsStream::Io::ended:
            return {.io = Io::end};
        case session::TlsStream::Io::failed:
            break;
    }
    return {.io = Io::failed, .error = tls.failure().system_error};
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
    tls_.emplace(ssl_.get());
}

Moved Channel::handshake() {
    if (!tls_) return {};
    return outcome(*tls_, tls_->handshake(), 0);
}

Moved Channel::read(std::span<std::byte> into) {
    if (tls_) {
        std::size_t moved = 0;
        const auto io = tls_->read({reinterpret_cast<char*>(into.data()), into.size()}, moved);
        return outcome(*tls_, io, moved);
    }
    const ssize_t got = ::recv(fd(), into.data(), into.size(), 0);
    if (got == 0) return {.io = Io::end};
    if (got < 0) return refused(errno, Io::wait_read);
    return {.io = Io::moved, .bytes = static_cast<std::size_t>(got)};
}

Moved Channel::write(Bytes from) {
    if (tls_) {
        std::size_t moved = 0;
        const auto io =
            tls_->write({reinterpret_cast<const char*>(from.data()), from.size()}, moved);
        return outcome(*tls_, io, moved);
    }
    const ssize_t put = ::send(fd(), from.data(), from.size(), MSG_NOSIGNAL);
    if (put < 0) return refused(errno, Io::wait_write);
    return {.io = Io::moved, .bytes = static_cast<std::size_t>(put)};
}

void Channel::finish() {
    if (tls_) tls_->shutdown();
    ::shutdown(fd(), SHUT_WR);
}

}  // namespace sni::bench
