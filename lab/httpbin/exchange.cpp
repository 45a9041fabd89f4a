#include "lab/httpbin/exchange.h"

#include <nlohmann/json.hpp>

#include "lab/http/accept.h"

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

bool wants_html(const Request& request, std::string_view instead) {
    const auto accept = http::list_header(request.headers, "Accept");
    if (!accept) return false;
    const http::Acceptance html = http::acceptance(*accept, "text/html");
    return html.by == http::Acceptance::By::name && html.weight > 0 &&
           html.weight >= http::acceptance(*accept, instead).weight;
}

}  // namespace sni::httpbin
