#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "lab/http/number.h"
#include "lab/httpbin/data.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/random.h"
#include "lab/httpbin/status_codes.h"

namespace sni::httpbin {

namespace {

Response plain(int code, std::string_view body) {
    Response response{.status = code, .body = std::string(body)};
    if (!body.empty()) response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    return response;
}

/// What httpbin adds to some codes, so that clients have something to act on.
Response with_status(int code) {
    constexpr std::string_view kChallenge = R"(Basic realm="Fake Realm")";
    switch (code) {
        case 301:
        case 302:
        case 303:
        case 305:
        case 307:
        case 308: {
            Response response = plain(code, "");
            response.headers.push_back({"Location", "/redirect/1"});
            return response;
        }
        case 401: {
            Response response = plain(code, "");
            response.headers.push_back({"WWW-Authenticate", std::string(kChallenge)});
            return response;
        }
        case 402: {
            Response response = plain(code, "Pay up first, ok?");
            response.headers.push_back({"x-more-info", "http://vimeo.com/22053820"});
            return response;
        }
        case 406:
            return not_acceptable();
        case 407: {
            Response response = plain(code, "");
            response.headers.push_back({"Proxy-Authenticate", std::string(kChallenge)});
            return response;
        }
        case 418: {
            Response response = plain(code, embedded("teapot.txt"));
            response.headers.push_back({"x-more-info", "http://tools.ietf.org/html/rfc2324"});
            return response;
        }
        default:
            return plain(code, "");
    }
}

Result<int, StatusCodesError> parse_code(std::string_view text) {
    const auto code = http::parse_clamped(text, 1000);
    if (!code || *code < 200 || *code > 599) return std::unexpected(StatusCodesError::invalid);
    return static_cast<int>(*code);
}

}  // namespace

Result<std::vector<WeightedCode>, StatusCodesError> parse_status_codes(std::string_view text) {
    const bool list = text.contains(',');
    std::vector<WeightedCode> codes;
    double total = 0;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view item = text.substr(0, comma);
        const std::size_t colon = item.find(':');
        const bool weighted = colon != std::string_view::npos;
        const auto code = parse_code(item.substr(0, colon));
        const auto weight = weighted ? http::parse_float(item.substr(colon + 1)) : 1.0;
        const bool fits = weight && std::isfinite(*weight) && *weight >= 0;
        if (!code || !fits || (weighted && !list))
            return std::unexpected(StatusCodesError::invalid);
        codes.push_back({*code, *weight});
        total += *weight;
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    if (total <= 0 || !std::isfinite(total)) return std::unexpected(StatusCodesError::invalid);
    return codes;
}

int choose(const std::vector<WeightedCode>& codes, double chance) {
    double total = 0;
    for (const WeightedCode& item : codes) {
        total += item.weight;
    }
    double left = chance * total;
    int chosen = codes.front().code;
    for (const WeightedCode& item : codes) {
        if (item.weight <= 0) continue;
        chosen = item.code;
        if (left < item.weight) break;
        left -= item.weight;
    }
    return chosen;
}

Response not_acceptable() {
    return json_response(
        {{"message", "Client did not request a supported media type."},
         {"accept", {"image/webp", "image/svg+xml", "image/jpeg", "image/png", "image/*"}}},
        406);
}

Response status(const Exchange& exchange) {
    const auto codes = parse_status_codes(exchange.parameters.at(0));
    if (!codes) return error_response(400, "Invalid status code");
    return with_status(choose(*codes, random_fraction()));
}

}  // namespace sni::httpbin
