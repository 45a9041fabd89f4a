#include "lab/session/channel.h"

#include <cerrno>

namespace sni::session {

SSL* Channel::start_tls(SSL_CTX* context) {
    ssl_.reset(certs::check(SSL_new(context), "set up a TLS session"));
    certs::check(SSL_set_fd(ssl_.get(), fd()), "put TLS on a socket");
    tls_.emplace(ssl_.get());
    return ssl_.get();
}

net::Io Channel::handshake() {
    return tls_ ? tls_->handshake() : net::Io::done;
}

net::Io Channel::read(std::span<char> into, std::size_t& got) {
    return tls_ ? tls_->read(into, got) : noted(socket_.read(into, got));
}

net::Io Channel::write(std::string_view from, std::size_t& taken) {
    return tls_ ? tls_->write(from, taken) : noted(socket_.write(from, taken));
}

net::Io Channel::finish() {
    const net::Io said = tls_ ? tls_->shutdown() : net::Io::done;
    if (said != net::Io::want_write) socket_.finish_sending();
    return said;
}

net::Io Channel::noted(net::Io io) {
    if (io == net::Io::failed) failure_.system_error = errno;
    return io;
}

}  // namespace sni::session
