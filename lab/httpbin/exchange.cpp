#include "lab/httpbin/exchange.h"

#include <nlohmann/json.hpp>

namespace sni::httpbin {

Response json_response(const nlohmann::json& document, int status) {
    constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}},
            .body = document.dump(2, ' ', false, kReplace) + "\n"};
}

Response error_response(int status, std::string_view detail) {
    return json_response(
        {{"status_code", status}, {"error", http::reason_phrase(status)}, {"detail", detail}},
        status);
}

Response html_response(std::string page) {
    return {.headers = {{"Content-Type", "text/html; charset=utf-8"}}, .body = std::move(page)};
}

Response text_response(std::string text) {
    return {.headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::move(text)};
}

bool wants_html(const Request& request) {
    const auto accept = http::list_header(request.headers, "Accept");
    return accept && accept->contains("text/html");
}

}  // namespace sni::httpbin
