#include "lab/backend/session.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include "lab/backend/routes.h"
#include "lab/net/address.h"

namespace sni::backend {

namespace {

/// How long a client that was told goodbye may take to hear it.
constexpr std::chrono::milliseconds kDrain{2000};
/// Requests served in a row while others wait.
constexpr int kTurn = 32;

}  // namespace

Session::Session(net::Descriptor socket, Endpoint peer, Service& service)
    : service_(service),
      channel_(std::move(socket), service.tls),
      connection_{.peer = std::move(peer)},
      reader_(HeadLimits{}, service.limits.body_bytes),
      deadline_(Clock::now() + service.limits.handshake) {
    if (std::ranges::any_of(service.accept_proxy, [this](const Cidr& range) {
            return range.contains(connection_.peer);
        })) {
        preface_.emplace();
    }
    connection_.exporter_sha256 = [this](const proof::Nonce& nonce) {
        return channel_.exporter_sha256(nonce);
    };
    connection_.record = &channel_.record();
}

Session::Next Session::advance() {
    switch (phase_) {
        case Phase::draining:
            return channel_.discard() == Io::closed ? Next::close : Next::read;
        case Phase::handshake:
            return shake_hands();
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
    if (preface_) {
        const Io io = preface_->take(fd());
        if (io == Io::want_read) return Next::read;
        if (io == Io::closed) return Next::close;
        believe(preface_->header());
        preface_.reset();
    }
    switch (channel_.handshake()) {
        case Io::want_read:
            return Next::read;
        case Io::want_write:
            return Next::write;
        case Io::closed:
            return drain();  // the client should be able to read the alert
        case Io::done:
            break;
    }
    connection_.local = net::local_endpoint(fd());
    connection_.tls = channel_.facts();
    connection_.first_flight = channel_.take_first_flight();
    connection_.client_certificate = channel_.client_certificate();
    return serve();
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
            if (!serve_one(**next)) return drain();
            phase_ = Phase::serving;  // whatever is waited for next has a deadline of its own
            if (++turn == kTurn) return Next::again;
            continue;
        }
        if (reader_.take_continue() && !write("HTTP/1.1 100 Continue\r\n\r\n")) return Next::close;
        std::size_t got = 0;
        const Io io = channel_.read(chunk, got);
        if (io == Io::done) {
            reader_.feed({chunk.data(), got});
            continue;
        }
        if (io == Io::closed) {
            channel_.finish();
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
    const Delivered delivered = service_.server.answer(
        {.head_only = request.method == "HEAD",
         .close = !incoming.keep_alive || service_.stopping,
         .minor_version = request.minor_version},
        [&] { return respond(request, connection_, service_.site); },
        [this](std::string_view bytes) { return write(bytes); });
    log(&request, delivered, began);
    return delivered.whole && !delivered.close;
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
    log(reader_.head(), delivered, Clock::now());
}

Session::Next Session::drain() {
    channel_.finish();
    enter(Phase::draining, kDrain);
    return Next::read;
}

bool Session::expire() {
    expired_ = phase_ == Phase::head || phase_ == Phase::body;
    return expired_;
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
        switch (channel_.write(bytes, taken)) {
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
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto took = duration_cast<std::chrono::microseconds>(Clock::now() - began);
    nlohmann::json line = {
        {"time", to_string(now)},   {"peer", to_string(connection_.peer)},
        {"sni", nullptr},           {"method", nullptr},
        {"target", nullptr},        {"status", delivered.status},
        {"bytes", delivered.bytes}, {"ms", static_cast<double>(took.count()) / 1000},
        {"whole", delivered.whole},
    };
    if (connection_.tls && connection_.tls->sni) line["sni"] = *connection_.tls->sni;
    if (request) {
        line["method"] = request->method;
        line["target"] = request->target;
    }
    service_.access_log(line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

}  // namespace sni::backend
