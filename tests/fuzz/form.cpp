// What handlers read out of a request: forms, queries, cookies, ranges, credentials, what is
// accepted, and how slowly. The first line is the header in question, the rest the body. No crash,
// nothing made out of nothing.
#include <algorithm>
#include <numeric>

#include "lab/http/accept.h"
#include "lab/http/byte_range.h"
#include "lab/http/cookie.h"
#include "lab/http/credentials.h"
#include "lab/http/entity_tag.h"
#include "lab/http/multipart.h"
#include "lab/http/query.h"
#include "lab/httpbin/pace.h"
#include "tests/fuzz/require.h"

namespace {

using namespace sni;
using test::require;

std::size_t bytes_of(const http::Fields& fields) {
    return std::accumulate(fields.begin(), fields.end(), std::size_t{0},
                           [](std::size_t sum, const auto& field) {
                               return sum + field.first.size() + field.second.size();
                           });
}

void read_range(std::string_view header, std::uint64_t size) {
    const http::RangeAsked asked = http::parse_byte_range(header, size);
    const auto* range = std::get_if<http::ByteRange>(&asked);
    require(!range || (range->first <= range->last && range->last < size), "bytes that are none");
}

void read_acceptance(std::string_view header) {
    using By = http::Acceptance::By;
    for (const std::string_view type : {"text/html", "image/webp"}) {
        const http::Acceptance read = http::acceptance(header, type);
        require(read.weight >= 0 && read.weight <= 1, "a weight that is none");
        require(read.by != By::none || read.weight == 0, "liked, and not named");
        const http::Acceptance more = http::acceptance(std::string(header) + ",*/*", type);
        require(more.by == std::max(read.by, By::anything), "a range that does not count");
        require(read.by < By::anything || more == read, "the first of a kind decides");
    }
}

void read_pace(std::string_view query, std::string_view word) {
    constexpr std::uint64_t kMost = 100;
    const auto in_bounds = [](std::chrono::milliseconds time) {
        return time >= std::chrono::milliseconds(0) && time <= httpbin::kLongestPace;
    };
    if (const auto delay = httpbin::parse_delay(word)) {
        require(in_bounds(*delay), "longer than anybody may wait");
        require(httpbin::parse_pace(word, httpbin::kLongestPace).has_value(),
                "a delay that is none");
    }
    const auto plan = httpbin::parse_pace_plan(
        http::parse_query(query),
        {.count_name = "numbytes", .count = "10", .duration = "2", .most = kMost});
    require(plan || !plan.error().empty(), "refused, and nobody knows why");
    if (!plan) return;
    require(plan->count > 0 && plan->count <= kMost, "more than is sent");
    require(in_bounds(plan->duration) && in_bounds(plan->delay) && in_bounds(plan->jitter),
            "longer than anybody may wait");
}

/// A cookie that we set comes back as it was.
void set_and_read(std::string_view name, std::string_view value) {
    const auto set = http::set_cookie(name, value);
    if (!set) return;
    const std::string_view sent =
        std::string_view(set->value).substr(0, set->value.rfind("; Path"));
    const http::Fields read = http::parse_cookies({{"Cookie", std::string(sent)}});
    require(read.size() == 1 && read.front().first == name, "a cookie under another name");
    require(read.front().second == value, "a cookie with another value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = test::text_of(data, size);
    const std::string_view header = text.substr(0, text.find('\n'));
    const std::string_view body = text.substr(std::min(header.size() + 1, size));

    require(http::percent_decode(body).size() <= body.size(), "an escape that grew");
    require(bytes_of(http::parse_query(body)) <= body.size(), "fields out of nothing");
    const http::Headers cookies{{"Cookie", std::string(header)}};
    require(bytes_of(http::parse_cookies(cookies)) <= header.size(), "cookies out of nothing");
    set_and_read(header, body);
    for (const std::uint64_t bytes : {1u, 10u, 100'000u})
        read_range(header, bytes);
    if (const auto fields = http::parse_credentials(header, "Digest"))
        require(bytes_of(*fields) <= header.size(), "credentials out of nothing");
    http::names_tag(header, body);
    read_acceptance(header);
    read_pace(body, header);

    const auto boundary = http::boundary_of(header);
    const auto parts = http::parse_multipart(body, boundary.value_or("b"));
    if (!parts) return 0;
    require(parts->size() <= http::kMostParts, "more parts than are allowed");
    std::size_t content = 0;
    for (const http::Part& part : *parts) {
        content += part.content.size();
    }
    require(content <= body.size(), "parts out of nothing");
    return 0;
}
