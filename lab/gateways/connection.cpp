#include "lab/gateways/connection.h"

#include <array>
#include <utility>

#include "certs/install.h"
#include "lab/net/dial.h"

namespace sni::gateways {

namespace {

/// What a side did not take is offered again from wherever it is kept by then.
constexpr auto kWriteMode = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;

}  // namespace

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
    SSL_CTX_set_mode(context.get(), kWriteMode);
    return context;
}

ContextPtr beginning_context() {
    ContextPtr context(certs::check(SSL_CTX_new(TLS_client_method()), "set up the gateway's TLS"));
    SSL_CTX_set_mode(context.get(), kWriteMode);
    return context;
}

void Connection::serve(net::PlainStream client) {
    client_ = session::Channel(std::move(client));
    if (way_.ends) {
        SSL* const ssl = client_.start_tls(way_.ends.get());
        SSL_set_accept_state(ssl);
        before_ending(ssl);
        if (!handshake(client_, stop_)) return;
    }
    const bool both = dial() && (!way_.begins || begin()) && before_relay();
    const bool ends_in_order = !both || relay();
    if (ends_in_order && client_.ssl()) client_.finish();
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

bool Connection::client_said(std::string_view piece) {
    up_.send(piece);
    return true;
}

bool Connection::backend_said(std::string_view piece) {
    down_.send(piece);
    return true;
}

bool Connection::relay() {
    using State = Direction::State;
    for (;;) {
        const bool more_down = move(down_);
        const bool more = move(up_) || more_down;
        if (up_.state() == State::over && down_.state() == State::over) return false;
        if (up_.state() == State::left || down_.state() == State::left) return true;
        if (Direction* const way = broken()) {
            break_off(*way);
            return false;
        }
        const auto deadline = net::Clock::now() + way_.idle;
        const bool goes_on =
            more ? !stop_.called()
                 : net::wait_for({up_.interest(), down_.interest()}, deadline, &stop_);
        if (!goes_on) return !stop_.called() && !up_.pending() && !down_.pending();
    }
}

bool Connection::move(Direction& way) {
    constexpr unsigned kHelping = 16;  // pieces; then it is the other direction's turn
    std::array<char, 16384> bytes;
    for (unsigned i = 0; i < kHelping; ++i) {
        std::size_t got = 0;
        if (!way.flush() || !way.read(bytes, got)) return false;
        const std::string_view piece(bytes.data(), got);
        if (!(&way == &up_ ? client_said(piece) : backend_said(piece))) way.leave();
    }
    return way.open();
}

Direction* Connection::broken() {
    using State = Direction::State;
    if (up_.state() == State::from_lost || down_.state() == State::to_lost) return &up_;
    if (down_.state() == State::from_lost || up_.state() == State::to_lost) return &down_;
    return nullptr;
}

void Connection::break_off(Direction& way) {
    way.from_is_gone();
    while (move(way)) {
    }
    if (way.state() != Direction::State::over) way.cut();
}

bool Connection::pass_on(Direction& way) {
    while (move(way) || way.pending()) {
        const auto deadline = net::Clock::now() + kPatience;
        if (way.pending() && !net::wait_for({way.interest()}, deadline, &stop_)) return false;
    }
    return way.open();
}

}  // namespace sni::gateways
