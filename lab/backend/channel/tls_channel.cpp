#include "lab/backend/channel/tls_channel.h"

#include <algorithm>
#include <array>
#include <memory>

#include "certs/inspect.h"
#include "lab/session/session_facts.h"

namespace sni::backend {

namespace {

using certs::check;

Wire& wire_of(BIO* bio) {
    return *static_cast<Wire*>(BIO_get_data(bio));
}

/// OpenSSL's word for what became of `count` bytes.
int moved(BIO* bio, Io io, std::size_t count) {
    BIO_clear_retry_flags(bio);
    if (io == Io::want_read) BIO_set_retry_read(bio);
    if (io == Io::want_write) BIO_set_retry_write(bio);
    return io == Io::done ? static_cast<int>(count) : io == Io::ended ? 0 : -1;
}

int bio_write(BIO* bio, const char* data, int size) {
    std::size_t taken = 0;
    const Io io = wire_of(bio).write({data, static_cast<std::size_t>(size)}, taken);
    return moved(bio, io, taken);
}

int bio_read(BIO* bio, char* data, int size) {
    std::size_t got = 0;
    const Io io = wire_of(bio).read({data, static_cast<std::size_t>(size)}, got);
    return moved(bio, io, got);
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

Io Wire::take_hello() {
    if (!first_flight_) return Io::done;
    const session::FirstFlight& flight = *first_flight_;
    std::array<char, 16u << 10> chunk;
    while (scanner_.advance(flight.bytes()) == tls::Verdict::need_more && !flight.full()) {
        const std::size_t room = session::FirstFlight::kMost - flight.bytes().size();
        std::size_t got = 0;
        const Io io = receive(std::span(chunk).first(std::min(chunk.size(), room)), got);
        if (io == Io::want_read) return io;
        if (io != Io::done) break;
    }
    taken_ = flight.bytes().size();
    return Io::done;
}

Io Wire::read(std::span<char> into, std::size_t& got) {
    if (given_ == taken_ || !first_flight_) return receive(into, got);
    const Bytes left = first_flight_->bytes().subspan(given_, taken_ - given_);
    got = as_text(left).copy(into.data(), into.size());
    given_ += got;
    return Io::done;
}

Io Wire::receive(std::span<char> into, std::size_t& got) {
    const Io io = socket_.read(into, got);
    ended_ = ended_ || io == Io::ended;
    if (io == Io::done) {
        received_ += got;
        if (first_flight_) first_flight_->took(into.first(got));
    } else if (first_flight_ && io != Io::ended) {
        first_flight_->ran_dry();
    }
    return io;
}

std::vector<std::byte> Wire::first_bytes() const {
    constexpr std::size_t kEnough = 64;
    if (!first_flight_) return {};
    const Bytes read = first_flight_->bytes();
    std::array<char, kEnough> unread;
    std::size_t got = 0;
    socket_.peek(unread, got);
    std::vector<std::byte> bytes(read.begin(), read.end());
    const Bytes more = as_bytes({unread.data(), got});
    bytes.insert(bytes.end(), more.begin(), more.end());
    bytes.resize(std::min(bytes.size(), kEnough));
    return bytes;
}

TlsChannel::Engine::Engine(SSL_CTX* context) : ssl(check(SSL_new(context), "make a TLS session")) {}

void TlsChannel::make_engine() {
    engine_ = std::make_unique<Engine>(context_);
    SSL* const ssl = engine_->ssl.get();
    BIO* const bio = check(BIO_new(wire_method()), "make a BIO");
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    record_.listen_to(ssl);
    SSL_set_accept_state(ssl);
}

Io TlsChannel::outcome(Io io) {
    if (io == Io::failed) {
        const char* const reason = engine_->tls.failure().reason();
        if (reason && !wire_.ended()) trouble_ = reason;
    }
    return io;
}

Io TlsChannel::handshake() {
    if (!engine_) {
        if (const Io io = wire_.take_hello(); io != Io::done) return io;
        make_engine();
    }
    const Io io = outcome(engine_->tls.handshake());
    // Requests have their own framing, so a client that leaves without a word is merely gone; taken
    // for an error, it would not be said goodbye to.
    if (io == Io::done) SSL_set_options(ssl(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    return io;
}

Io TlsChannel::read(std::span<char> into, std::size_t& got) {
    return outcome(engine_->tls.read(into, got));
}

Io TlsChannel::write(std::string_view bytes, std::size_t& taken) {
    return outcome(engine_->tls.write(bytes, taken));
}

Io TlsChannel::finish() {
    if (engine_ && engine_->tls.shutdown() == Io::want_write) return Io::want_write;
    return Channel::finish();
}

proof::TlsFacts TlsChannel::facts() const {
    return session::session_facts(ssl());
}

std::optional<Digest> TlsChannel::server_random() const {
    return session::server_random(ssl());
}

std::optional<CertFacts> TlsChannel::client_certificate() const {
    const certs::X509Ptr certificate(SSL_get1_peer_certificate(ssl()));
    if (!certificate) return std::nullopt;
    return certs::facts_of(certificate.get());
}

std::optional<Digest> TlsChannel::exporter_sha256(const proof::Nonce& nonce) const {
    return session::exporter_digest(ssl(), nonce);
}

}  // namespace sni::backend
