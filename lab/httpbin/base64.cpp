#include <algorithm>

#include "lab/core/encoding.h"
#include "lab/http/query.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

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

Response decoded_response(const std::string& encoded) {
    auto text = decoded(encoded);
    if (!text || !is_utf8(*text)) return error_response(400, "this is not base64 of UTF-8 text");
    return text_response(std::move(*text));  // as HTML it would run what a link's author wrote
}

}  // namespace

/// Decodes, be it without a word for it.
Response base64(const Exchange& exchange) {
    return decoded_response(exchange.parameters.at(0));
}

Response base64_encode(const Exchange& exchange) {
    return text_response(to_base64(as_bytes(exchange.parameters.at(0))));
}

}  // namespace sni::httpbin
