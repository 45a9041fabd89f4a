#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/backend/cookie.h"
#include "lab/backend/echo.h"
#include "lab/backend/handlers.h"
#include "lab/core/encoding.h"

namespace sni::backend {

namespace {

/// What trackers put into every browser; hidden unless the query has show_env.
constexpr std::array<std::string_view, 8> kHidden = {
    "_gauges_unique",
    "_gauges_unique_year",
    "_gauges_unique_month",
    "_gauges_unique_day",
    "_gauges_unique_hour",
    "__utma",
    "__utmb",
    "__utmz",
};

/// 302 to /cookies, with one Set-Cookie for each name; the first of a name counts.
Response set_all(const Fields& cookies, std::string_view attributes) {
    Response response{.status = 302, .headers = {{"Location", "/cookies"}}};
    Fields seen;
    for (const auto& [name, value] : cookies) {
        if (find_field(seen, name)) continue;
        auto header = set_cookie(name, value, attributes);
        if (!header) {
            return error_response(
                400, fmt::format("\"{}\" is no cookie name", printable(name.substr(0, 60))));
        }
        response.headers.push_back(std::move(*header));
        seen.emplace_back(name, "");
    }
    return response;
}

/// A browser must not send over plain HTTP what it got over TLS.
std::string_view attributes(const Exchange& exchange) {
    return exchange.connection.tls ? "Secure" : "";
}

}  // namespace

Response cookies(const Exchange& exchange) {
    const bool show_all = find_field(parse_query(exchange.request.query), "show_env") != nullptr;
    Fields shown;
    for (auto& cookie : parse_cookies(exchange.request.headers)) {
        const bool hidden = std::ranges::find(kHidden, cookie.first) != kHidden.end();
        if (show_all || !hidden) shown.push_back(std::move(cookie));
    }
    return json_response({{"cookies", to_json(shown)}});
}

Response set_cookies(const Exchange& exchange) {
    return set_all(parse_query(exchange.request.query), attributes(exchange));
}

Response set_one_cookie(const Exchange& exchange) {
    return set_all({{exchange.parameters.at(0), exchange.parameters.at(1)}}, attributes(exchange));
}

Response delete_cookies(const Exchange& exchange) {
    Fields names = parse_query(exchange.request.query);
    for (auto& [name, value] : names) {
        value.clear();
    }
    return set_all(names, "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0");
}

}  // namespace sni::backend
