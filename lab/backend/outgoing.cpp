#include "lab/backend/outgoing.h"

#include <exception>
#include <utility>

#include "lab/http/chunks.h"

namespace sni::backend {

namespace {

/// A short answer is one piece, and so one TLS record.
constexpr std::size_t kOnePiece = 16u << 10;

}  // namespace

Outgoing::Outgoing(web::Head head, http::Response response, bool head_only)
    : response_(std::move(response)),
      chunked_(head.chunked),
      close_(head.close),
      front_(std::move(head.text)) {
    http::Headers().swap(response_.headers);
    if (head_only || !http::may_have_body(response_.status)) {
        response_.body.clear();
        response_.stream = nullptr;
    }
    ended_ = !response_.stream;
    if (front_.size() + response_.body.size() > kOnePiece) return;
    front_ += response_.body;
    response_.body.clear();
}

std::string_view Outgoing::pending() const {
    return std::string_view(front_.empty() ? response_.body : front_).substr(at_);
}

void Outgoing::taken(std::size_t count) {
    sent_ += count;
    at_ += count;
    if (!pending().empty()) return;
    at_ = 0;
    std::string().swap(front_.empty() ? response_.body : front_);
}

Outgoing::Next Outgoing::next() {
    while (pending().empty()) {
        if (ended_) return Next::done;
        if (const Next piece = next_piece(); piece != Next::bytes) return piece;
    }
    return Next::bytes;
}

/// Fills front_, be it with nothing.
Outgoing::Next Outgoing::next_piece() {
    try {
        http::Piece piece = response_.stream();
        wait_ = piece.wait;
        if (piece.bytes.empty() && !piece.last) {
            return piece.wait.count() > 0 ? Next::wait : Next::broken;
        }
        given_ += piece.bytes.size();
        const bool lies = response_.length &&
                          (piece.last ? given_ != *response_.length : given_ > *response_.length);
        if (lies) return Next::broken;
        ended_ = piece.last;
        front_ = std::move(piece.bytes);
        if (!chunked_) return Next::bytes;
        front_ = http::chunk(front_);
        if (ended_) {
            front_ += http::last_chunk(response_.trailers ? response_.trailers() : http::Headers());
        }
        return Next::bytes;
    } catch (const std::exception&) {
        return Next::broken;
    }
}

}  // namespace sni::backend
