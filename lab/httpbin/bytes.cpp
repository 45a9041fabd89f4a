#include <nlohmann/json.hpp>

#include "lab/http/number.h"
#include "lab/http/query.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/random.h"

namespace sni::httpbin {

Response bytes(const Exchange& exchange) {
    constexpr std::size_t kMost = 100u << 10;
    const auto count = http::parse_clamped(exchange.parameters.at(0), kMost);
    if (!count) return error_response(404, "the number of bytes is no number");
    const http::Fields args = http::parse_query(exchange.request.query);
    const std::string* seed = http::find_field(args, "seed");
    auto data = seed ? seeded_bytes(*seed, *count) : random_bytes(*count);
    if (!data) return error_response(400, "seed is no integer");
    return {.headers = {{"Content-Type", "application/octet-stream"}}, .body = std::move(*data)};
}

Response uuid(const Exchange&) {
    return json_response({{"uuid", random_uuid()}});
}

}  // namespace sni::httpbin
