// What the backend tells of itself, and what it only counts or throws away.

#include <fmt/format.h>

#include "lab/http/number.h"
#include "lab/httpbin/echo.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/random.h"

namespace sni::httpbin {

namespace {

/// The same fraction for the same seed.
std::optional<double> seeded_fraction(std::string_view seed) {
    const auto bytes = seeded_bytes(seed, 4);
    if (!bytes) return std::nullopt;
    double fraction = 0;
    for (const char byte : *bytes) {
        fraction = (fraction + static_cast<unsigned char>(byte)) / 256;
    }
    return fraction;
}

}  // namespace

Response dump_request(const Exchange& exchange) {
    const Request& request = exchange.request;
    std::string wire =
        fmt::format("{} {} HTTP/1.{}\r\n", request.method, request.target, request.minor_version);
    for (const Header& header : request.headers) {
        wire += fmt::format("{}: {}\r\n", header.name, header.value);
    }
    return text_response(wire + "\r\n" + request.body);
}

/// A pod's host name is its own name.
Response hostname(const Exchange& exchange) {
    return json_response({{"hostname", exchange.site.name}});
}

Response version(const Exchange&) {
    return json_response({{"service", "sni-lab"}});
}

Response env(const Exchange& exchange) {
    return json_response({{"env", exchange.site.environment}});
}

Response upload(const Exchange& exchange) {
    return json_response({{"bytes_received", exchange.request.body.size()}});
}

Response head(const Exchange&) {
    return {};
}

Response unstable(const Exchange& exchange) {
    const http::Fields args = http::parse_query(exchange.request.query);
    const std::string* rate_text = http::find_field(args, "failure_rate");
    const auto rate = rate_text ? http::parse_float(*rate_text) : 0.5;
    if (!rate || !(*rate >= 0 && *rate <= 1)) {
        return error_response(400, "failure_rate is not between 0 and 1");
    }
    const std::string* seed = http::find_field(args, "seed");
    const auto chance = seed ? seeded_fraction(*seed) : random_fraction();
    if (!chance) return error_response(400, "seed is no integer");
    return {.status = *chance < *rate ? 500 : 200};
}

Response fault(const Exchange& exchange) {
    const std::string& kind = exchange.parameters.at(0);
    if (kind == "hang") return {.fault = http::Fault::hang};
    if (kind == "reset") return {.fault = http::Fault::reset};
    if (kind == "close") return {.fault = http::Fault::close};
    return error_response(404, "the faults are hang, reset and close");
}

}  // namespace sni::httpbin
