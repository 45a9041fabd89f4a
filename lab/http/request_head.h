// The head of an HTTP/1.x request, from the request line to the blank line, read strictly
// (RFC 9112): whatever two parsers might read differently is refused, because that is what request
// smuggling is made of. Pure; finding the end of the head is request_reader.h's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/result.h"
#include "lab/http/message.h"

namespace sni::http {

struct HeadLimits {
    std::size_t target_bytes = 8u << 10;  ///< above: 414
    std::size_t head_bytes = 64u << 10;   ///< request line included; above: 431
    std::size_t headers = 100;            ///< above: 431
    bool host = true;                     ///< HTTP/1.1 without one: 400
};

/// Why a request is answered with an error and its connection closed.
struct Refusal {
    int status = 400;
    std::string detail;
    bool operator==(const Refusal&) const = default;
};

inline std::unexpected<Refusal> refuse(int status, std::string detail) {
    return std::unexpected(Refusal{status, std::move(detail)});
}

/// How long the body is; RFC 9112 §6.3 leaves a request only these.
struct Framing {
    bool chunked = false;
    std::uint64_t length = 0;  ///< when not chunked
    bool operator==(const Framing&) const = default;
};

struct RequestHead {
    Request request;  ///< its body still empty
    Framing framing;
    bool keep_alive = true;
    bool expects_continue = false;
    bool operator==(const RequestHead&) const = default;
};

/// The length of the head at the front of `bytes`, blank line included; nothing while it is
/// incomplete. Lines end in CRLF or, as RFC 9112 §2.2 permits, in LF alone. `from` is where the
/// last search stopped.
std::optional<std::size_t> head_end(std::string_view bytes, std::size_t from = 0);

/// `head` ends with its blank line.
Result<RequestHead, Refusal> parse_head(std::string_view head, const HeadLimits& limits = {});

/// One "name: value" line without its line end; the trailer section of a chunked body has the same
/// rules.
Result<Header, Refusal> parse_field_line(std::string_view line);

}  // namespace sni::http
