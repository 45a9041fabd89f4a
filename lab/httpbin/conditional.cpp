#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "lab/http/entity_tag.h"
#include "lab/http/number.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/random.h"

namespace sni::httpbin {

Response etag(const Exchange& exchange) {
    const std::string& tag = exchange.parameters.at(0);
    if (!http::is_header_value(tag)) return error_response(400, "the tag holds a control byte");
    const Headers& headers = exchange.request.headers;
    const auto none_match = http::list_header(headers, "If-None-Match");
    const auto match = http::list_header(headers, "If-Match");
    if (none_match && http::names_tag(*none_match, tag)) {
        return {.status = 304, .headers = {{"ETag", tag}}};
    }
    if (!none_match && match && !http::names_tag(*match, tag)) return {.status = 412};
    Response response = get(exchange);
    response.headers.push_back({"ETag", tag});
    return response;
}

Response cache(const Exchange& exchange) {
    const Headers& headers = exchange.request.headers;
    if (http::find_header(headers, "If-Modified-Since") ||
        http::find_header(headers, "If-None-Match")) {
        return {.status = 304};
    }
    std::string tag = random_uuid();
    std::erase(tag, '-');
    Response response = get(exchange);
    response.headers.push_back(
        {"Last-Modified", http::http_date(std::chrono::system_clock::now())});
    response.headers.push_back({"ETag", std::move(tag)});
    return response;
}

Response cache_for(const Exchange& exchange) {
    constexpr std::uint64_t kForever = 1u << 31;  // what RFC 9111 §1.2.2 wants for "very long"
    const auto seconds = http::parse_clamped(exchange.parameters.at(0), kForever);
    if (!seconds) return error_response(404, "the number of seconds is no number");
    Response response = get(exchange);
    response.headers.push_back({"Cache-Control", fmt::format("public, max-age={}", *seconds)});
    return response;
}

}  // namespace sni::httpbin
