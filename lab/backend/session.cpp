#include "lab/backend/session.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>

#include "certs/clock.h"
#include "certs/digest.h"
#include "lab/backend/plain_channel.h"
#include "lab/backend/routes.h"
#include "lab/backend/tls_details.h"
#include "lab/net/address.h"
#include "lab/tls/client_hello.h"

namespace sni::backend {

namespace {

/// Requests served in a row while others wait.
constexpr int kTurn = 32;

/// Text as JSON, null for none; bytes that are no UTF-8 become U+FFFD.
std::string json_text(const std::string* text) {
    if (!text) return "null";
    const bool plain = std::ranges::all_of(
        *text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
    if (plain) return '"' + *text + '"';
    return nlohmann::json(*text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// Made once a second for each thread.
const std::string& time_now() {
    static thread_local std::chrono::sys_seconds second;
    static thread_local std::string text;
    const auto now = wall_clock();
    if (text.empty() || now != second) text = sni::to_string(now);
    second = now;
    return text;
}

}  // namespace

Session::Session(net::Descriptor socket, Endpoint peer, Service& service)
    : service_(service),
      serving_(service.serving.get()),
      connection_{.peer = std::move(peer)},
      reader_(HeadLimits{}, service.limits.body_bytes),
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
    const bool under_way = seen_ ? seen_->outcome == SeenSession::Outcome::handshaking
                                 : tls_ && tls_->wire().received() > 0;
    if (!under_way) return;
    try {
        report(SeenSession::Outcome::failed,
               expired_ ? "the handshake took too long" : "the backend closed the connection");
    } catch (const std::exception&) {
        return;  // no memory to tell of it; then it was never seen
    }
}

Session::Next Session::advance() {
    switch (phase_) {
        case Phase::draining:
            return discard();
        case Phase::handshake:
            return shake_hands();
        case Phase::talking:
            return converse({});
        case Phase::serving:
        case Phase::idle:
        case Phase::head:
        case Phase::body:
            break;
    }
    if (expired_) {
        refuse({408, "the request took too long to arrive"});
        return drain();
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
    if (outcome == SeenSession::Outcome::failed) ++activity.failed;
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
        if (auto next = reader_.next()) {
            if (!*next) {
                refuse(next->error());
                return drain();
            }
            if (!serve_one(**next)) return fault_ ? fail(*fault_) : drain();
            if (conversation_) return converse(reader_.take_rest());
            phase_ = Phase::serving;  // whatever is waited for next has a deadline of its own
            if (++turn == kTurn) return Next::again;
            continue;
        }
        if (reader_.take_continue() && !write("HTTP/1.1 100 Continue\r\n\r\n")) return Next::close;
        std::size_t got = 0;
        const Io io = channel_->read(chunk, got);
        if (io == Io::done) {
            reader_.feed({chunk.data(), got});
            continue;
        }
        if (io == Io::closed) {
            channel_->finish();
            return Next::close;
        }
        switch (reader_.part()) {
            case RequestReader::Part::nothing:
                enter(Phase::idle, service_.limits.idle);
                break;
            case RequestReader::Part::head:
                enter(Phase::head, service_.limits.head);
                break;
            case RequestReader::Part::body:
                enter(Phase::body, service_.limits.body);
                break;
        }
        return io == Io::want_read ? Next::read : Next::write;
    }
}

/// False when the connection ends with this answer.
bool Session::serve_one(const Incoming& incoming) {
    const Clock::time_point began = Clock::now();
    const Request& request = incoming.request;
    const Site& site = serving_->site;
    if (service_.slow.count() > 0) site.pause(service_.slow);
    Conversation conversation;
    Delivered delivered = service_.server.answer(
        {.head_only = request.method == "HEAD",
         .close = !incoming.keep_alive || service_.stopping,
         .minor_version = request.minor_version},
        [&] {
            Response response = respond(request, connection_, site);
            conversation = std::exchange(response.conversation, {});
            fault_ = response.fault;
            return response;
        },
        [&](std::string_view bytes) { return !fault_ && write(bytes); });
    if (fault_) delivered = {.status = 0, .bytes = 0, .whole = false};
    service_.activity.answered(delivered.status, delivered.bytes, delivered.whole || fault_);
    log(&request, delivered, began);
    if (delivered.whole) conversation_ = std::move(conversation);
    return delivered.whole && (conversation_ || !delivered.close);
}

/// Both sides may speak when they like, so every byte gives it another idle time.
Session::Next Session::converse(const std::string& early) {
    std::array<char, 16u << 10> chunk;
    std::string_view heard = early;
    phase_ = Phase::talking;
    for (int turn = 0;; ++turn) {
        if (!heard.empty()) {
            const Reply reply = conversation_(heard);
            if (!write(reply.bytes)) return Next::close;
            if (reply.last) return drain();
        }
        if (turn == kTurn) return Next::again;
        std::size_t got = 0;
        const Io io = channel_->read(chunk, got);
        if (io == Io::closed) {
            channel_->finish();
            return Next::close;
        }
        if (io != Io::done) {
            deadline_ = Clock::now() + service_.limits.idle;
            return io == Io::want_read ? Next::read : Next::write;
        }
        heard = {chunk.data(), got};
    }
}

/// What the client sees instead of an answer, or of a handshake.
Session::Next Session::fail(Fault fault) {
    switch (fault) {
        case Fault::hang:
            // It is parked until it goes away, or its time is over; what it sends is thrown away.
            enter(Phase::draining, service_.limits.idle);
            return discard();
        case Fault::close:
            return drain();
        case Fault::reset:
            break;
    }
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return Next::close;
}

void Session::refuse(const Refusal& refusal) {
    const Delivered delivered = service_.server.answer(
        {.close = true},
        [&] {
            Response response = error_response(refusal.status, refusal.detail);
            add_cors(response, nullptr);
            return response;
        },
        [this](std::string_view bytes) { return write(bytes); });
    service_.activity.answered(delivered.status, delivered.bytes, delivered.whole);
    log(reader_.head(), delivered, Clock::now());
}

Session::Next Session::drain() {
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
    expired_ = true;
    return phase_ == Phase::head || phase_ == Phase::body;
}

/// A deadline is set when a phase begins and stays, however often the session is waited for in it.
void Session::enter(Phase phase, std::chrono::milliseconds limit) {
    if (phase_ == phase) return;
    phase_ = phase;
    deadline_ = Clock::now() + limit;
}

bool Session::write(std::string_view bytes) {
    while (!bytes.empty()) {
        std::size_t taken = 0;
        switch (channel_->write(bytes, taken)) {
            case Io::done:
                bytes.remove_prefix(taken);
                break;
            case Io::want_read:
                if (!wait_for(POLLIN)) return false;
                break;
            case Io::want_write:
                if (!wait_for(POLLOUT)) return false;
                break;
            case Io::closed:
                return false;
        }
    }
    return true;
}

bool Session::wait_for(short events) {
    const WorkerPool::Blocking blocking(service_.workers);
    std::array<pollfd, 2> waits{
        {{.fd = fd(), .events = events}, {.fd = service_.interrupt, .events = POLLIN}}};
    const auto limit = static_cast<int>(service_.limits.write_stall.count());
    const int ready = ::poll(waits.data(), waits.size(), limit);
    return ready > 0 && waits[1].revents == 0;
}

void Session::log(const Request* request, const Delivered& delivered,
                  Clock::time_point began) const {
    if (!service_.access_log) return;
    using std::chrono::duration_cast;
    const auto took = duration_cast<std::chrono::microseconds>(Clock::now() - began);
    const std::string* sni =
        connection_.tls && connection_.tls->sni ? &*connection_.tls->sni : nullptr;
    // A document for each request would cost as much as the answer; only what peers chose can need
    // escaping.
    service_.access_log(fmt::format(
        R"({{"bytes":{},"method":{},"ms":{},"peer":"{}","sni":{},"status":{},"target":{},"time":"{}","whole":{}}})",
        delivered.bytes, json_text(request ? &request->method : nullptr),
        static_cast<double>(took.count()) / 1000, to_string(connection_.peer), json_text(sni),
        delivered.status, json_text(request ? &request->target : nullptr), time_now(),
        delivered.whole));
}

}  // namespace sni::backend
