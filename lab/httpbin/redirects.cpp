#include <fmt/format.h>

#include "lab/core/encoding.h"
#include "lab/http/number.h"
#include "lab/http/request_head.h"
#include "lab/httpbin/echo.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

enum class Kind { relative, absolute };

Response redirect_to_location(std::string location, int status = 302) {
    return {.status = status, .headers = {{"Location", std::move(location)}}};
}

/// The next of `n` redirects of one kind; the last one leads to /get.
Response next_of(const Exchange& exchange, Kind kind) {
    constexpr std::uint64_t kMost = 1'000'000'000;
    const auto n = http::parse_clamped(exchange.parameters.at(0), kMost);
    if (!n || *n == 0) return error_response(400, "the number of redirects must be positive");
    const bool absolute = kind == Kind::absolute;
    const std::string path =
        *n == 1 ? "/get"
                : fmt::format("/{}-redirect/{}", absolute ? "absolute" : "relative", *n - 1);
    return redirect_to_location(absolute ? own_base(exchange) + path : path);
}

const std::string* find_ignoring_case(const http::Fields& fields, std::string_view name) {
    for (const auto& [key, value] : fields) {
        if (http::same_ignoring_case(key, name)) return &value;
    }
    return nullptr;
}

/// Of the query, and of a form where there is one.
Result<http::Fields, Response> redirect_parameters(const Request& request) {
    http::Fields parameters = http::parse_query(request.query);
    auto fields = form_fields(request);
    if (!fields) return fields;
    for (auto& field : *fields) {
        parameters.push_back(std::move(field));
    }
    return parameters;
}

}  // namespace

Response redirect(const Exchange& exchange) {
    const http::Fields args = http::parse_query(exchange.request.query);
    const std::string* absolute = http::find_field(args, "absolute");
    const bool wanted = absolute && http::same_ignoring_case(*absolute, "true");
    return next_of(exchange, wanted ? Kind::absolute : Kind::relative);
}

Response relative_redirect(const Exchange& exchange) {
    return next_of(exchange, Kind::relative);
}

Response absolute_redirect(const Exchange& exchange) {
    return next_of(exchange, Kind::absolute);
}

Response redirect_to(const Exchange& exchange) {
    const auto parameters = redirect_parameters(exchange.request);
    if (!parameters) return parameters.error();
    const std::string* url = find_ignoring_case(*parameters, "url");
    if (!url) return error_response(400, "url is missing");
    if (!http::is_header_value(*url)) return error_response(400, "url holds a control byte");
    // No longer than what is taken here itself; a form may hold megabytes.
    constexpr std::size_t kMost = http::HeadLimits().target_bytes;
    if (url->size() > kMost) {
        return error_response(400, fmt::format("url has more than {} bytes", kMost));
    }
    int status = 302;
    if (const std::string* text = find_ignoring_case(*parameters, "status_code")) {
        const auto code = http::parse_clamped(*text, 1000);
        if (!code) {
            return error_response(400, fmt::format("status_code \"{}\" is no number",
                                                   printable(text->substr(0, 60))));
        }
        if (*code >= 300 && *code <= 399) status = static_cast<int>(*code);
    }
    return redirect_to_location(*url, status);
}

}  // namespace sni::httpbin
