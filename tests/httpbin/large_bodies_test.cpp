// What a large body makes of memory, in the handler and while its answer goes out.
#include <functional>
#include <string>

#include <fmt/format.h>
#include <malloc.h>

#include "lab/httpbin/routes.h"
#include "tests/support/catch.h"
#include "tests/support/resident.h"

namespace httpbin_large_bodies_test {

using namespace sni;

namespace {

constexpr std::size_t kSize = 4u << 20;

std::string list_of(std::size_t count, const std::function<std::string(std::size_t)>& item) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += ',';
        text += item(i);
    }
    return text;
}

http::Request request_with(std::string type, std::string body) {
    body.shrink_to_fit();
    return {.method = "POST",
            .target = "/post",
            .path = "/post",
            .headers = {{"Content-Type", std::move(type)}},
            .body = std::move(body)};
}

std::string part(const std::string& content) {
    return "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n" + content +
           "\r\n--b--\r\n";
}

http::Request large_request(std::string_view what) {
    const std::string form = "application/x-www-form-urlencoded";
    if (what == "a form of letters") return request_with(form, "a=" + std::string(kSize, 'x'));
    if (what == "a form of control characters")
        return request_with(form, "a=" + std::string(kSize, '\x01'));
    if (what == "a form of many fields") {
        std::string body;
        for (int i = 0; i < 2'500; ++i) {
            body += fmt::format("&k{}={}", i, std::string(1'660, 'v'));
        }
        return request_with(form, body);
    }
    if (what == "a file that is no text")
        return request_with("multipart/form-data; boundary=b", part(std::string(kSize, '\xFF')));
    if (what == "bytes that are no text")
        return request_with("application/octet-stream", std::string(kSize, '\xFF'));
    if (what == "text of control characters")
        return request_with("text/plain", std::string(kSize, '\x01'));
    if (what == "an object of JSON with many members") {
        return request_with("application/json", "{" + list_of(30'000, [](std::size_t i) {
                                                    return fmt::format("\"{:0>60}\":\"{:0>60}\"", i,
                                                                       i);
                                                }) + "}");
    }
    // Few bytes, and sixty megabytes when it is indented.
    return request_with("application/json",
                        std::string(498, '[') + list_of(60'000, [](std::size_t) {
                            return std::string("1");
                        }) + std::string(498, ']'));
}

}  // namespace

TEST_CASE("a body and its answer take no more than four times its size, whatever is in it",
          "[httpbin]") {
    const std::string what =
        GENERATE("a form of letters", "a form of control characters", "a form of many fields",
                 "a file that is no text", "bytes that are no text", "text of control characters",
                 "an object of JSON with many members", "JSON that is indented far");
    CAPTURE(what);
    http::Request request = large_request(what);
    // As the backend's command does; else what was freed before would hide what is taken now.
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::malloc_trim(0);
    test::forget_most_resident();
    const std::size_t before = test::resident("VmRSS") - request.body.size();
    http::Response response = httpbin::respond(request, {}, {});
    CHECK(response.status == 200);
    CHECK(response.held >= request.body.size());
    std::string().swap(request.body);
    REQUIRE(response.stream);
    std::uint64_t length = 0;
    for (bool more = true; more;) {
        const http::Piece piece = response.stream();
        length += piece.bytes.size();
        more = !piece.last;
        if (piece.bytes.size() > (64u << 10)) FAIL("a piece of " << piece.bytes.size());
    }
    CHECK(response.length == length);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(test::resident("VmHWM") - before <= 4 * kSize);
#endif
}

TEST_CASE("a stream tells what it keeps", "[httpbin]") {
    const auto [path, query, kept] = GENERATE(
        table<std::string, std::string, std::size_t>({{"/range/102400", "duration=9", 102'400},
                                                      {"/stream-bytes/102400", "", 102'400},
                                                      {"/stream/2", "", 60'000},
                                                      {"/jsonl", "duration=0", 60'000},
                                                      {"/trailers", "a=b", 60'000}}));
    CAPTURE(path);
    const http::Request request{.method = "GET",
                                .target = path,
                                .path = path,
                                .query = query,
                                .headers = {{"X-Tea", std::string(60'000, 't')}}};
    const http::Response response = httpbin::respond(request, {}, {});
    CHECK(response.status == 200);
    REQUIRE(response.stream);
    CHECK(response.held >= kept);
    CHECK(response.held <= 2 * kept);
}

}  // namespace httpbin_large_bodies_test
