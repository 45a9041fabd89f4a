#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "lab/core/encoding.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

/// What follows `scheme` in the Authorization header, white space removed.
std::optional<std::string_view> credentials(const Request& request, std::string_view scheme) {
    const std::string* header = http::find_header(request.headers, "Authorization");
    if (!header) return std::nullopt;
    std::string_view text = *header;
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos ||
        !http::same_ignoring_case(text.substr(0, space), scheme)) {
        return std::nullopt;
    }
    text.remove_prefix(space);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

/// User and password are the route's first two parameters.
bool authorized(const Exchange& exchange) {
    const auto encoded = credentials(exchange.request, "Basic");
    const auto decoded = encoded ? from_base64(*encoded) : std::nullopt;
    if (!decoded) return false;
    const std::string_view text(reinterpret_cast<const char*>(decoded->data()), decoded->size());
    const std::size_t colon = text.find(':');
    return colon != std::string_view::npos && text.substr(0, colon) == exchange.parameters.at(0) &&
           text.substr(colon + 1) == exchange.parameters.at(1);
}

Response welcome(const Exchange& exchange) {
    return json_response({{"authenticated", true}, {"user", exchange.parameters.at(0)}});
}

}  // namespace

Response basic_auth(const Exchange& exchange) {
    if (authorized(exchange)) return welcome(exchange);
    return {.status = 401, .headers = {{"WWW-Authenticate", R"(Basic realm="Fake Realm")"}}};
}

Response hidden_basic_auth(const Exchange& exchange) {
    if (authorized(exchange)) return welcome(exchange);
    return error_response(404, "not found");
}

Response bearer(const Exchange& exchange) {
    const auto token = credentials(exchange.request, "Bearer");
    if (token && !token->empty()) {
        return json_response({{"authenticated", true}, {"token", *token}});
    }
    return {.status = 401, .headers = {{"WWW-Authenticate", "Bearer"}}};
}

}  // namespace sni::httpbin
