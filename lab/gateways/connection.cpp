#include "lab/gateways/connection.h"

#include <array>
#include <utility>

#include "certs/install.h"
#include "lab/net/dial.h"

namespace sni::gateways {

ContextPtr ending_context(const std::string& chain_pem, const certs::KeyPem& key,
                          const std::string& alpn) {
    ContextPtr context(certs::check(SSL_CTX_new(TLS_server_method()), "set up the gateway's TLS"));
    certs::install(context.get(), chain_pem, key, "the gateway");
    SSL_CTX_set_alpn_select_cb(
        context.get(),
        [](SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
           unsigned length, void* spoken) {
            const auto* name = static_cast<const std::string*>(spoken);
            const std::string ours = static_cast<char>(name->size()) + *name;
            unsigned char* chosen = nullptr;
            const int found = SSL_select_next_proto(
                &chosen, out_length, reinterpret_cast<const unsigned char*>(ours.data()),
                static_cast<unsigned>(ours.size()), offered, length);
            if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
            *out = reinterpret_cast<const unsigned char*>(name->data());
            return SSL_TLSEXT_ERR_OK;
        },
        const_cast<std::string*>(&alpn));
    return context;
}

ContextPtr beginning_context() {
    return ContextPtr(certs::check(SSL_CTX_new(TLS_client_method()), "set up the gateway's TLS"));
}

void Connection::serve(net::PlainStream client) {
    client_ = session::Channel(std::move(client));
    if (way_.ends) {
        SSL* const ssl = client_.start_tls(way_.ends.get());
        SSL_set_accept_state(ssl);
        before_ending(ssl);
        if (!handshake(client_, stop_)) return;
    }
    if (dial() && (!way_.begins || begin()) && before_relay()) relay();
    if (client_.ssl()) client_.finish();
}

std::optional<std::string> Connection::sni() const {
    if (!client_.ssl()) return std::nullopt;
    const char* name = SSL_get_servername(client_.ssl(), TLSEXT_NAMETYPE_host_name);
    return name ? std::optional<std::string>(name) : std::nullopt;
}

bool Connection::dial() {
    auto dialled = net::dial(way_.backend, net::Clock::now() + kPatience, &stop_);
    if (dialled) backend_ = session::Channel(std::move(*dialled));
    return dialled.has_value();
}

bool Connection::begin() {
    SSL* const ssl = backend_.start_tls(way_.begins.get());
    SSL_set_connect_state(ssl);
    if (const auto name = sni()) SSL_set_tlsext_host_name(ssl, name->c_str());
    before_beginning(ssl);
    return handshake(backend_, stop_);
}

void Connection::relay() {
    while (pass_on(client_) && pass_on(backend_)) {
        const auto deadline = net::Clock::now() + way_.idle;
        if (!net::wait_for({{client_.fd()}, {backend_.fd()}}, deadline, &stop_)) return;
    }
}

bool Connection::pass_on(session::Channel& from) {
    std::array<char, 16384> bytes;
    std::size_t got = 0;
    for (;;) {
        const net::Io io = from.read(bytes, got);
        if (io != net::Io::done) return io == net::Io::want_read || io == net::Io::want_write;
        const std::string_view piece(bytes.data(), got);
        const bool goes_on = &from == &client_ ? client_said(piece) : backend_said(piece);
        if (!goes_on) return false;
    }
}

}  // namespace sni::gateways
