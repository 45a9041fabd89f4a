#include <algorithm>

#include "lab/backend/handlers.h"
#include "lab/backend/query.h"
#include "lab/core/encoding.h"

namespace sni::backend {

namespace {

/// The alphabet of URLs or the standard one, with or without padding.
std::optional<std::string> decoded(std::string text) {
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    while (text.size() % 4 != 0) {
        text += '=';
    }
    const auto bytes = from_base64(text);
    if (!bytes) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

}  // namespace

Response base64(const Exchange& exchange) {
    auto text = decoded(exchange.parameters.at(0));
    if (!text || !is_utf8(*text)) return error_response(400, "this is not base64 of UTF-8 text");
    return text_response(std::move(*text));  // as HTML it would run what a link's author wrote
}

}  // namespace sni::backend
