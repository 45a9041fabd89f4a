#include "lab/backend/session.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "lab/backend/tls_details.h"
#include "lab/net/address.h"

namespace sni::backend {

Session::Session(net::PlainStream socket, Endpoint peer, Service& service)
    : service_(service),
      serving_(service.serving.get()),
      connection_{.peer = std::move(peer)},
      reader_(http::HeadLimits{}, service.limits.body_bytes),
      deadline_(Clock::now() + service.limits.handshake) {
    if (std::ranges::any_of(service.accept_proxy, [this](const Cidr& range) {
            return range.contains(connection_.peer);
        })) {
        preface_.emplace();
    }
    if (service.plain) {
        channel_ = std::make_unique<Channel>(std::move(socket));
        return;
    }
    auto channel = std::make_unique<TlsChannel>(std::move(socket), serving_->tls.get());
    tls_ = channel.get();
    channel_ = std::move(channel);
    connection_.exporter_sha256 = [this](const proof::Nonce& nonce) {
        return tls_->exporter_sha256(nonce);
    };
    connection_.channel_binding_sha256 = [this] { return channel_binding_sha256(tls_->ssl()); };
    connection_.client_certificate_pem = [this] { return client_certificate_pem(tls_->ssl()); };
    connection_.record = &tls_->record();
}

Session::~Session() {
    service_.held -= counted_;
    const bool under_way = seen_ ? seen_->outcome == SeenSession::Outcome::handshaking
                                 : tls_ && tls_->wire().received() > 0;
    const bool no_header = preface_ && !preface_->seen().empty();
    if (!under_way && !no_header) return;
    try {
        if (no_header) {
            log_failure(expired_ ? "the PROXY header took too long"
                                 : "no PROXY header, which --accept-proxy demands of this address",
                        preface_->seen());
        } else {
            report(SeenSession::Outcome::failed,
                   crowded_out_ ? tls_->half_hello()
                                      ? "too many hellos waited for their rest (--max-stalled)"
                                      : "too many long hellos waited for the end of their "
                                        "handshake (--max-stalled)"
                   : expired_   ? "the handshake took too long"
                                : "the backend closed the connection");
        }
    } catch (const std::exception&) {
        return;  // no memory to tell of it; then it was never seen
    }
}

Session::Next Session::advance() {
    const Next next = step();
    account();
    return next;
}

Session::Next Session::step() {
    switch (phase_) {
        case Phase::leaving:
            return leave();
        case Phase::draining:
            return discard();
        case Phase::hanging:
            return expired_ ? drain() : discard();
        case Phase::handshake:
            return handshake();
        case Phase::talking:
            return expired_ ? drain() : converse();
        case Phase::waiting:
            if (Clock::now() >= deadline_) break;
            return channel_->reset() ? cut() : Next::read;
        case Phase::sending:
            if (expired_) return cut();
            break;
        case Phase::idle:
            if (expired_) return drain();
            break;
        case Phase::serving:
            break;
        case Phase::head:
        case Phase::body:
            if (expired_) refuse({408, "the request took too long to arrive"});
            break;
    }
    return serve();
}

/// From here on the client is whom the proxy names; a Unix path is nobody's address.
void Session::believe(const proxy::Header& header) {
    connection_.proxy = {connection_.peer, header};
    const bool named = header.addresses && is_ip_literal(header.addresses->source.host);
    if (named) connection_.peer = header.addresses->source;
}

Session::Next Session::handshake() {
    if (service_.fault) return fail(*service_.fault);
    if (preface_) {
        const Io io = preface_->take(channel_->socket());
        if (io == Io::want_read) return Next::read;
        if (is_over(io)) return Next::close;
        believe(preface_->header());
        preface_.reset();
    }
    switch (channel_->handshake()) {
        case Io::want_read:
            report(SeenSession::Outcome::handshaking);
            return Next::read;
        case Io::want_write:
            report(SeenSession::Outcome::handshaking);
            return Next::write;
        case Io::ended:
        case Io::failed:
            report(SeenSession::Outcome::failed, tls_ ? tls_->trouble() : "");
            return drain();  // the client should be able to read the alert
        case Io::done:
            break;
    }
    connection_.local = net::local_endpoint(fd());
    if (tls_) {
        connection_.tls = tls_->facts();
        connection_.server_random = tls_->server_random();
        connection_.handshake = handshake_of(tls_->ssl());
        connection_.first_flight = tls_->take_first_flight();
        connection_.client_certificate = tls_->client_certificate();
    }
    report(SeenSession::Outcome::established);
    return serve();
}

Session::Next Session::serve() {
    std::array<char, 16u << 10> chunk;
    int turn = 0;
    while (true) {
        if (const Io io = send_unsent(); is_over(io)) {
            return Next::close;
        } else if (io != Io::done) {
            return wait_to_send(io);
        }
        if (answering_) {
            if (const auto next = answer()) return *next;
            phase_ = Phase::serving;  // whatever is waited for next has a deadline of its own
            if (++turn == kTurn) return Next::again;
            continue;
        }
        if (auto next = reader_.next()) {
            if (*next) {
                begin(std::move(**next));
            } else {
                refuse(next->error());
            }
            continue;
        }
        if (reader_.take_continue()) {
            unsent_ = "HTTP/1.1 100 Continue\r\n\r\n";
            continue;
        }
        std::size_t got = 0;
        const Io io = channel_->read(chunk, got);
        if (io == Io::done) {
            reader_.feed({chunk.data(), got});
            if (too_much_held()) refuse_over_held();
            continue;
        }
        if (is_over(io)) {
            channel_->finish();
            return Next::close;
        }
        switch (reader_.part()) {
            case http::RequestReader::Part::nothing:
                enter(Phase::idle, service_.limits.idle);
                break;
            case http::RequestReader::Part::head:
                enter(Phase::head, service_.limits.head);
                break;
            case http::RequestReader::Part::body:
                enter(Phase::body, service_.limits.body);
                break;
        }
        return io == Io::want_read ? Next::read : Next::write;
    }
}

bool Session::busy() const {
    switch (phase_) {
        case Phase::head:
        case Phase::body:
        case Phase::waiting:
        case Phase::sending:
        case Phase::serving:
        case Phase::leaving:
        case Phase::draining:
            return true;
        case Phase::handshake:
        case Phase::idle:
        case Phase::talking:
        case Phase::hanging:
            break;
    }
    return false;
}

std::size_t Session::waiting_hello() const {
    if (phase_ != Phase::handshake || !tls_) return 0;
    constexpr std::size_t kBeside = 1u << 10;  // its place, its deadline, and what malloc adds
    const std::size_t own = sizeof(Session) + sizeof(TlsChannel) + kBeside + tls_->wire().held();
    if (tls_->half_hello()) return own;
    // A hello of more than FirstFlight::kMost is OpenSSL's from there on: its session, its buffers,
    // and the message once more.
    constexpr std::size_t kEngine = 48u << 10;
    const bool whole = !tls_->record().hellos().empty() || tls_->wire().received() == 0;
    if (!whole) return own + kEngine + tls_->wire().received();
    // Most are not, and soon done with. OpenSSL, too, has all of one until then, and so does what
    // may be asked for the digest of all that came.
    constexpr std::size_t kLong = 16u << 10;
    const std::size_t hellos = hellos_held();
    return hellos < kLong ? 0 : own + kEngine + 2 * hellos;
}

/// As they came, and as messages.
std::size_t Session::hellos_held() const {
    if (!tls_) return 0;
    std::size_t held = tls_->wire().held() + connection_.first_flight.held();
    for (const auto& hello : tls_->record().hellos()) {
        held += hello.message.size();
    }
    return held;
}

bool Session::expire() {
    switch (phase_) {
        case Phase::waiting:
            return true;
        case Phase::head:
        case Phase::body:
        case Phase::idle:
        case Phase::talking:
        case Phase::sending:
        case Phase::hanging:
            expired_ = true;
            return true;
        case Phase::handshake:
        case Phase::serving:
        case Phase::leaving:
        case Phase::draining:
            break;
    }
    expired_ = true;
    return false;
}

/// Small requests are nobody's trouble, and are not counted one by one.
void Session::account() {
    constexpr std::size_t kSmall = 16u << 10;
    std::size_t held = reader_.held() + unsent_.size() + conversation_held_;
    if (phase_ != Phase::handshake) held += hellos_held();
    if (answering_) {
        const auto& out = answering_->out;
        const http::Response& response = answering_->response;
        held += out ? out->held() : response.body.size() + response.held;
    }
    if (held < kSmall) held = 0;
    if (held == counted_) return;
    service_.held += held - counted_;  // wraps around, and comes out right
    counted_ = held;
}

/// True for the one whose bytes no longer fit beside what others hold.
bool Session::too_much_held() {
    account();
    return counted_ > 0 && service_.held > service_.limits.held_bytes;
}

/// A deadline is set when a phase begins and stays, however often the session is waited for in it.
void Session::enter(Phase phase, std::chrono::milliseconds limit) {
    if (phase_ == phase) return;
    phase_ = phase;
    deadline_ = Clock::now() + limit;
}

}  // namespace sni::backend
