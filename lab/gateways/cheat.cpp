#include "lab/gateways/cheat.h"

#include <array>

#include <openssl/ssl.h>

#include "lab/gateways/forger.h"
#include "lab/http/response_reader.h"

namespace sni::gateways {

void Cheat::before_ending(SSL* ssl) {
    record_.listen_to(ssl);
    record_.keep();
}

void Cheat::before_beginning(SSL* ssl) {
    if (options_.forgery == Forgery::none) return;
    const int version = SSL_version(client_.ssl());
    SSL_set_min_proto_version(ssl, version);
    SSL_set_max_proto_version(ssl, version);
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(client_.ssl(), &name, &length);
    std::string offer(1, static_cast<char>(length));
    offer.append(reinterpret_cast<const char*>(name), length);
    if (length == 0) return;
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
}

bool Cheat::client_said(std::string_view piece) {
    if (options_.forgery == Forgery::none || !nonce_asked_for(piece))
        return Connection::client_said(piece);
    return forge(std::string(piece));
}

bool Cheat::forge(std::string request) {
    const proof::Nonce nonce = nonce_asked_for(request).value_or(proof::Nonce{});
    switch (options_.forgery) {
        case Forgery::none:
            break;
        case Forgery::swap_nonce:
            return Connection::client_said(with_other_nonce(std::move(request)));
        case Forgery::replay:
            return answer(genuine_envelope(options_.backend, sni(), proof::Nonce{}));
        case Forgery::other_connection:
            return answer(genuine_envelope(options_.backend, sni(), nonce));
        case Forgery::rewrite:
            return answer(forged_envelope(fetch(request), client_.ssl(), record_, nullptr));
        case Forgery::resign:
            return answer(forged_envelope(fetch(request), client_.ssl(), record_, &own_));
        case Forgery::truncate: {
            const std::string whole = fetch(request);
            return answer(std::string_view(whole).substr(0, whole.size() / 2));
        }
        case Forgery::drop:
            break;
    }
    return false;
}

bool Cheat::answer(std::string_view body) {
    down_.send(answer_with(body));
    return true;
}

std::string Cheat::fetch(std::string_view request) {
    if (!write_all(backend_, request, stop_)) return "";
    http::ResponseReader reader(proof::kEnvelopeLimit);
    std::array<char, 16384> bytes;
    for (;;) {
        std::size_t got = 0;
        const net::Io io = backend_.read(bytes, got);
        if (io != net::Io::done && !wait_for(backend_, io, stop_)) return "";
        const auto state = reader.feed({bytes.data(), got});
        if (state == http::ResponseReader::State::whole) return reader.response().body;
        if (state == http::ResponseReader::State::broken) return "";
    }
}

}  // namespace sni::gateways
