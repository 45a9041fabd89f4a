// A WebSocket that echoes: how it is asked for, and what is answered.
#include "lab/http/websocket.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "lab/core/codes.h"
#include "lab/core/diagnostic.h"
#include "lab/core/encoding.h"
#include "lab/http/number.h"
#include "lab/http/query.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

std::optional<http::WebSocketLimits> limits_from(const http::Fields& args) {
    constexpr std::uint64_t kMost = 16u << 20;
    http::WebSocketLimits limits;
    const std::string* fragment = http::find_field(args, "max_fragment_size");
    const std::string* message = http::find_field(args, "max_message_size");
    const auto fragment_bytes =
        fragment ? http::parse_clamped(*fragment, kMost + 1) : limits.fragment;
    const auto message_bytes = message ? http::parse_clamped(*message, kMost + 1) : limits.message;
    if (!fragment_bytes || !message_bytes) return std::nullopt;
    if (*fragment_bytes == 0 || *message_bytes == 0 || *message_bytes > kMost) return std::nullopt;
    if (fragment && message && *fragment_bytes > *message_bytes) return std::nullopt;
    limits.message = *message_bytes;
    limits.fragment =
        fragment ? *fragment_bytes : std::min<std::size_t>(limits.fragment, limits.message);
    return limits;
}

/// The first that Sec-WebSocket-Protocol names; nothing when there is none, or it is no token.
std::optional<std::string> first_protocol(const Headers& headers) {
    const auto offered = http::list_header(headers, "Sec-WebSocket-Protocol");
    if (!offered) return std::nullopt;
    std::string_view first = std::string_view(*offered).substr(0, offered->find(','));
    while (first.ends_with(' ') || first.ends_with('\t')) {
        first.remove_suffix(1);
    }
    return http::is_token(first) ? std::optional(std::string(first)) : std::nullopt;
}

/// The value of Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2).
std::string websocket_accept(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    if (EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(),
                     reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) {
        throw Failure(Exit::machine, code::kUnexpected, "OpenSSL has no SHA-1");
    }
    return to_base64(Bytes(digest).first(size));
}

}  // namespace

Response websocket_echo(const Exchange& exchange) {
    const Request& request = exchange.request;
    const std::string* key = http::find_header(request.headers, "Sec-WebSocket-Key");
    const std::string* version = http::find_header(request.headers, "Sec-WebSocket-Version");
    const auto nonce = key ? from_base64(*key) : std::nullopt;
    const bool asked = request.method == "GET" && request.minor_version > 0 &&
                       http::has_token(request.headers, "Connection", "upgrade") &&
                       http::has_token(request.headers, "Upgrade", "websocket");
    if (!asked || !nonce || nonce->size() != 16) {
        return error_response(400, "this is no WebSocket handshake");
    }
    if (!version || *version != "13") {
        Response response = error_response(400, "the only version is 13");
        response.headers.push_back({"Sec-WebSocket-Version", "13"});
        return response;
    }
    const auto limits = limits_from(http::parse_query(request.query));
    if (!limits) return error_response(400, "the size limits are from 1 to 16777216");
    Response response{
        .status = 101,
        .headers = {{"Upgrade", "websocket"},
                    {"Connection", "Upgrade"},
                    {"Sec-WebSocket-Accept", websocket_accept(*key)}},
        .conversation = [echo = http::WebSocketEcho(*limits)](
                            std::string_view bytes) mutable { return echo.feed(bytes); },
        .farewell = http::WebSocketEcho::going_away()};
    // An echo speaks every protocol, so the client gets its first choice.
    if (auto protocol = first_protocol(request.headers)) {
        response.headers.push_back({"Sec-WebSocket-Protocol", std::move(*protocol)});
    }
    return response;
}

}  // namespace sni::httpbin
