#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/http/byte_range.h"
#include "lab/http/entity_tag.h"
#include "lab/http/number.h"
#include "lab/http/query.h"
#include "lab/httpbin/handlers.h"
#include "lab/httpbin/pace.h"

namespace sni::httpbin {

namespace {

constexpr std::uint64_t kMostBytes = 100u << 10;

std::string alphabet(http::ByteRange range) {
    std::string text;
    text.reserve(range.last - range.first + 1);
    for (std::uint64_t i = range.first; i <= range.last; ++i) {
        text += static_cast<char>('a' + i % 26);
    }
    return text;
}

/// In pieces of `chunk`, spread over `duration`.
http::Stream paced(std::string body, std::uint64_t chunk, std::chrono::milliseconds duration) {
    const std::uint64_t pieces = (body.size() + chunk - 1) / chunk;
    return [body = std::move(body), chunk, pieces, pace = Pace(duration, pieces),
            done = std::uint64_t{0}]() mutable -> http::Piece {
        if (done == pieces) {
            const auto rest = pace.rest();
            return {.wait = rest, .last = rest.count() == 0};
        }
        if (const auto wait = pace.until(done); wait.count() > 0) return {.wait = wait};
        return {.bytes = body.substr(done++ * chunk, chunk)};
    };
}

/// What counts of the Range header: nothing unless it is a GET (RFC 9110 §14.2), and nothing when
/// If-Range names anything but what is served (§13.1.5); a date names nothing, since nothing here
/// has one.
std::string_view range_header(const Request& request, std::string_view tag) {
    const std::string* header = http::find_header(request.headers, "Range");
    if (!header || request.method != "GET") return {};
    const std::string* only_if = http::find_header(request.headers, "If-Range");
    if (only_if && *only_if != tag && *only_if != fmt::format("\"{}\"", tag)) return {};
    return *header;
}

/// The answer that If-Match or If-None-Match want instead, in the order of RFC 9110 §13.2.2;
/// nothing: none.
std::optional<Response> precondition(const Request& request, const std::string& tag) {
    const auto match = http::list_header(request.headers, "If-Match");
    if (match && !http::names_tag_strongly(*match, tag)) return Response{.status = 412};
    const auto none_match = http::list_header(request.headers, "If-None-Match");
    if (none_match && http::names_tag(*none_match, tag)) {
        return Response{.status = 304, .headers = {{"ETag", tag}}};
    }
    return std::nullopt;
}

}  // namespace

Response range(const Exchange& exchange) {
    const auto size = http::parse_clamped(exchange.parameters.at(0), kMostBytes + 1);
    if (!size || *size == 0 || *size > kMostBytes) {
        return error_response(404, "number of bytes must be in the range (0, 102400]");
    }
    const http::Fields args = http::parse_query(exchange.request.query);
    const std::string* chunk_size = http::find_field(args, "chunk_size");
    const std::string* duration_text = http::find_field(args, "duration");
    const auto chunk = chunk_size ? http::parse_clamped(*chunk_size, kMostBytes) : 10u << 10;
    const auto duration = parse_pace(duration_text ? *duration_text : "0", kLongestPace);
    if (!chunk) return error_response(400, "chunk_size is no number");
    if (!duration) return error_response(400, "duration: " + duration.error());

    const std::string tag = fmt::format("range{}", *size);
    if (auto instead = precondition(exchange.request, tag)) return std::move(*instead);
    Response response{.headers = {{"Content-Type", "application/octet-stream"},
                                  {"ETag", tag},
                                  {"Accept-Ranges", "bytes"}}};
    const auto content_range = [&](const std::string& value) {
        response.headers.push_back({"Content-Range", value});
    };
    const http::RangeAsked asked =
        http::parse_byte_range(range_header(exchange.request, tag), *size);
    if (std::holds_alternative<http::UnsatisfiableRange>(asked)) {
        response.status = 416;
        content_range(fmt::format("bytes */{}", *size));
        return response;
    }
    http::ByteRange served{0, *size - 1};
    if (const auto* part = std::get_if<http::ByteRange>(&asked)) {
        response.status = 206;
        served = *part;
    }
    content_range(fmt::format("bytes {}-{}/{}", served.first, served.last, *size));
    response.body = alphabet(served);
    if (duration->count() > 0) {
        response.length = response.held = response.body.size();
        response.stream =
            paced(std::exchange(response.body, {}), std::max<std::uint64_t>(*chunk, 1), *duration);
    }
    return response;
}

}  // namespace sni::httpbin
