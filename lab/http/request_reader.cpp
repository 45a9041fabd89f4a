#include "lab/http/request_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sni::http {

std::optional<Result<Incoming, Refusal>> RequestReader::next() {
    if (!pending_) {
        if (auto refusal = read_head()) return std::unexpected(std::move(*refusal));
    }
    if (!pending_) return std::nullopt;
    Pending& pending = *pending_;
    std::string_view rest = wire_;
    const auto complete = pending.body.feed(rest);
    if (!complete) return std::unexpected(complete.error());
    wire_.erase(0, wire_.size() - rest.size());
    if (!*complete) return std::nullopt;
    Incoming incoming{std::move(pending.head.request), pending.head.keep_alive};
    incoming.request.body = pending.body.take();
    pending_.reset();
    if (wire_.empty()) std::string().swap(wire_);  // an idle connection keeps no buffer
    return incoming;
}

/// Fills pending_ when a whole head has arrived.
std::optional<Refusal> RequestReader::read_head() {
    // Clients of old send a line end too many after a body (RFC 9112 §2.2).
    const std::size_t start = std::min(wire_.find_first_not_of("\r\n"), wire_.size());
    blank_ += start;
    if (blank_ > 16) return Refusal{400, "blank lines instead of a request"};
    if (start > 0) {
        wire_.erase(0, start);
        searched_ = 0;
    }
    // Whoever sends this waits for an answer, and no line end may ever come.
    if (!wire_.empty() && wire_.front() >= 0 && wire_.front() <= ' ') {
        return Refusal{400, wire_.starts_with("\x16\x03") ? "a TLS record instead of a request"
                                                          : "no request begins like this"};
    }
    const auto end = head_end(wire_, searched_);
    if (!end) {
        searched_ = wire_.size();
        // Method and version are not counted by the limit, so give them room.
        const bool endless_line =
            wire_.size() > limits_.target_bytes + 64 && wire_.find('\n') == std::string::npos;
        if (endless_line) return Refusal{414, "a request line without end"};
        if (wire_.size() > limits_.head_bytes) {
            return Refusal{
                431, fmt::format("the request head has more than {} bytes", limits_.head_bytes)};
        }
        return std::nullopt;
    }
    auto parsed = parse_head(std::string_view(wire_).substr(0, *end), limits_);
    if (!parsed) return parsed.error();
    wire_.erase(0, *end);
    searched_ = 0;
    blank_ = 0;
    const BodyDecoder body(parsed->framing, body_limit_);
    const bool continue_wanted = parsed->expects_continue;
    pending_.emplace(Pending{std::move(*parsed), body, continue_wanted});
    return std::nullopt;
}

RequestReader::Part RequestReader::part() const {
    if (pending_) return Part::body;
    return wire_.empty() ? Part::nothing : Part::head;
}

bool RequestReader::take_continue() {
    return pending_ && std::exchange(pending_->continue_wanted, false);
}

}  // namespace sni::http
