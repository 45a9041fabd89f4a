#include "lab/backend/session.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "certs/digest.h"
#include "lab/backend/access_line.h"
#include "lab/backend/plain_channel.h"
#include "lab/backend/tls_details.h"
#include "lab/httpbin/routes.h"
#include "lab/net/address.h"
#include "lab/tls/client_hello.h"
#include "lab/tls/first_bytes.h"

namespace sni::backend {

namespace {

/// Requests served in a row while others wait.
constexpr int kTurn = 32;
constexpr int kUnavailable = 503;

/// What came instead of TLS, in tls::spoken_in()'s words; empty for what may be TLS.
std::string_view instead_of_tls(Bytes bytes) {
    constexpr std::byte kHandshakeRecord{22};
    if (bytes.empty() || bytes.front() == kHandshakeRecord) return {};
    const std::string_view word = tls::spoken_in(bytes);
    return word == "tls" ? std::string_view() : word;
}

}  // namespace

Session::Session(net::Descriptor socket, Endpoint peer, Service& service)
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
        channel_ = std::make_unique<PlainChannel>(std::move(socket));
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
                   expired_ ? "the handshake took too long" : "the backend closed the connection");
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
        case Phase::draining:
            return discard();
        case Phase::hanging:
            return expired_ ? drain() : discard();
        case Phase::handshake:
            return shake_hands();
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

Session::Next Session::shake_hands() {
    if (service_.fault) return fail(*service_.fault);
    if (preface_) {
        const Io io = preface_->take(fd());
        if (io == Io::want_read) return Next::read;
        if (io == Io::closed) return Next::close;
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
        case Io::closed:
            report(SeenSession::Outcome::failed, tls_ ? tls_->trouble() : "");
            return drain();  // the client should be able to read the alert
        case Io::done:
            break;
    }
    connection_.local = net::local_endpoint(fd());
    if (tls_) {
        connection_.tls = tls_->facts();
        connection_.handshake = handshake_of(tls_->ssl());
        connection_.first_flight = tls_->take_first_flight();
        connection_.client_certificate = tls_->client_certificate();
    }
    report(SeenSession::Outcome::established);
    return serve();
}

/// Once for each outcome, and not before a whole ClientHello while there may still be one.
void Session::report(SeenSession::Outcome outcome, std::string reason) {
    if (!tls_ || (seen_ && seen_->outcome == outcome)) return;
    const auto& hellos = tls_->record().hellos();
    const bool early = outcome == SeenSession::Outcome::handshaking && hellos.empty();
    const bool silent = tls_->wire().received() == 0;
    if (early || silent) return;
    if (!seen_) {
        const auto now = std::chrono::system_clock::now();
        seen_ = {.time = std::chrono::floor<std::chrono::seconds>(now), .peer = connection_.peer};
        if (const auto& proxy = connection_.proxy) {
            seen_->peer = proxy->from;
            if (proxy->header.addresses) seen_->proxy_source = proxy->header.addresses->source;
        }
        if (!hellos.empty()) {
            constexpr std::size_t kMessageHeader = 4;
            const Bytes message = hellos.front().message;
            tls::ClientHello hello;
            // Whatever is wrong with it, OpenSSL has the say; the name is told when it was reached.
            static_cast<void>(tls::read_client_hello(message.subspan(kMessageHeader),
                                                     tls::TrailingDot::refuse, hello));
            seen_->sni = std::move(hello.server_name_sent);
            seen_->hello_sha256 = certs::sha256(message);
        }
    }
    seen_->outcome = outcome;
    seen_->reason = std::move(reason);
    Activity& activity = service_.activity;
    if (outcome == SeenSession::Outcome::failed) {
        ++activity.failed;
        log_failure(seen_->reason,
                    hellos.empty() ? tls_->wire().first_bytes() : std::vector<std::byte>());
    }
    if (const auto& tls = connection_.tls; tls && outcome == SeenSession::Outcome::established) {
        seen_->version = tls->version;
        ++activity.established;
        if (tls->resumed) ++activity.resumed;
    }
    if (seen_number_ == 0) {
        seen_number_ = activity.sessions.add(*seen_);
    } else {
        activity.sessions.set(seen_number_, *seen_);
    }
}

