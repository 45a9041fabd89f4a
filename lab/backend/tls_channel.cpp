#include "lab/backend/tls_channel.h"

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>

#include "certs/inspect.h"
#include "lab/session/session_facts.h"

namespace sni::backend {

namespace {

using certs::check;

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

Wire& wire_of(BIO* bio) {
    return *static_cast<Wire*>(BIO_get_data(bio));
}

int bio_write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = wire_of(bio).send({data, static_cast<std::size_t>(size)});
    if (sent < 0 && would_block(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = wire_of(bio).receive({data, static_cast<std::size_t>(size)});
    if (got < 0 && would_block(errno)) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return wire_of(bio).ended() ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is held back here
}

/// Made once and never freed, as OpenSSL's own methods are.
const BIO_METHOD* wire_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made =
            check(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sni-lab wire"),
                  "make a BIO method");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

}  // namespace

ssize_t Wire::receive(std::span<char> into) {
    const ssize_t got = ::recv(fd(), into.data(), into.size(), 0);
    if (got > 0) received_ += static_cast<std::uint64_t>(got);
    ended_ = ended_ || got == 0;
    if (first_flight_ && got > 0) first_flight_->took(into.first(static_cast<std::size_t>(got)));
    if (first_flight_ && got < 0) first_flight_->ran_dry();
    return got;
}

std::vector<std::byte> Wire::first_bytes() const {
    constexpr std::size_t kEnough = 64;
    if (!first_flight_) return {};
    const Bytes read = first_flight_->bytes();
    std::vector<std::byte> bytes(read.begin(), read.end());
    const std::size_t before = std::min(bytes.size(), kEnough);
    bytes.resize(kEnough);
    const ssize_t unread =
        ::recv(fd(), bytes.data() + before, kEnough - before, MSG_PEEK | MSG_DONTWAIT);
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(unread, 0)));
    return bytes;
}

ssize_t Wire::send(std::string_view bytes) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) sent_ += static_cast<std::uint64_t>(sent);
    return sent;
}

TlsChannel::TlsChannel(net::Descriptor socket, SSL_CTX* context)
    : wire_(std::move(socket)), ssl_(check(SSL_new(context), "make a TLS session")) {
    BIO* const bio = check(BIO_new(wire_method()), "make a BIO");
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    record_.listen_to(ssl_.get());
    SSL_set_accept_state(ssl_.get());
}

Io TlsChannel::outcome(session::TlsStream::Io io) {
    switch (io) {
        case session::TlsStream::Io::done:
            return Io::done;
        case session::TlsStream::Io::want_read:
            return Io::want_read;
        case session::TlsStream::Io::want_write:
            return Io::want_write;
        case session::TlsStream::Io::ended:
            return Io::closed;
        case session::TlsStream::Io::failed:
            break;
    }
    if (const char* reason = tls_.failure().reason(); reason && !wire_.ended()) trouble_ = reason;
    return Io::closed;
}

Io TlsChannel::handshake() {
    const Io io = outcome(tls_.handshake());
    // Requests have their own framing, so a client that leaves without a word is merely gone; taken
    // for an error, it would not be said goodbye to.
    if (io == Io::done) SSL_set_options(ssl_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    return io;
}

Io TlsChannel::read(std::span<char> into, std::size_t& got) {
    return outcome(tls_.read(into, got));
}

Io TlsChannel::write(std::string_view bytes, std::size_t& taken) {
    return outcome(tls_.write(bytes, taken));
}

void TlsChannel::finish() {
    tls_.shutdown();
    ::shutdown(fd(), SHUT_WR);
}

proof::TlsFacts TlsChannel::facts() const {
    return session::session_facts(ssl_.get());
}

std::optional<CertFacts> TlsChannel::client_certificate() const {
    const certs::X509Ptr certificate(SSL_get1_peer_certificate(ssl_.get()));
    if (!certificate) return std::nullopt;
    return certs::facts_of(certificate.get());
}

std::optional<Digest> TlsChannel::exporter_sha256(const proof::Nonce& nonce) const {
    return session::exporter_digest(ssl_.get(), nonce);
}

}  // namespace sni::backend
