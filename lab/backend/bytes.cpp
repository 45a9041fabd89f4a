#include "lab/backend/handlers.h"
#include "lab/backend/number.h"
#include "lab/backend/query.h"
#include "lab/backend/random.h"

namespace sni::backend {

Response bytes(const Exchange& exchange) {
    constexpr std::size_t kMost = 100u << 10;
    const auto count = parse_clamped(exchange.parameters.at(0), kMost);
    if (!count) return error_response(404, "the number of bytes is no number");
    const Fields args = parse_query(exchange.request.query);
    const std::string* seed = find_field(args, "seed");
    auto data = seed ? seeded_bytes(*seed, *count) : random_bytes(*count);
    if (!data) return error_response(400, "seed is no integer");
    return {.headers = {{"Content-Type", "application/octet-stream"}}, .body = std::move(*data)};
}

Response uuid(const Exchange&) {
    return json_response({{"uuid", random_uuid()}});
}

}  // namespace sni::backend
