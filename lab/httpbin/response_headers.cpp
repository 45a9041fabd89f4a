#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/httpbin/echo.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

/// Sent, they would tear the answer apart; they are shown only.
constexpr std::array<std::string_view, 7> kFraming = {
    "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Trailer", "Upgrade", "Te",
};

bool is_framing(std::string_view name) {
    return std::ranges::any_of(kFraming, [&](std::string_view framing) {
        return http::same_ignoring_case(framing, name);
    });
}

/// The document tells its own length, in its first member, so it is written until that is right.
Response with_own_length(http::Fields shown) {
    Response response;
    std::string& told = shown.front().second;
    do {
        told = std::to_string(response.body.size());
        response = json_response(to_json(shown));
    } while (told != std::to_string(response.body.size()));
    return response;
}

}  // namespace

Response response_headers(const Exchange& exchange) {
    http::Fields shown{{"Content-Length", ""}, {"Content-Type", "application/json"}};
    Headers sent;
    for (const auto& [name, value] : http::parse_query(exchange.request.query)) {
        if (!http::is_token(name) || !http::is_header_value(value)) {
            return error_response(
                400, fmt::format("\"{}: {}\" is no header", printable(name.substr(0, 60)),
                                 printable(value.substr(0, 60))));
        }
        const auto same = std::ranges::find_if(
            shown, [&](const auto& field) { return http::same_ignoring_case(field.first, name); });
        // One spelling of a name, so that its values come as one list.
        shown.emplace_back(same == shown.end() ? name : same->first, value);
        if (!is_framing(name)) sent.push_back({name, value});
    }
    Response response = with_own_length(std::move(shown));
    for (Header& header : sent) {
        response.headers.push_back(std::move(header));
    }
    return response;
}

}  // namespace sni::httpbin
