#include <algorithm>

#include <fmt/format.h>

#include "lab/http/number.h"
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

constexpr std::uint64_t kMostLinks = 200;

std::optional<std::uint64_t> link_count(const Exchange& exchange) {
    const auto count = http::parse_clamped(exchange.parameters.at(0), kMostLinks);
    return count ? std::optional(std::max<std::uint64_t>(*count, 1)) : std::nullopt;
}

Response no_number() {
    return error_response(404, "the number of links is no number");
}

}  // namespace

Response links(const Exchange& exchange) {
    const auto count = link_count(exchange);
    if (!count) return no_number();
    return {.status = 302, .headers = {{"Location", fmt::format("/links/{}/0", *count)}}};
}

Response links_page(const Exchange& exchange) {
    const auto count = link_count(exchange);
    const auto here = http::parse_clamped(exchange.parameters.at(1), kMostLinks);
    if (!count || !here) return no_number();
    std::string page = "<html><head><title>Links</title></head><body>";
    for (std::uint64_t i = 0; i < *count; ++i) {
        page += i == *here ? fmt::format("{} ", i)
                           : fmt::format("<a href='/links/{}/{}'>{}</a> ", *count, i, i);
    }
    return html_response(page + "</body></html>");
}

}  // namespace sni::httpbin
