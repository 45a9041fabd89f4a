#include <algorithm>
#include <array>
#include <unordered_set>

#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/core/result.h"
#include "lab/http/cookie.h"
#include "lab/httpbin/echo.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/json/json_escape.h"

namespace sni::httpbin {

namespace {

/// What trackers put into every browser; hidden unless the query has show_env.
constexpr std::array<std::string_view, 8> kTrackingCookies = {
    "_gauges_unique",
    "_gauges_unique_year",
    "_gauges_unique_month",
    "_gauges_unique_day",
    "_gauges_unique_hour",
    "__utma",
    "__utmb",
    "__utmz",
};

/// What stands behind a cookie's value.
struct CookieAttributes {
    std::string text;  ///< separated by "; "
    std::string path = "/";

    void add(std::string_view attribute) {
        if (!text.empty()) text += "; ";
        text += attribute;
    }
};

constexpr std::string_view kAttribute = "attr[";

bool is_attribute(const std::string& name) {
    return name.starts_with(kAttribute) && name.ends_with(']');
}

bool is_attribute_value(std::string_view text) {
    return http::is_header_value(text) && !text.contains(';');
}

/// `secure`: a browser must not send over plain HTTP what it got over TLS, unless the query says
/// so. attr[Secure]=true, attr[Path]=/tea and so on, as go-httpbin reads them.
Result<CookieAttributes, std::string> attributes_of(const http::Fields& args, bool secure) {
    constexpr std::array<std::string_view, 3> kFlags = {"Secure", "HttpOnly", "Partitioned"};
    constexpr std::array<std::string_view, 4> kValues = {"Domain", "Expires", "Max-Age",
                                                         "SameSite"};
    CookieAttributes attributes;
    for (const auto& [key, value] : args) {
        if (!is_attribute(key)) continue;
        const std::string_view name =
            std::string_view(key).substr(kAttribute.size(), key.size() - kAttribute.size() - 1);
        const auto same = [&](std::string_view one) {
            return http::same_ignoring_case(one, name) ||
                   (one == "Max-Age" && http::same_ignoring_case(name, "MaxAge"));
        };
        const bool on = value.empty() || value == "1" || http::same_ignoring_case(value, "true");
        const auto* flag = std::ranges::find_if(kFlags, same);
        const auto* valued = std::ranges::find_if(kValues, same);
        const bool path = http::same_ignoring_case(name, "Path");
        if (!is_attribute_value(value) ||
            (flag == kFlags.end() && valued == kValues.end() && !path)) {
            return std::unexpected(fmt::format("\"{}={}\" is no cookie attribute",
                                               printable(name.substr(0, 60)),
                                               printable(value.substr(0, 60))));
        }
        if (path) {
            attributes.path = value;
        } else if (valued != kValues.end()) {
            attributes.add(fmt::format("{}={}", *valued, value));
        } else if (*flag == "Secure") {
            secure = on;
        } else if (on) {
            attributes.add(*flag);
        }
    }
    if (secure) attributes.add("Secure");
    return attributes;
}

/// 302 to /cookies, with one Set-Cookie for each name; the first of a name counts.
Response set_all(const http::Fields& cookies, const CookieAttributes& attributes) {
    Response response{.status = 302, .headers = {{"Location", "/cookies"}}};
    std::unordered_set<std::string_view> seen;
    for (const auto& [name, value] : cookies) {
        if (is_attribute(name) || !seen.insert(name).second) continue;
        auto header = http::set_cookie(name, value, attributes.text, attributes.path);
        if (!header) {
            return error_response(
                400, fmt::format("\"{}\" is no cookie name", printable(name.substr(0, 60))));
        }
        response.headers.push_back(std::move(*header));
    }
    return response;
}

/// With the attributes that the query asks for.
Response set_asked(const Exchange& exchange, const http::Fields& cookies) {
    const auto attributes =
        attributes_of(http::parse_query(exchange.request.query), is_secure(exchange));
    if (!attributes) return error_response(400, attributes.error());
    return set_all(cookies, *attributes);
}

}  // namespace

Response cookies(const Exchange& exchange) {
    const bool show_all =
        http::find_field(http::parse_query(exchange.request.query), "show_env") != nullptr;
    auto shown = nlohmann::json::object();
    for (auto& [name, value] : http::parse_cookies(exchange.request.headers)) {
        const bool hidden = std::ranges::find(kTrackingCookies, name) != kTrackingCookies.end();
        // Two names that are no UTF-8 may be shown as one; the first counts there as well.
        if (show_all || !hidden) shown.emplace(sound_utf8(std::move(name)), std::move(value));
    }
    return json_response({{"cookies", std::move(shown)}});
}

Response set_cookies(const Exchange& exchange) {
    return set_asked(exchange, http::parse_query(exchange.request.query));
}

Response set_one_cookie(const Exchange& exchange) {
    return set_asked(exchange, {{exchange.parameters.at(0), exchange.parameters.at(1)}});
}

Response delete_cookies(const Exchange& exchange) {
    http::Fields names = http::parse_query(exchange.request.query);
    // A cookie is found by its domain and path, too.
    auto attributes = attributes_of(names, false);
    if (!attributes) return error_response(400, attributes.error());
    // Of two that say how long it lives the last one counts (RFC 6265 §5.3).
    attributes->add("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0");
    for (auto& [name, value] : names) {
        value.clear();
    }
    return set_all(names, *attributes);
}

}  // namespace sni::httpbin