Session::Next Session::serve() {
    std::array<char, 16u << 10> chunk;
    int turn = 0;
    while (true) {
        if (const Io io = send_unsent(); io == Io::closed) {
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
            if (too_much_held()) {
                refuse({kUnavailable,
                        "too much is held in memory for other requests; try again later"});
            }
            continue;
        }
        if (io == Io::closed) {
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

/// Lets the handler answer; answer() sends it when it is due.
void Session::begin(http::Incoming incoming) {
    const http::Request& request = incoming.request;
    answering_ =
        std::make_unique<Answering>(Answering{.method = request.method,
                                              .target = request.target,
                                              .delivery = {.head_only = request.method == "HEAD",
                                                           .close = !incoming.keep_alive,
                                                           .minor_version = request.minor_version},
                                              .began = Clock::now()});
    Answering& answering = *answering_;
    answering.response =
        guarded([&] { return httpbin::respond(request, connection_, serving_->site); });
    answering.response.after += service_.slow;
}

/// Nothing when the next request may come.
std::optional<Session::Next> Session::answer() {
    Answering& answering = *answering_;
    if (!answering.out) {
        http::Response& response = answering.response;
        if (response.after.count() > 0) {
            const auto after = std::exchange(response.after, std::chrono::milliseconds(0));
            return rest_until(answering.began + after);
        }
        if (response.fault) return end_answer(false);
        conversation_ = std::exchange(response.conversation, {});
        farewell_ = std::exchange(response.farewell, {});
        answering.delivery.close = answering.delivery.close || service_.stopping;
        answering.out = service_.server.answer(answering.delivery, std::move(response));
    }
    Outgoing& out = *answering.out;
    constexpr int kMostPieces = 256;
    for (int piece = 0; piece < kMostPieces; ++piece) {
        switch (out.next()) {
            case Outgoing::Next::done:
                return end_answer(true);
            case Outgoing::Next::broken:
                return cut();
            case Outgoing::Next::wait:
                return rest_until(Clock::now() + out.wait());
            case Outgoing::Next::bytes:
                break;
        }
        std::size_t taken = 0;
        const Io io = channel_->write(out.pending(), taken);
        if (io == Io::closed) return cut();
        if (io != Io::done) return wait_to_send(io);
        out.taken(taken);
        stalled_ = false;
    }
    phase_ = Phase::serving;
    return Next::again;
}

Session::Next Session::rest_until(Clock::time_point when) {
    phase_ = Phase::waiting;
    deadline_ = when;
    return Next::read;
}

/// A client that takes no byte for so long is given up.
Session::Next Session::wait_to_send(Io io) {
    if (!std::exchange(stalled_, true)) deadline_ = Clock::now() + service_.limits.write_stall;
    if (phase_ != Phase::talking) phase_ = Phase::sending;
    return io == Io::want_read ? Next::read : Next::write;
}

/// `whole`: the client has been sent all of it. Nothing when the next request may come.
std::optional<Session::Next> Session::end_answer(bool whole) {
    const std::unique_ptr<Answering> ended = std::exchange(answering_, nullptr);
    const auto& out = ended->out;
    const std::optional<http::Fault> fault = out ? std::nullopt : ended->response.fault;
    const int status = out ? out->status() : 0;
    const std::size_t bytes = out ? out->sent() : 0;
    service_.activity.answered(status, bytes, whole || fault);
    log(*ended, status, bytes, whole);
    if (fault) return fail(*fault);
    if (!whole) return Next::close;
    if (conversation_) {
        phase_ = Phase::talking;
        hear(reader_.take_rest());
        return converse();
    }
    if (out && out->close()) return drain();
    return std::nullopt;
}

/// What is left of unsent_; `done`: nothing.
Io Session::send_unsent() {
    while (unsent_at_ < unsent_.size()) {
        std::size_t taken = 0;
        const Io io = channel_->write(std::string_view(unsent_).substr(unsent_at_), taken);
        if (io != Io::done) return io;
        unsent_at_ += taken;
        stalled_ = false;
    }
    if (unsent_at_ > 0) std::string().swap(unsent_);
    unsent_at_ = 0;
    return Io::done;
}

/// Both sides may speak when they like, so every byte gives it another idle time. Nothing more is
/// read before the client has taken what was said.
Session::Next Session::converse() {
    std::array<char, 16u << 10> chunk;
    for (int turn = 0; turn < kTurn; ++turn) {
        Io io = send_unsent();
        if (io == Io::closed) return Next::close;
        if (io != Io::done) return wait_to_send(io);
        if (last_word_) return drain();
        std::size_t got = 0;
        io = channel_->read(chunk, got);
        if (io == Io::closed) {
            channel_->finish();
            return Next::close;
        }
        if (io != Io::done) {
            deadline_ = Clock::now() + service_.limits.idle;
            return io == Io::want_read ? Next::read : Next::write;
        }
        hear({chunk.data(), got});
        if (too_much_held()) return drain();
    }
    return Next::again;
}

void Session::hear(std::string_view bytes) {
    http::Reply reply = conversation_(bytes);
    unsent_ = std::move(reply.bytes);
    last_word_ = reply.last;
    conversation_held_ = reply.held;
}

/// What the client sees instead of an answer, or of a handshake.
Session::Next Session::fail(http::Fault fault) {
    switch (fault) {
        case http::Fault::hang:
            // It is parked until it goes away, or its time is over; what it sends is thrown away.
            enter(Phase::hanging, service_.limits.idle);
            return discard();
        case http::Fault::close:
            return drain();
        case http::Fault::reset:
            break;
    }
    channel_->reset_on_close();
    return Next::close;
}

/// The last answer on this connection.
void Session::refuse(const http::Refusal& refusal) {
    expired_ = false;
    const http::Request* head = reader_.head();
    answering_ = std::make_unique<Answering>(
        Answering{.method = head ? head->method : std::string(),
                  .target = head ? head->target : std::string(),
                  .delivery = {.head_only = reader_.asks_head(), .close = true},
                  .response = httpbin::error_response(refusal.status, refusal.detail),
                  .began = Clock::now()});
    if (refusal.status == kUnavailable) {
        answering_->response.headers.push_back({"Retry-After", "1"});
    }
    httpbin::add_cors(answering_->response, nullptr);
    reader_.drop();
}

/// The answer under way cannot be finished. What only the end of the connection would end is ended
/// by a reset; any other answer tells by itself that it is not whole.
Session::Next Session::cut() {
    if (!answering_) return Next::close;
    if (const auto& out = answering_->out; out && out->until_close()) {
        channel_->reset_on_close();
    } else {
        channel_->finish();
    }
    end_answer(false);
    return Next::close;
}

void Session::finish() {
    if (answering_) {
        cut();
        return;
    }
    if (phase_ == Phase::talking && unsent_.empty()) {
        unsent_ = farewell_;
        send_unsent();
    }
    channel_->finish();
}

bool Session::busy() const {
    switch (phase_) {
        case Phase::head:
        case Phase::body:
        case Phase::waiting:
        case Phase::sending:
        case Phase::serving:
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

std::size_t Session::half_hello() const {
    if (phase_ != Phase::handshake || !tls_ || !tls_->record().hellos().empty()) return 0;
    return tls_->wire().received();
}

Session::Next Session::drain() {
    expired_ = false;
    if (phase_ == Phase::talking && unsent_.empty() && !last_word_) {
        unsent_ = farewell_;
        send_unsent();
    }
    channel_->finish();
    enter(Phase::draining, kDrain);
    return discard();
}

Session::Next Session::discard() {
    switch (channel_->discard()) {
        case Io::closed:
            return Next::close;
        case Io::done:
            return Next::again;
        case Io::want_read:
        case Io::want_write:
            break;
    }
    return Next::read;
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
    if (answering_) {
        const auto& out = answering_->out;
        held += out ? out->held() : answering_->response.body.size();
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

/// A line for a connection that came to no request, since nothing else will leave one.
void Session::log_failure(std::string_view reason, Bytes came) const {
    if (!service_.access_log) return;
    const std::string_view saw = instead_of_tls(came);
    if (saw == "proxy") {
        reason = preface_ ? "a PROXY header that is broken or not whole"
                          : "a PROXY header, which --accept-proxy does not take from this address";
    }
    const std::string* sni = seen_ && seen_->sni ? &*seen_->sni : nullptr;
    service_.access_log(access_line(
        FailedHandshake{.peer = connection_.peer, .sni = sni, .reason = reason, .saw = saw}));
}

void Session::log(const Answering& answering, int status, std::size_t bytes, bool whole) const {
    if (!service_.access_log) return;
    const auto took = Clock::now() - answering.began;
    const auto& tls = connection_.tls;
    service_.access_log(access_line(
        ServedRequest{.peer = connection_.peer,
                      .sni = tls && tls->sni ? &*tls->sni : nullptr,
                      .method = answering.method.empty() ? nullptr : &answering.method,
                      .target = answering.target.empty() ? nullptr : &answering.target,
                      .status = status,
                      .bytes = bytes,
                      .took = std::chrono::duration_cast<std::chrono::microseconds>(took),
                      .whole = whole}));
}

}  // namespace sni::backend
