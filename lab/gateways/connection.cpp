#include "lab/gateways/connection.h"

#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "certs/install.h"
#include "lab/net/address.h"

namespace sni::gateways {

ContextPtr ending_context(const std::string& chain_pem, const certs::KeyPem& key) {
    ContextPtr context(certs::check(SSL_CTX_new(TLS_server_method()), "set up the gateway's TLS"));
    certs::install(context.get(), chain_pem, key, "the gateway");
    SSL_CTX_set_alpn_select_cb(
        context.get(),
        [](SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
           unsigned length, void*) {
            static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                                     '/', '1', '.', '1'};
            unsigned char* chosen = nullptr;
            const int found = SSL_select_next_proto(&chosen, out_length, kHttp11.data(),
                                                    kHttp11.size(), offered, length);
            *out = chosen;
            return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
        },
        nullptr);
    return context;
}

ContextPtr beginning_context() {
    return ContextPtr(certs::check(SSL_CTX_new(TLS_client_method()), "set up the gateway's TLS"));
}

void Connection::serve(net::Descriptor client) {
    client_.socket = std::move(client);
    if (way_.ends) {
        client_.put_on(SslPtr(certs::check(SSL_new(way_.ends), "end TLS")));
        SSL_set_accept_state(client_.ssl.get());
        before_ending(client_.ssl.get());
        if (!shake_hands(client_, stop_)) return;
    }
    if (!dial() || (way_.begins && !begin())) return;
    relay();
    if (client_.tls) client_.tls->shutdown();
}

std::optional<std::string> Connection::sni() const {
    if (!client_.ssl) return std::nullopt;
    const char* name = SSL_get_servername(client_.ssl.get(), TLSEXT_NAMETYPE_host_name);
    return name ? std::optional<std::string>(name) : std::nullopt;
}

bool Connection::dial() {
    const net::Address address(way_.backend);
    backend_.socket =
        net::Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!backend_.socket) return false;
    if (::connect(backend_.socket.fd(), address.get(), address.size()) == 0) return true;
    return errno == EINPROGRESS && wait_for(backend_, POLLOUT, stop_);
}

bool Connection::begin() {
    backend_.put_on(SslPtr(certs::check(SSL_new(way_.begins), "begin TLS")));
    SSL* const ssl = backend_.ssl.get();
    SSL_set_connect_state(ssl);
    if (const auto name = sni()) SSL_set_tlsext_host_name(ssl, name->c_str());
    before_beginning(ssl);
    return shake_hands(backend_, stop_);
}

void Connection::relay() {
    while (pass_on(client_) && pass_on(backend_)) {
        std::array<pollfd, 3> entries{{{client_.socket.fd(), POLLIN, 0},
                                       {backend_.socket.fd(), POLLIN, 0},
                                       {stop_, POLLIN, 0}}};
        const int idle = static_cast<int>(way_.idle.count());
        if (::poll(entries.data(), entries.size(), idle) <= 0 || entries[2].revents != 0) return;
    }
}

/// Everything that `from` has to give so far; false when either side is over.
bool Connection::pass_on(Side& from) {
    std::array<char, 16384> bytes;
    for (;;) {
        const int got = read_some(from, bytes);
        if (got <= 0) return got == 0;
        const std::string_view piece(bytes.data(), static_cast<std::size_t>(got));
        const bool goes_on = &from == &client_ ? client_said(piece) : backend_said(piece);
        if (!goes_on) return false;
    }
}

}  // namespace sni::gateways
