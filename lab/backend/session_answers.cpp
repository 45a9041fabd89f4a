// A session's requests, one at a time: how each is answered, refused or failed, and how bytes get
// out as fast as the client takes them.
#include <utility>

#include <fmt/format.h>

#include "lab/backend/session.h"
#include "lab/httpbin/routes.h"

namespace sni::backend {

/// Lets the handler answer; answer() sends it when it is due.
void Session::begin(http::Incoming incoming) {
    const http::Request& request = incoming.request;
    answering_ =
        std::make_unique<Answering>(Answering{.delivery = {.method = request.method,
                                                           .target = request.target,
                                                           .minor_version = request.minor_version,
                                                           .head_only = request.method == "HEAD",
                                                           .close = !incoming.keep_alive},
                                              .began = Clock::now()});
    Answering& answering = *answering_;
    answering.response = httpbin::respond(request, connection_, serving_->site, &answering.failure);
    answering.response.after += service_.slow;
    if (too_much_held()) refuse_over_held();
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
        web::Delivery& delivery = answering.delivery;
        delivery.close = delivery.close || service_.stopping;
        web::Head head = service_.writer.head(delivery, response);
        answering.out.emplace(std::move(head), std::move(response), delivery.head_only);
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
        if (is_over(io)) return cut();
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

void Session::refuse(const http::Refusal& refusal) {
    std::string detail = refusal.detail;
    if (refusal.status == kTooLarge) {
        ++service_.activity.too_large;
        detail += " (--max-body)";
    }
    end_with(refusal.status, detail);
}

/// What it keeps has no room beside what others do, which may change, or not even by itself.
void Session::refuse_over_held() {
    constexpr int kUnavailable = 503;
    ++service_.activity.over_held;
    const std::size_t most = service_.limits.held_bytes;
    if (counted_ > most) {
        end_with(kTooLarge,
                 fmt::format("this request alone takes more than {} bytes of memory (--max-held)",
                             most));
        return;
    }
    end_with(kUnavailable,
             "too much is held in memory for other requests (--max-held); try again later");
    answering_->response.headers.push_back({"Retry-After", "1"});
}

/// The last answer on this connection, be it instead of one that was made.
void Session::end_with(int status, std::string_view detail) {
    expired_ = false;
    const http::Request* head = reader_.head();
    web::Delivery delivery = answering_
                                 ? std::move(answering_->delivery)
                                 : web::Delivery{.method = head ? head->method : std::string(),
                                                 .target = head ? head->target : std::string(),
                                                 .head_only = reader_.asks_head()};
    delivery.close = true;
    answering_ =
        std::make_unique<Answering>(Answering{.delivery = std::move(delivery),
                                              .response = httpbin::error_response(status, detail),
                                              .began = Clock::now()});
    answering_->response.after = service_.slow;
    httpbin::add_cors(answering_->response, head);
    reader_.drop();
}

}  // namespace sni::backend
