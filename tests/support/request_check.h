// What must hold for any bytes that arrive as requests; the fuzzer and the test that replays its
// corpus ask the same.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lab/http/request_reader.h"

namespace sni::test {

/// The requests in `bytes`, and why reading ended, when they arrive in pieces of `step`.
struct RequestsRead {
    std::vector<http::Incoming> requests;
    std::string refusal;
    bool operator==(const RequestsRead&) const = default;
};

constexpr std::size_t kRequestCheckBody = 4096;

inline RequestsRead read_requests(std::string_view bytes, std::size_t step) {
    http::RequestReader reader({}, kRequestCheckBody);
    RequestsRead read;
    for (std::size_t at = 0; at < bytes.size() && read.refusal.empty(); at += step) {
        reader.feed(bytes.substr(at, step));
        while (auto next = reader.next()) {
            if (!*next) {
                read.refusal = std::to_string(next->error().status);
                break;
            }
            read.requests.push_back(std::move(**next));
        }
    }
    return read;
}

/// Empty when all is well, else what is not.
inline std::string fault_in_reading(std::string_view bytes) {
    const RequestsRead whole = read_requests(bytes, std::max<std::size_t>(bytes.size(), 1));
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
        RequestsRead pieces = read_requests(bytes, step);
        // Which of several mistakes is met first may depend on the pieces; that there is one may
        // not.
        if (!whole.refusal.empty() && !pieces.refusal.empty()) pieces.refusal = whole.refusal;
        if (pieces != whole) return "it matters how the bytes were cut";
    }
    for (const http::Incoming& incoming : whole.requests) {
        const http::Request& request = incoming.request;
        if (!http::is_token(request.method)) return "a method that is no token";
        if (request.path.empty()) return "an empty path";
        if (request.body.size() > kRequestCheckBody) return "a body over the limit";
        for (const http::Header& header : request.headers) {
            if (!http::is_token(header.name)) return "a header name that is no token";
            if (!http::is_header_value(header.value)) return "a control byte in a header";
        }
        const bool length = http::find_header(request.headers, "Content-Length") != nullptr;
        const bool coding = http::find_header(request.headers, "Transfer-Encoding") != nullptr;
        if (length && coding) return "two framings at once";
        if (!length && !coding && !request.body.empty()) return "a body out of nowhere";
        std::string again = request.method + " " + request.target + " HTTP/1." +
                            std::to_string(request.minor_version) + "\r\n";
        for (const http::Header& header : request.headers) {
            again += header.name + ": " + header.value + "\r\n";
        }
        const auto parsed = http::parse_head(again + "\r\n");
        http::Request bodiless = request;
        bodiless.body.clear();
        if (!parsed || parsed->request != bodiless) return "written again, it is another request";
    }
    return "";
}

}  // namespace sni::test
