#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/httpbin/echo.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

/// Framing, routing, authentication and what says how to read the body must not come late
/// (RFC 9110 §6.5.1).
bool may_be_trailer(std::string_view name) {
    constexpr std::array<std::string_view, 9> kForbidden = {
        "Transfer-Encoding", "Trailer",      "Host", "Set-Cookie", "Authorization",
        "Cache-Control",     "Max-Forwards", "Te",   "Connection",
    };
    const bool content = http::same_ignoring_case(name.substr(0, 8), "Content-");
    return http::is_token(name) && !content &&
           std::ranges::none_of(
               kForbidden, [&](std::string_view no) { return http::same_ignoring_case(no, name); });
}

}  // namespace

Response trailers(const Exchange& exchange) {
    Headers trailers;
    std::string announced;
    for (const auto& [name, value] : http::parse_query(exchange.request.query)) {
        if (!may_be_trailer(name) || !http::is_header_value(value)) {
            return error_response(
                400, fmt::format("\"{}\" cannot be a trailer", printable(name.substr(0, 60))));
        }
        announced += (announced.empty() ? "" : ", ") + name;
        trailers.push_back({name, value});
    }
    Response response = anything(exchange);
    response.length.reset();  // chunked, however long it is known to be
    if (!response.stream) {
        response.held = response.body.size();
        response.stream = [body = std::exchange(response.body, {})]() mutable -> http::Piece {
            return {.bytes = std::move(body), .last = true};
        };
    }
    // Without chunks there is no place for trailers.
    if (exchange.request.minor_version > 0 && !trailers.empty()) {
        response.headers.push_back({"Trailer", announced});
        response.trailers = [trailers] { return trailers; };
    }
    return response;
}

}  // namespace sni::httpbin
