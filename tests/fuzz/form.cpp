// What handlers read out of a request: forms, queries, cookies, ranges, credentials. The first line
// is the header in question, the rest the body. No crash, nothing made out of nothing.
#include <numeric>

#include "lab/http/byte_range.h"
#include "lab/http/cookie.h"
#include "lab/http/credentials.h"
#include "lab/http/entity_tag.h"
#include "lab/http/multipart.h"
#include "lab/http/query.h"
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
