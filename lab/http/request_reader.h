// Bytes in, whole requests out: one per connection, fed with whatever arrived. It keeps what came
// early, so pipelined requests come out in order and one at a time. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lab/http/body_decoder.h"
#include "lab/http/request_head.h"

namespace sni::http {

/// One complete request.
struct Incoming {
    Request request;
    bool keep_alive = true;
    bool operator==(const Incoming&) const = default;
};

class RequestReader {
  public:
    RequestReader(HeadLimits limits, std::size_t body_limit)
        : limits_(limits), body_limit_(body_limit) {}

    void feed(std::string_view bytes) { wire_ += bytes; }

    /// The next whole request, why there will never be one, or nothing while more bytes are needed.
    /// After a refusal the reader is of no more use: nobody knows where a next request would begin.
    std::optional<Result<Incoming, Refusal>> next();

    /// What has arrived and belongs to no request: a connection that speaks HTTP no more has it.
    std::string take_rest() { return std::exchange(wire_, {}); }

    /// Forgets what has arrived; after a refusal nobody asks for it.
    void drop() {
        std::string().swap(wire_);
        pending_.reset();
    }

    /// Bytes that it keeps.
    std::size_t held() const { return wire_.size() + (pending_ ? pending_->body.held() : 0); }

    /// What of a request has arrived. With nothing, the reader holds no memory.
    enum class Part { nothing, head, body };
    Part part() const;

    /// True once for a request whose client waits for "100 Continue" before it sends the body.
    bool take_continue();

    /// True when the request that was refused, however little of it could be read, is a HEAD.
    bool asks_head() const {
        return pending_ ? pending_->head.request.method == "HEAD" : wire_.starts_with("HEAD ");
    }

    /// The head of a request whose body was refused, for the log; null when it is unknown.
    const Request* head() const { return pending_ ? &pending_->head.request : nullptr; }

  private:
    std::optional<Refusal> read_head();

    HeadLimits limits_;
    std::size_t body_limit_;
    std::string wire_;
    std::size_t blank_ = 0;     ///< bytes of blank lines before the next request
    std::size_t searched_ = 0;  ///< no head ends before this offset of wire_
    /// A request whose head is complete.
    struct Pending {
        RequestHead head;
        BodyDecoder body;
        bool continue_wanted;
    };
    std::optional<Pending> pending_;
};

}  // namespace sni::http
